// Split: parts of a tensor along an axis, of given or of equal sizes.
#include <cstring>

#include "ops/float_tensor.h"
#include "ops/outputs.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

/// Sizes of the parts: given, or equal but for a smaller last one.
std::vector<Dim> part_sizes(InferContext& node, const Dim& whole, int axis) {
  const int count = node.output_count();
  if (node.has_input(1)) {
    if (auto sizes = node.known_dims(1)) return *sizes;
    std::vector<Dim> unknown;
    for (int i = 0; i < count; ++i) unknown.push_back(node.unknown_dim(i, axis));
    return unknown;
  }
  const Dim size = Dim::ceil_div(whole, count);
  std::vector<Dim> sizes(static_cast<size_t>(count), size);
  Dim quotient;
  if (!Dim::divides_exactly(whole, count, &quotient)) {
    // Late parts may be short or empty: 5 in 4 is 2, 2, 1, 0.
    for (int i = 0; i < count; ++i) {
      sizes[static_cast<size_t>(i)] = Dim::min(size, Dim::max(whole - size * i, 0));
    }
  }
  return sizes;
}

void infer(InferContext& node) {
  const int axis = node.axis("axis", node.rank(0));
  const auto at = static_cast<size_t>(axis);
  const std::vector<Dim> sizes = part_sizes(node, node.dims(0)[at], axis);
  const auto wanted = node.integer("num_outputs");
  if (static_cast<int>(sizes.size()) != node.output_count() ||
      (wanted != 0 && wanted != node.output_count())) {
    node.fail("op.bad_attribute",
              "the node has " + std::to_string(node.output_count()) + " outputs, but asks for " +
                  std::to_string(wanted != 0 ? wanted : static_cast<int64_t>(sizes.size())),
              "give one size per output");
  }
  Dim rest = node.dims(0)[at];
  for (const Dim& size : sizes) rest = rest - size;
  if (node.has_input(1) && rest.is_constant() && rest.constant() != 0) {
    node.fail("op.bad_shape",
              "the parts do not add up to " + node.dims(0)[at].to_string() + ", the size of axis " +
                  std::to_string(axis),
              "correct the input split");
  }
  for (int i = 0; i < node.output_count(); ++i) {
    SymbolicShape dims = node.dims(0);
    dims[at] = sizes[static_cast<size_t>(i)];
    node.set_output(i, node.input(0).dtype, std::move(dims));
  }
  move_contents(node, {0});
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const TensorView& x = node.input(0);
  const size_t width = element_width(x.dtype, node.op().name);
  const AxisSplit split = AxisSplit::at(x.shape, node.axis("axis", x.shape.rank()));
  const size_t pitch = static_cast<size_t>(split.length * split.inner) * width;
  const auto* from = static_cast<const char*>(x.data);
  int64_t total = 0;
  for (int i = 0; i < node.output_count(); ++i) total += node.output(i).elements();
  require_fit(node, total == x.elements());
  for (int i = 0; i < node.output_count(); ++i) {
    const TensorView& y = node.output(i);
    if (y.elements() == 0) continue;
    const size_t row = y.bytes() / static_cast<size_t>(split.outer);
    for (size_t k = 0; k < static_cast<size_t>(split.outer); ++k) {
      std::memcpy(static_cast<char*>(y.data) + k * row, from + k * pitch, row);
    }
    from += row;
  }
}

}  // namespace

extern const OpDef kSplit = {
    .name = "Split",
    .summary = "Cuts a tensor into parts along an axis.",
    .inputs = {{"input", "any type, any rank from 1"},
               {"split", "i64, one axis: size of each part", OpPort::kOptional}},
    .outputs = {{"outputs", "type of input", OpPort::kVariadic}},
    .attributes = {{"axis", 0, "the axis to cut along"},
                   {"num_outputs", 0, "how many equal parts, where no sizes are given"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
