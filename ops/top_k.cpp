// TopK: the largest or smallest elements along an axis, and where they are. Of equal elements the
// one with the lower index comes first.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/base/error.h"
#include "ops/blocks.h"
#include "ops/elementwise.h"
#include "ops/float_tensor.h"
#include "ops/outputs.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_number(node, 0);
  node.require_rank(0, 1);
  const int axis = node.axis("axis", node.rank(0));
  Dim dim;
  if (const auto known = node.known_dims(1)) {
    if (known->size() != 1) node.fail("op.bad_shape", "K has more than one element", "give one");
    dim = known->front();
    const Dim& all = node.dims(0)[static_cast<size_t>(axis)];
    if (dim.is_constant() && all.is_constant() && dim.constant() > all.constant()) {
      node.fail("op.bad_shape",
                "K is " + dim.to_string() + ", but the axis has " + all.to_string() + " elements",
                "reduce K");
    }
  } else {
    dim = node.unknown_dim(0, axis);
  }
  SymbolicShape dims = node.dims(0);
  dims[static_cast<size_t>(axis)] = dim;
  node.set_output(0, node.input(0).dtype, dims);
  if (node.output_count() > 1) node.set_output(1, DType::kI64, std::move(dims));
}

/// Before: a total order, with NaN above everything.
template <typename Compute>
bool before(Compute a, Compute b, int64_t index_a, int64_t index_b, bool largest) {
  const bool nan_a = a != a, nan_b = b != b;
  if (nan_a != nan_b) return largest ? nan_a : nan_b;
  if (!nan_a && a != b) return largest ? a > b : a < b;
  return index_a < index_b;
}

template <typename Compute>
void select(const Reference& node) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const int axis = node.axis("axis", x.shape.rank());
  const AxisSplit split = AxisSplit::at(x.shape, axis);
  const bool has_values = node.has_output(0), has_indices = node.has_output(1);
  if (!has_values && !has_indices) return;
  const int64_t k = (has_values ? y : node.output(1)).shape[axis];
  if (k > split.length) {
    fail({"op.bad_shape",
          "TopK: K is " + std::to_string(k) + ", but the axis has " + std::to_string(split.length) +
              " elements",
          "", "reduce K"});
  }
  const bool largest = node.integer("largest") != 0;
  const size_t width = element_width(x.dtype, node.op().name);
  const int64_t slab = split.length * split.inner;
  std::vector<Compute> values(static_cast<size_t>(slab));
  std::vector<int64_t> order(static_cast<size_t>(split.length));
  for (int64_t outer = 0; outer < split.outer; ++outer) {
    load_block(x, outer * slab, values.data(), slab);
    for (int64_t i = 0; i < split.inner; ++i) {
      std::iota(order.begin(), order.end(), 0);
      const auto value = [&](int64_t at) {
        return values[static_cast<size_t>(at * split.inner + i)];
      };
      std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t a, int64_t b) {
        return before(value(a), value(b), a, b, largest);
      });
      for (int64_t n = 0; n < k; ++n) {
        const int64_t chosen = order[static_cast<size_t>(n)];
        const int64_t to = (outer * k + n) * split.inner + i;
        if (has_values) {
          std::memcpy(element_at(y, to, width),
                      element_at(x, outer * slab + chosen * split.inner + i, width), width);
        }
        if (has_indices) static_cast<int64_t*>(node.output(1).data)[to] = chosen;
      }
    }
  }
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  if (is_float(node.input(0).dtype)) {
    select<double>(node);
  } else {
    select<int64_t>(node);
  }
}

}  // namespace

extern const OpDef kTopK = {
    .name = "TopK",
    .summary = "Finds the largest or smallest elements along an axis.",
    .inputs = {{"X", "a number, any rank from 1"}, {"K", "i64, one element: how many"}},
    .outputs = {{"Values", "type of X"}, {"Indices", "i64: where along the axis"}},
    .attributes = {{"axis", -1, "the axis to search along"},
                   {"largest", 1, "1: the largest elements; 0: the smallest"},
                   {"sorted", 1, "1: in order; 0: in any order (here in order too)"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
