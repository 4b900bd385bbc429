// InstanceNormalization: every channel of every image is normalised by its own statistics.
#include "ops/normalization.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_same_float(node);
  node.require_rank(0, 2);
  require_per_channel(node, 1);
  require_per_channel(node, 2);
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const Elements<T> x(node.input(0)), scale(node.input(1)), bias(node.input(2));
    ElementsToStore<T> y(node.output(0));
    const double epsilon = node.number("epsilon");
    const AxisSplit split = AxisSplit::at(node.input(0).shape, 1);
    for (int64_t i = 0; i < split.outer * split.length; ++i) {
      const auto moments = Moments<T>::of(x.data() + i * split.inner, split.inner, epsilon);
      const T factor = moments.inverse_deviation * scale[i % split.length];
      for (int64_t j = i * split.inner; j < (i + 1) * split.inner; ++j) {
        y[j] = (x[j] - moments.mean) * factor + bias[i % split.length];
      }
    }
  });
}

}  // namespace

extern const OpDef kInstanceNormalization = {
    .name = "InstanceNormalization",
    .summary = "Normalises every channel of every image by its own mean and variance.",
    .inputs = {{"input", "float, [batch, channels, spatial...]"},
               {"scale", "type of input, [channels]"},
               {"B", "type of input, [channels]"}},
    .outputs = {{"output", "type and shape of input"}},
    .attributes = {epsilon_attribute()},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
