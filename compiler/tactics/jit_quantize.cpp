// jit.quantize: QuantizeLinear and DequantizeLinear. jit.lrn: LRN.
#include <fmt/format.h>

#include <cmath>

#include "compiler/tactics/cpu_support.h"
#include "compiler/tactics/jit_support.h"

namespace ingot {
namespace {

bool quantizes(const TacticNode& node) { return node.op() == "QuantizeLinear"; }

/// The narrow side.
DType narrow_type(const TacticNode& node) {
  return quantizes(node) ? node.output_dtype() : node.input_dtype(0);
}

Verdict supports_quantize(const TacticNode& node, const Target&) {
  const DType narrow = narrow_type(node);
  const DType wide = quantizes(node) ? node.input_dtype(0) : node.output_dtype();
  const bool narrow_fits = narrow == DType::kI8 || narrow == DType::kU8 || narrow == DType::kI16 ||
                           narrow == DType::kU16 || (narrow == DType::kI32 && !quantizes(node));
  if (!narrow_fits) return Verdict::no(fmt::format("no quantised {}", dtype_name(narrow)));
  for (const DType type : {wide, node.input_dtype(1)}) {
    if (!is_kernel_float(type)) return Verdict::no(fmt::format("no {}", dtype_name(type)));
  }
  return sizes_known(node);
}

std::vector<Candidate> quantize_candidates(const TacticNode& node, const Target& target) {
  const DType narrow = narrow_type(node), in = node.input_dtype(0), out = node.output_dtype();
  const int bits = dtype_bits(narrow);
  const double low = is_signed_integer(narrow) ? -std::exp2(bits - 1) : 0;
  const double high = std::exp2(is_signed_integer(narrow) ? bits - 1 : bits) - 1;
  const KernelSource source{
      "ops/quantize.cuh",
      fmt::format("namespace ingot::kernels {{\nusing X = {};\nusing Y = {};\nusing S = {};\n"
                  "using Zero = {};\nconstexpr bool kQuantizes = {};\n"
                  "constexpr float kLow = {}, kHigh = {};\nconstexpr int kVector = {};\n}}\n",
                  kernel_type(in), kernel_type(out), kernel_type(node.input_dtype(1)),
                  kernel_type(narrow), quantizes(node), low, high,
                  16 / std::max(dtype_bytes(in), dtype_bytes(out)))};
  std::vector<Candidate> result;
  const bool blocked = node.input_shape(1).rank() > 1;
  for (const Layout layout : gpu_layouts(blocked ? 0 : node.output_shape().rank())) {
    Candidate candidate = make_jit_candidate("jit.quantize", node, target, layout, source);
    // Scales of the input's own shape stay plain, too.
    for (size_t i = 1; i < candidate.inputs.size(); ++i) candidate.inputs[i] = Layout::kPlain;
    result.push_back(std::move(candidate));
  }
  return result;
}

Verdict supports_lrn(const TacticNode& node, const Target&) {
  if (!is_kernel_float(node.input_dtype(0))) {
    return Verdict::no(fmt::format("no {}", dtype_name(node.input_dtype(0))));
  }
  return sizes_known(node);
}

std::vector<Candidate> lrn_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  for (const Layout layout : gpu_layouts(node.output_shape().rank())) {
    result.push_back(make_jit_candidate(
        "jit.lrn", node, target, layout,
        {"ops/lrn.cuh", fmt::format("namespace ingot::kernels {{\nusing T = {};\n}}\n",
                                    kernel_type(node.input_dtype(0)))}));
  }
  return result;
}

}  // namespace

extern const TacticDef kJitQuantizeTactic = {
    .name = "jit.quantize",
    .summary = "QuantizeLinear and DequantizeLinear, in the layout that comes.",
    .ops = {"QuantizeLinear", "DequantizeLinear"},
    .supports = supports_quantize,
    .candidates = quantize_candidates,
    .device = "cuda",
};

extern const TacticDef kJitLrnTactic = {
    .name = "jit.lrn",
    .summary = "LRN, a thread for each element.",
    .ops = {"LRN"},
    .supports = supports_lrn,
    .candidates = lrn_candidates,
    .device = "cuda",
};

}  // namespace ingot
