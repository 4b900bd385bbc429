// RMSNormalization: the last axes are divided by their root mean square, then scaled.
#include "ops/normalization.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  node.require_rank(0, 1);
  node.axis("axis", node.rank(0));
  broadcast(node.dims(0), node.dims(1), node.op().name);
  node.set_output(0, node.input(1).dtype, node.dims(0));
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const Shape& shape = node.input(0).shape;
    const AxisSplit split = AxisSplit::from(shape, node.axis("axis", shape.rank()));
    const Elements<T> x(node.input(0));
    ElementsToStore<T> y(node.output(0));
    const double epsilon = node.number("epsilon");
    for (int64_t i = 0; i < split.outer; ++i) {
      const T* row = x.data() + i * split.length;
      double squares = 0;
      for (int64_t j = 0; j < split.length; ++j) squares += static_cast<double>(row[j]) * row[j];
      const double mean = squares / static_cast<double>(split.length);
      const T factor = static_cast<T>(1.0 / std::sqrt(mean + epsilon));
      for (int64_t j = 0; j < split.length; ++j) y[i * split.length + j] = row[j] * factor;
    }
    scale_and_shift(shape, y.data(), node.input(1), TensorView{});
  });
}

}  // namespace

extern const OpDef kRMSNormalization = {
    .name = "RMSNormalization",
    .summary = "Divides the last axes by their root mean square, then scales them.",
    .inputs = {{"X", "float, any rank from 1"}, {"scale", "float, broadcasts to X"}},
    .outputs = {{"Y", "type of scale, shape of X"}},
    .attributes = {{"axis", -1, "the first axis that is normalised"},
                   epsilon_attribute(),
                   {"stash_type", 1, "type of the statistics; always computed in 64 bits here"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
