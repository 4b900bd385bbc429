// cpu.inner_product: our own product of f32 rows by a constant matrix; convolutions of single
// pixels are the same product, channels last.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "compiler/tactics/cpu_support.h"

namespace ingot {
namespace {

bool all_are(const std::vector<int64_t>& values, int64_t value) {
  return std::all_of(values.begin(), values.end(), [&](int64_t v) { return v == value; });
}

Verdict supports_pixels(const TacticNode& node) {
  const Shape w = node.input_shape(1);
  const Attributes& attributes = node.attributes();
  for (int axis = 2; axis < w.rank(); ++axis) {
    if (w[axis] != 1) return Verdict::no("filters of more than one pixel");
  }
  if (attributes.integer("group", 1) != 1) return Verdict::no("groups");
  const bool every_pixel = all_are(attributes.integers("strides"), 1) &&
                           all_are(attributes.integers("pads"), 0) &&
                           attributes.text("auto_pad", "NOTSET") == "NOTSET";
  if (!every_pixel) return Verdict::no("strides or padding");
  if (node.has_input(2) && !node.is_constant(2)) {
    return Verdict::no("the bias is computed at run time");
  }
  return Verdict::yes();
}

Verdict supports(const TacticNode& node, const Target&) {
  if (Verdict f32 = only_f32(node); !f32.ok) return f32;
  if (!node.is_constant(1)) return Verdict::no("the second operand is computed at run time");
  if (node.input_dtype(1) != DType::kF32) return Verdict::no("weights that are not f32");
  if (node.op() == "Conv") return supports_pixels(node);
  if (node.input_shape(1).rank() != 2) return Verdict::no("the constant operand is no matrix");
  if (node.input_shape(0).rank() < 2) return Verdict::no("the first operand is a vector");
  if (node.attributes().integer("transpose_a") != 0) {
    return Verdict::no("the first operand is transposed");
  }
  return Verdict::yes();
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const Layout layout = node.op() == "Conv" ? Layout::kChannelsLast : Layout::kPlain;
  return windowed_candidates("cpu.inner_product", node, target, std::array{layout});
}

}  // namespace

extern const TacticDef kCpuInnerProductTactic = {
    .name = "cpu.inner_product",
    .summary = "Product of f32 rows, or pixels, by a constant matrix packed in panels.",
    .ops = {"MatMul", "Conv"},
    .supports = supports,
    .candidates = candidates,
};

}  // namespace ingot
