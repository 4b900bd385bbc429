// Resize of any axes in any mode, by tables that are made on the host when the step is prepared.
#include <algorithm>
#include <cstring>

#include "kernels/params/resize.h"
#include "ops/infer.h"
#include "ops/registry.h"
#include "ops/resize_axis.h"
#include "runtime/cuda/image_step.h"

namespace ingot {
namespace {

using kernels::ResizeParams;

constexpr int kRoi = 1, kScales = 2, kSizes = 3;

bool has_values(const StepContext& context, int i) {
  return has_input(context, i) && context.inputs()[static_cast<size_t>(i)].elements() > 0;
}

/// The axes that change their size.
std::vector<ResizeAxis> resized_axes(const StepContext& context, const NodeAttributes& node) {
  const Shape& x = context.inputs()[0].shape;
  const Shape& y = context.outputs()[0].shape;
  const bool sized = has_values(context, kSizes);
  if (sized && node.text("keep_aspect_ratio_policy") != "stretch") {
    unsupported(context, "Resize that keeps the aspect ratio");
  }
  std::vector<float> scales, roi;
  if (!sized) scales = constant_floats(context, kScales);
  const bool crops = node.text("coordinate_transformation_mode") == "tf_crop_and_resize";
  if (crops && has_values(context, kRoi)) roi = constant_floats(context, kRoi);
  std::vector<int64_t> axes = node.integers("axes");
  if (!node.given("axes")) {
    for (int axis = 0; axis < x.rank(); ++axis) axes.push_back(axis);
  }
  std::vector<ResizeAxis> resized;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int at = normalize_axis(axes[i], x.rank(), "Resize");
    ResizeAxis axis{.axis = at, .input = x[at], .output = y[at]};
    axis.scale = sized ? Fraction{y[at], x[at]} : Fraction::of(scales[i]);
    if (roi.size() == 2 * axes.size()) {
      axis.crop_begin = roi[i];
      axis.crop_end = roi[i + axes.size()];
    }
    const bool identity = axis.input == axis.output && axis.scale.value() == 1 &&
                          axis.crop_begin == 0 && axis.crop_end == 1;
    if (!identity) resized.push_back(axis);
  }
  return resized;
}

class JitResize : public PreparedStep {
 public:
  explicit JitResize(const StepContext& context)
      : y_(context.outputs()[0]), kernel_(context, "resize") {
    const StepTensor& x = context.inputs()[0];
    const NodeAttributes node(op_named("Resize"), context.attributes());
    if (x.layout != y_.layout) unsupported(context, "another layout of the output");
    if (y_.elements() == 0) return;
    params_.extrapolation = node.number("extrapolation_value");
    add_axes(context, resized_axes(context, node), ResizeOptions(node));
    launch_.block.x = 256;
    launch_.grid.x = blocks_for(params_.items, 256);
  }

  void run(const StepMemory& memory) override {
    if (y_.elements() == 0) return;
    ResizeParams params = params_;
    params.x = memory.inputs[0];
    params.y = memory.outputs[0];
    kernel_.launch(memory, launch_, params);
  }

 private:
  struct Table {
    int place;  ///< of the axis among those of the kernel
    ResizeSamples samples;
  };

  void add_axes(const StepContext& context, const std::vector<ResizeAxis>& resized,
                const ResizeOptions& options) {
    const StepTensor& x = context.inputs()[0];
    std::vector<int> order;
    for (int axis = 0; axis < x.shape.rank(); ++axis) {
      if (axis != 1 || y_.layout != Layout::kChannelsLast) order.push_back(axis);
    }
    if (order.size() < static_cast<size_t>(x.shape.rank())) order.push_back(1);

    const int64_t vector = context.attributes().integer("vector", 1);
    int64_t items = 1;
    std::vector<Table> tables;
    for (const int axis : order) {
      const auto found = std::find_if(resized.begin(), resized.end(),
                                      [&](const ResizeAxis& each) { return each.axis == axis; });
      int64_t size = y_.shape[axis], x_stride = x.strides[axis], y_stride = y_.strides[axis];
      if (axis == order.back() && vector > 1) {
        if (found != resized.end() || size % vector != 0 || x_stride != 1 || y_stride != 1) {
          unsupported(context, "vectors along an axis that is resized");
        }
        size /= vector;
        x_stride = y_stride = vector;
      }
      items *= size;
      if (found != resized.end()) {
        last_resized_ = params_.axes;
        tables.push_back({params_.axes, ResizeSamples(options, *found)});
      } else if (size == 1) {
        continue;
      } else if (kernels::ResizeAxisParams* outer = mergeable(size, x_stride, y_stride)) {
        outer->size = size_divisor(context, int64_t{outer->size.divisor} * size);
        outer->x_stride = x_stride;
        outer->y_stride = y_stride;
        continue;
      }
      params_.axis[params_.axes++] = {
          size_divisor(context, size), x_stride, y_stride, 0, nullptr, nullptr};
    }
    params_.items = count_threads(context, items);
    upload(context, tables);
  }

  /// The axis outside of the next one, if the two are one in memory.
  kernels::ResizeAxisParams* mergeable(int64_t size, int64_t x_stride, int64_t y_stride) {
    if (params_.axes == 0) return nullptr;
    kernels::ResizeAxisParams* outer = &params_.axis[params_.axes - 1];
    const bool is_resized = params_.axes - 1 == last_resized_;
    return !is_resized && outer->x_stride == size * x_stride && outer->y_stride == size * y_stride
               ? outer
               : nullptr;
  }

  void upload(const StepContext& context, const std::vector<Table>& tables) {
    std::vector<int32_t> words;
    std::vector<size_t> weights_at;
    for (const Table& table : tables) {
      const ResizeSamples& samples = table.samples;
      for (size_t i = 0; i < samples.indices.size(); ++i) {
        const bool outside = samples.outside[i / static_cast<size_t>(samples.taps)];
        words.push_back(outside ? -1 : static_cast<int32_t>(samples.indices[i]));
      }
      weights_at.push_back(words.size());
      for (const double weight : samples.weights) {
        const auto value = static_cast<float>(weight);
        int32_t word = 0;
        std::memcpy(&word, &value, sizeof(word));
        words.push_back(word);
      }
    }
    if (words.empty()) return;
    memory_ = context.device()->allocate(words.size() * sizeof(int32_t));
    context.device()->upload(memory_.get(), words.data(), words.size() * sizeof(int32_t));
    const auto* base = static_cast<const int32_t*>(memory_.get());
    std::vector<int> several, pairs;  // axes with more than one tap, with two
    for (size_t i = 0; i < tables.size(); ++i) {
      kernels::ResizeAxisParams& axis = params_.axis[tables[i].place];
      const ResizeSamples& samples = tables[i].samples;
      axis.taps = static_cast<int>(samples.taps);
      axis.indices = base + weights_at[i] - samples.indices.size();
      axis.weights = reinterpret_cast<const float*>(base + weights_at[i]);
      if (samples.taps > 1) several.push_back(tables[i].place);
      if (samples.taps == 2) pairs.push_back(tables[i].place);
    }
    params_.bilinear = several.size() == 2 && pairs.size() == 2;
    if (params_.bilinear) std::copy(pairs.begin(), pairs.end(), params_.pair);
  }

  StepTensor y_;
  JitKernel<ResizeParams> kernel_;
  ResizeParams params_{};
  int last_resized_ = -1;  ///< place of the latest axis with a table
  LaunchShape launch_;
  std::shared_ptr<void> memory_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<JitResize>(context);
}

}  // namespace

extern const StepDef kJitResize = {
    .kind = "jit.resize",
    .summary = "Resize in any mode, by tables of taps and weights.",
    .prepare = prepare,
};

}  // namespace ingot
