// Permissions: see the header.
#include "compiler/driver/permissions.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/driver/target.h"
#include "core/base/log.h"

namespace ingot {
namespace {

void tell_small_float(const BuildOptions& options, const Target& target,
                      std::vector<Problem>* warnings) {
  if (!options.allow_fp16 && !options.allow_bf16) return;
  const DType type = small_float(options, target);
  if (type != DType::kUndefined) {
    log_info("16-bit floats are {} on this {} ({})", type == DType::kF16 ? "FP16" : "BF16",
             target.is_gpu() ? "GPU" : "CPU", target.arch());
  } else if (target.is_gpu()) {
    warnings->push_back(
        {"precision.not_available",
         fmt::format("this GPU ({}) does not compute in BF16: its floats stay FP32", target.arch()),
         "", "give --fp16, which it has"});
  } else {
    warnings->push_back(
        {"precision.not_available",
         fmt::format("this CPU ({}) has no 16-bit arithmetic: its floats stay FP32", target.arch()),
         "", "build on a CPU with AVX512-BF16 or AMX for 16-bit speed"});
  }
}

void tell_fp8(const BuildOptions& options, const Target& target, std::vector<Problem>* warnings) {
  if (!options.allow_fp8) return;
  if (computes_in_fp8(target)) {
    if (options.allow_int8) {
      log_info("of INT8 and FP8 an engine has one: INT8 (--fp8 without --int8 gives FP8)");
    }
    return;
  }
  warnings->push_back({"precision.not_available",
                       fmt::format("this {} ({}) does not compute in FP8",
                                   target.is_gpu() ? "GPU" : "CPU", target.arch()),
                       "", "use --int8"});
}

/// Calibration tells of its progress as a stage of the build.
BuildOptions showing_progress(const BuildOptions& options) {
  BuildOptions result = options;
  if (!options.on_progress || options.calibration.on_progress) return result;
  result.calibration.on_progress = [&options](const CalibrationProgress& now) {
    const double left = now.done > 0 && now.total > 0
                            ? now.elapsed_seconds * static_cast<double>(now.total - now.done) /
                                  static_cast<double>(now.done)
                            : -1;
    options.on_progress({"calibrate", now.stage, static_cast<int>(now.done),
                         static_cast<int>(now.total), now.elapsed_seconds, left});
  };
  return result;
}

/// The scales that the options bring for this model; null: none.
std::shared_ptr<const QuantizationRanges> find_ranges(const Model& model,
                                                      const BuildOptions& options,
                                                      std::vector<Problem>* warnings) {
  if (!options.calibration.given()) return nullptr;
  CalibrationResult found = calibrate(model, showing_progress(options));
  warnings->insert(warnings->end(), found.warnings.begin(), found.warnings.end());
  if (found.samples > 0) {
    log_info("calibrated with {} samples ({}), {}", found.samples, found.source, found.algorithm);
  }
  auto ranges = std::make_shared<QuantizationRanges>();
  ranges->scales = std::move(found.scales);
  // Zero is no scale: nothing but zeros was seen.
  std::erase_if(ranges->scales, [](const auto& entry) { return !(entry.second > 0); });
  return ranges;
}

/// INT8, or FP8 where that alone is allowed.
void permit_int8(const Model& model, const Graph& graph, const BuildOptions& options,
                 const Target& target, Precisions* precisions, std::vector<Problem>* warnings) {
  const bool fp8 = !options.allow_int8 && options.allow_fp8 && computes_in_fp8(target);
  if (fp8) precisions->placed = DType::kF8E4M3;
  if (quantises_itself(graph)) {
    precisions->int8 = true;
    if (!options.allow_int8) log_info("the model quantises itself: it runs in INT8 without --int8");
    if (!options.calibration.given()) return;
    warnings->push_back({"calibration.not_used",
                         "the model quantises itself: ranges from elsewhere are not used",
                         "--calib", "leave it out, or export the model without QuantizeLinear"});
    return;
  }
  if (!options.allow_int8 && !fp8) {
    if (!options.calibration.given()) return;
    warnings->push_back({"calibration.not_used", "INT8 is not allowed: the ranges are not used",
                         "--calib", "add --int8"});
    return;
  }
  precisions->ranges = find_ranges(model, options, warnings);
  precisions->int8 = precisions->ranges != nullptr;
  if (precisions->int8) return;
  warnings->push_back(
      {"precision.no_ranges",
       fmt::format(
           "{} is not used: the model does not quantise itself, and there are no ranges for it",
           fp8 ? "FP8" : "INT8"),
       "",
       "calibrate with --calib=images/, or once with `ingot calibrate`; --calib=random only "
       "measures "
       "speed"});
}

}  // namespace

Precisions permitted_precisions(const Model& model, const Graph& graph, const BuildOptions& options,
                                const Target& target, std::vector<Problem>* warnings) {
  tell_small_float(options, target, warnings);
  tell_fp8(options, target, warnings);
  Precisions result;
  result.allow_small_float = options.allow_fp16 || options.allow_bf16;
  result.small_float = small_float(options, target);
  permit_int8(model, graph, options, target, &result, warnings);
  return result;
}

DType small_float(const BuildOptions& options, const Target& target) {
  if (!options.allow_fp16 && !options.allow_bf16) return DType::kUndefined;
  if (!target.is_gpu()) {
    const bool has_bf16 = target.cpu.avx512_bf16 || target.cpu.amx_bf16;
    return has_bf16 ? DType::kBF16 : DType::kUndefined;
  }
  if (options.allow_fp16) return DType::kF16;
  constexpr int kFirstWithBf16 = 80;
  return target.gpu.compute_capability >= kFirstWithBf16 ? DType::kBF16 : DType::kUndefined;
}

bool quantises_itself(const Graph& graph) {
  const auto nodes = graph.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) {
    const Node& node = graph.node(id);
    return node.is("QuantizeLinear") || node.is("DequantizeLinear") ||
           node.is("DynamicQuantizeLinear") || node.is("ConvInteger") || node.is("MatMulInteger") ||
           node.is("QLinearConv") || node.is("QLinearMatMul");
  });
}

}  // namespace ingot
