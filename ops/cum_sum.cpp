// CumSum: running sums along an axis.
#include "ops/blocks.h"
#include "ops/elementwise.h"
#include "ops/float_tensor.h"
#include "ops/reference.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_integer(node, 1);
  if (const auto axis = node.known_integers(1)) {
    if (axis->size() != 1) node.fail("op.bad_shape", "more than one axis is given", "give one");
    normalize_axis(axis->front(), node.rank(0), node.op().name);
  }
  infer_number_map(node);
}

template <typename Compute>
void sum(const Reference& node) {
  const TensorView& x = node.input(0);
  const int axis = normalize_axis(node.input_integers(1).at(0), x.shape.rank(), node.op().name);
  const AxisSplit split = AxisSplit::at(x.shape, axis);
  const bool exclusive = node.integer("exclusive") != 0;
  const bool reverse = node.integer("reverse") != 0;
  std::vector<Compute> totals(static_cast<size_t>(split.inner)), row(totals);
  for (int64_t outer = 0; outer < split.outer; ++outer) {
    std::fill(totals.begin(), totals.end(), Compute{0});
    for (int64_t k = 0; k < split.length; ++k) {
      const int64_t at =
          (outer * split.length + (reverse ? split.length - 1 - k : k)) * split.inner;
      load_block(x, at, row.data(), split.inner);
      if (exclusive) store_block(node.output(0), at, totals.data(), split.inner);
      for (size_t i = 0; i < row.size(); ++i) totals[i] += row[i];
      if (!exclusive) store_block(node.output(0), at, totals.data(), split.inner);
    }
  }
}

void evaluate(Reference& node) {
  if (is_float(node.input(0).dtype)) {
    sum<double>(node);
  } else {
    sum<int64_t>(node);
  }
}

}  // namespace

extern const OpDef kCumSum = {
    .name = "CumSum",
    .summary = "Adds up the elements along an axis, step by step.",
    .inputs = {{"x", "a number, any rank from 1"}, {"axis", "i32 or i64 scalar"}},
    .outputs = {{"y", "type and shape of x"}},
    .attributes = {{"exclusive", 0, "1: an element is not in its own sum"},
                   {"reverse", 0, "1: from the end of the axis"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
