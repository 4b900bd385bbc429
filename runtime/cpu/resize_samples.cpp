// Reads Resize's inputs and attributes into sample tables.
#include "runtime/cpu/resize_samples.h"

#include "ops/axes.h"
#include "ops/registry.h"
#include "ops/resize_axis.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

AxisSamples identity(int64_t size) {
  AxisSamples samples;
  for (int64_t i = 0; i < size; ++i) {
    samples.low.push_back(static_cast<int32_t>(i));
    samples.high.push_back(static_cast<int32_t>(i));
    samples.weight.push_back(0);
  }
  return samples;
}

AxisSamples samples_of(const StepContext& context, const ResizeOptions& options,
                       const ResizeAxis& axis) {
  const ResizeSamples from(options, axis);
  if (from.taps > 2) unsupported(context, "Resize with more than two neighbours per axis");
  AxisSamples samples;
  for (int64_t i = 0; i < axis.output; ++i) {
    const auto first = static_cast<size_t>(i * from.taps);
    const size_t second = from.taps == 2 ? first + 1 : first;
    if (from.outside[static_cast<size_t>(i)]) unsupported(context, "Resize beyond its crop");
    samples.low.push_back(static_cast<int32_t>(from.indices[first]));
    samples.high.push_back(static_cast<int32_t>(from.indices[second]));
    samples.weight.push_back(from.taps == 2 ? static_cast<float>(from.weights[second]) : 0.0F);
  }
  return samples;
}

}  // namespace

ImageSamples image_samples(const StepContext& context) {
  const Shape& x = context.inputs()[0].shape;
  const Shape& y = context.outputs()[0].shape;
  const int rank = x.rank();
  const NodeAttributes node(op_named("Resize"), context.attributes());
  const ResizeOptions options(node);
  if (rank != 4) unsupported(context, "Resize of another rank than 4");
  if (options.mode == "cubic" || options.antialias || options.exclude_outside ||
      options.coordinates == "tf_crop_and_resize") {
    unsupported(context, "Resize in mode " + options.mode + ", " + options.coordinates);
  }
  if (x[0] != y[0] || x[1] != y[1]) unsupported(context, "Resize of the batch or the channels");
  std::vector<float> scales;
  const bool sized = has_input(context, 3) && context.inputs()[3].elements() > 0;
  if (!sized) scales = constant_floats(context, 2);
  if (sized && node.text("keep_aspect_ratio_policy") != "stretch") {
    unsupported(context, "Resize that keeps the aspect ratio");
  }
  std::vector<int64_t> axes = node.integers("axes");
  if (!node.given("axes")) axes = {0, 1, 2, 3};

  ImageSamples samples;
  samples.nearest = options.mode == "nearest";
  samples.rows = identity(x[2]);
  samples.columns = identity(x[3]);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int at = normalize_axis(axes[i], rank, "Resize");
    if (at < 2) continue;
    ResizeAxis axis{.axis = at, .input = x[at], .output = y[at]};
    axis.scale = sized ? Fraction{y[at], x[at]} : Fraction::of(scales[i]);
    (at == 2 ? samples.rows : samples.columns) = samples_of(context, options, axis);
  }
  return samples;
}

}  // namespace ingot
