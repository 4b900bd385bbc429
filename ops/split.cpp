// Split: parts of a tensor along an axis, of given or of equal sizes.
#include <algorithm>
#include <numeric>

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

/// The same in numbers; outputs that nobody reads have a size too.
std::vector<int64_t> part_lengths(const Reference& node, int64_t whole) {
  if (node.has_input(1)) return node.input_integers(1);
  const int64_t count = node.output_count(), size = (whole + count - 1) / count;
  std::vector<int64_t> lengths;
  for (int64_t left = whole; std::ssize(lengths) < count; left -= lengths.back()) {
    lengths.push_back(std::min(size, left));
  }
  return lengths;
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const TensorView& x = node.input(0);
  const size_t width = element_width(x.dtype, node.op().name);
  const int axis = node.axis("axis", x.shape.rank());
  const AxisSplit split = AxisSplit::at(x.shape, axis);
  const std::vector<int64_t> lengths = part_lengths(node, split.length);
  require_fit(node, std::accumulate(lengths.begin(), lengths.end(), int64_t{0}) == split.length &&
                        std::ranges::all_of(lengths, [](int64_t length) { return length >= 0; }));
  int64_t first = 0;
  for (int i = 0; i < node.output_count(); ++i) {
    const TensorView& y = node.output(i);
    const int64_t length = lengths.at(static_cast<size_t>(i));
    if (node.has_output(i) && y.elements() != 0) {
      require_fit(node, y.elements() == split.outer * length * split.inner);
      copy_strided({{split.outer, split.length * split.inner, length * split.inner},
                    {length * split.inner, 1, 1}},
                   element_at(x, first * split.inner, width), y.data, width);
    }
    first += length;
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
