// The report on precisions: see the header.
#include "compiler/driver/precision_report.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/driver/computing_type.h"

namespace ingot {
namespace {

bool may_be_quantised(const Node& node) {
  return node.is("Conv") || node.is("ConvTranspose") || node.is("MatMul");
}

/// The least that the node might have computed in.
DType wanted(const Node& node, const Precisions& allowed) {
  if (allowed.int8 && may_be_quantised(node)) return allowed.placed;
  if (allowed.allow_small_float && allowed.small_float != DType::kUndefined) {
    return allowed.small_float;
  }
  return DType::kF32;
}

class Reporter {
 public:
  Reporter(const Compilation& compilation, const Precisions& allowed, const Reasons& taken_out)
      : graph_(compilation.graph), allowed_(allowed), taken_out_(taken_out) {
    for (const NearMiss& miss : compilation.passes.near_misses) {
      const bool about_int8 =
          miss.pass == "place_quantization" || miss.pass == "lower_quantization";
      if (about_int8) int8_misses_.try_emplace(miss.node, miss.reason);
      if (miss.pass == "assign_precision") small_misses_.try_emplace(miss.node, miss.reason);
    }
    for (const NodeTuning& tuning : compilation.tuning.nodes) {
      if (!tuning.is_view) visit(tuning.node);
    }
    for (const char* name : {"INT8", "FP8", "FP16", "BF16", "FP32", "other"}) {
      if (counts_.contains(name)) report_.layers.emplace_back(name, counts_[name]);
    }
  }

  PrecisionReport take() { return std::move(report_); }

 private:
  void visit(NodeId id) {
    const DType type = computing_type(graph_, id);
    ++counts_[std::string(precision_name(type))];
    const Node& node = graph_.node(id);
    const DType goal = wanted(node, allowed_);
    if (type == DType::kUndefined || dtype_bits(type) <= dtype_bits(goal)) return;
    keep(fmt::format("{} stays: {}", precision_name(type), reason(node, type, goal)),
         node_label(graph_, id));
  }

  std::string reason(const Node& node, DType type, DType goal) const {
    const bool not_quantised = is_quantised(goal);
    if (const auto found = first_of(node, taken_out_)) return *found;
    const auto& wished =
        type == DType::kF32 && !not_quantised ? allowed_.keep_f32 : allowed_.keep_float;
    const bool by_wish = std::any_of(node.origin.begin(), node.origin.end(),
                                     [&](const auto& name) { return wished.contains(name); });
    if (by_wish) return "it is wanted so (--layerPrecisions)";
    if (not_quantised) {
      if (const auto found = first_of(node, int8_misses_)) return *found;
    }
    if (type == DType::kF32) {
      if (const auto found = first_of(node, small_misses_)) return *found;
    }
    if (not_quantised) return "its operands are no quantised numbers";
    return fmt::format("{} would save nothing here", precision_name(goal));
  }

  static std::optional<std::string> first_of(const Node& node, const Reasons& reasons) {
    for (const std::string& name : node.origin) {
      const auto found = reasons.find(name);
      if (found != reasons.end()) return found->second;
    }
    return std::nullopt;
  }

  void keep(std::string reason, std::string layer) {
    for (PrecisionReport::Kept& kept : report_.kept) {
      if (kept.reason != reason) continue;
      kept.layers.push_back(std::move(layer));
      return;
    }
    report_.kept.push_back({std::move(reason), {std::move(layer)}});
  }

  const Graph& graph_;
  const Precisions& allowed_;
  const Reasons& taken_out_;
  Reasons int8_misses_, small_misses_;
  std::map<std::string, int> counts_;
  PrecisionReport report_;
};

bool uses(const PrecisionReport& report, std::string_view name) {
  return std::any_of(report.layers.begin(), report.layers.end(),
                     [name](const auto& layers) { return layers.first == name; });
}

}  // namespace

PrecisionReport report_precisions(const Compilation& compilation, const Precisions& allowed,
                                  const Reasons& taken_out) {
  return Reporter(compilation, allowed, taken_out).take();
}

void tell_unused_permissions(const PrecisionReport& report, const BuildOptions& options,
                             const Precisions& allowed, std::vector<Problem>* warnings) {
  const auto tell = [warnings](std::string_view what, std::string_view why) {
    warnings->push_back({"precision.not_used", fmt::format("no layer computes in {}{}", what, why),
                         "", "`ingot explain` says it layer by layer"});
  };
  // What the device lacks was told before.
  if (allowed.small_float != DType::kUndefined && !uses(report, "FP16") && !uses(report, "BF16") &&
      !uses(report, "INT8")) {
    // The floats are decided first.
    tell(precision_name(allowed.small_float), report.decisions.empty()
                                                  ? ": the model has no product that would gain"
                                                  : ": " + report.decisions.front());
  }
  const bool int8 = options.allow_int8 && allowed.int8;
  if (int8 && !uses(report, "INT8")) {
    tell("INT8", report.decisions.empty() ? "" : ": " + report.decisions.back());
  }
  const bool fp8 = allowed.int8 && allowed.placed == DType::kF8E4M3;
  if (fp8 && !uses(report, "FP8")) {
    tell("FP8", report.decisions.empty() ? "" : ": " + report.decisions.back());
  }
}

}  // namespace ingot
