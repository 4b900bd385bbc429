// LpNormalization: divides by the 1-norm or 2-norm along one axis; a norm of zero leaves zeros.
#include <fmt/format.h>

#include "ops/normalization.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_same_float(node);
  node.axis("axis", node.rank(0));
  const int64_t p = node.integer("p");
  if (p != 1 && p != 2) {
    node.fail("op.bad_attribute", fmt::format("p is {}, but must be 1 or 2", p),
              "correct the attribute");
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const Shape& shape = node.input(0).shape;
    const AxisSplit split = AxisSplit::at(shape, node.axis("axis", shape.rank()));
    const Elements<T> x(node.input(0));
    ElementsToStore<T> y(node.output(0));
    const bool squared = node.integer("p") == 2;
    for (int64_t i = 0; i < split.outer * split.inner; ++i) {
      const int64_t base = i / split.inner * split.length * split.inner + i % split.inner;
      T sum = 0;
      for (int64_t j = 0; j < split.length; ++j) {
        const T value = x[base + j * split.inner];
        sum += squared ? value * value : std::abs(value);
      }
      const T norm = squared ? std::sqrt(sum) : sum;
      if (norm == T{0}) continue;
      for (int64_t j = 0; j < split.length; ++j) {
        y[base + j * split.inner] = x[base + j * split.inner] / norm;
      }
    }
  });
}

}  // namespace

extern const OpDef kLpNormalization = {
    .name = "LpNormalization",
    .summary = "Divides by the 1-norm or 2-norm along one axis.",
    .inputs = {{"input", "float, any rank from 1"}},
    .outputs = {{"output", "type and shape of input"}},
    .attributes = {{"axis", -1, "the axis to normalise along"}, {"p", 2, "the norm: 1 or 2"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
