// BatchNormalization for inference: a scale and a shift for each channel, from stored statistics.
#include "ops/normalization.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  node.require_rank(0, 2);
  for (int i = 1; i < 5; ++i) require_per_channel(node, i);
  if (node.integer("training_mode") != 0 || node.output_count() > 1) {
    node.fail("op.training", "training mode is not supported", "export the model for inference");
  }
  node.set_output(0, node.input(0).dtype, node.dims(0));
}

template <typename T>
void evaluate_as(const Reference& node) {
  const Elements<T> x(node.input(0)), scale(node.input(1)), bias(node.input(2));
  const Elements<T> mean(node.input(3)), variance(node.input(4));
  ElementsToStore<T> y(node.output(0));
  const T epsilon = node.number("epsilon");
  const AxisSplit split = AxisSplit::at(node.input(0).shape, 1);
  for (int64_t i = 0; i < split.outer * split.length; ++i) {
    const int64_t channel = i % split.length;
    const T factor = scale[channel] / std::sqrt(variance[channel] + epsilon);
    for (int64_t j = i * split.inner; j < (i + 1) * split.inner; ++j) {
      y[j] = (x[j] - mean[channel]) * factor + bias[channel];
    }
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kBatchNormalization = {
    .name = "BatchNormalization",
    .summary = "Normalises each channel by stored mean and variance, then scales and shifts it.",
    .inputs = {{"X", "float, [batch, channels, ...]"},
               {"scale", "float, [channels]"},
               {"B", "float, [channels]"},
               {"input_mean", "float, [channels]"},
               {"input_var", "float, [channels]"}},
    .outputs = {{"Y", "type and shape of X"},
                {"running_mean", "only in training mode, which is not supported",
                 OpPort::kOptional},
                {"running_var", "only in training mode, which is not supported",
                 OpPort::kOptional}},
    .attributes = {epsilon_attribute(),
                   {"momentum", 0.9F, "used in training only"},
                   {"training_mode", 0, "must be 0"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
