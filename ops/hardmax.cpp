// Hardmax: 1 at the first greatest element along one axis, 0 elsewhere.
#include "ops/softmax_rows.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_same_float(node);
  node.axis("axis", node.rank(0));
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const Shape& shape = node.input(0).shape;
    const AxisSplit split = AxisSplit::at(shape, node.axis("axis", shape.rank()));
    const Elements<T> x(node.input(0));
    ElementsToStore<T> y(node.output(0));
    for (int64_t i = 0; i < split.outer * split.inner && split.length > 0; ++i) {
      const int64_t base = i / split.inner * split.length * split.inner + i % split.inner;
      int64_t best = base;
      for (int64_t j = 1; j < split.length; ++j) {
        const int64_t at = base + j * split.inner;
        if (x[at] > x[best]) best = at;
      }
      y[best] = T{1};
    }
  });
}

}  // namespace

extern const OpDef kHardmax = {
    .name = "Hardmax",
    .summary = "Marks the first greatest element along one axis by 1, all others by 0.",
    .inputs = {{"input", "float, any rank from 1"}},
    .outputs = {{"output", "type and shape of input"}},
    .attributes = {{"axis", -1, "the axis to search along"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
