// GridSample of images by nearest and linear interpolation. The taps of some points are computed
// once and used for all channels: plane by plane in the plain layout, pixel by pixel in channels
// last.
#include <algorithm>
#include <cmath>

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/kernels/resize_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

/// Four pixels of an image (offsets in floats) and their weights.
struct Taps {
  int32_t offset[4];
  float weight[4];
};

/// The two neighbours of a coordinate along one axis; one that is outside has weight 0.
struct Neighbours {
  int64_t index[2];
  float weight[2];
};

class GridSampleStep : public PreparedStep {
 public:
  explicit GridSampleStep(const StepContext& context)
      : threads_(context.threads()), x_(context.inputs()[0]), y_(context.outputs()[0]) {
    const StepTensor& grid = context.inputs()[1];
    const NodeAttributes node(op_named("GridSample"), context.attributes());
    const std::string mode = node.text("mode"), padding = node.text("padding_mode");
    if (x_.shape.rank() != 4) unsupported(context, "GridSample of volumes");
    if (mode == "cubic" || padding == "reflection") {
      unsupported(context, "GridSample in mode " + mode + ", " + padding);
    }
    if (x_.dtype != DType::kF32 || grid.dtype != DType::kF32) {
      unsupported(context, "GridSample of another type than f32");
    }
    require_strided(context, x_);
    if (x_.buffer_shape.elements() > INT32_MAX) unsupported(context, "an image of this size");
    if (x_.layout != y_.layout) unsupported(context, "GridSample from one layout to another");
    channels_last_ = x_.layout == Layout::kChannelsLast;
    if (!dense_from(grid, 0)) unsupported(context, "a window of the grid");
    nearest_ = mode == "nearest";
    border_ = padding == "border";
    align_corners_ = node.integer("align_corners") != 0;
  }

  void run(const StepMemory& memory) override {
    const auto* x = static_cast<const float*>(memory.inputs[0]);
    const auto* grid = static_cast<const float*>(memory.inputs[1]);
    auto* y = static_cast<float*>(memory.outputs[0]);
    const int64_t points = y_.shape[2] * y_.shape[3];
    const int64_t chunks = (points + kChunk - 1) / kChunk;
    const double cost = static_cast<double>(y_.shape.elements()) * 2;
    if (y_.shape.elements() == 0) return;
    parallel_ranges(
        worthwhile_threads(threads_, cost), x_.shape[0] * chunks, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const int64_t image = i / chunks, chunk = i % chunks;
            const int64_t first = points * chunk / chunks;
            const int64_t count = points * (chunk + 1) / chunks - first;
            Taps taps[kChunk];
            for (int64_t k = 0; k < count; ++k) {
              taps[k] = taps_of(grid + (image * points + first + k) * 2);
            }
            sample(x + image * x_.strides[0], taps, first, count, y + image * y_.strides[0]);
          }
        });
  }

 private:
  static constexpr int64_t kChunk = 1024;  ///< points whose taps are kept, 32 KiB

  Neighbours neighbours(float normalised, int64_t length) const {
    const auto size = static_cast<float>(length);
    float x =
        align_corners_ ? (normalised + 1) / 2 * (size - 1) : ((normalised + 1) * size - 1) / 2;
    constexpr float kFar = 1e7F;  // far outside, yet an exact integer as float
    x = std::isnan(x) ? -kFar : std::clamp(x, -kFar, kFar);
    if (nearest_) x = std::nearbyint(x);
    if (border_) x = std::clamp(x, 0.0F, size - 1);
    const float floor = std::floor(x), rest = x - floor;
    const auto first = static_cast<int64_t>(floor);
    Neighbours result{{first, first + 1}, {1 - rest, rest}};
    for (int i = 0; i < 2; ++i) {
      if (result.index[i] >= 0 && result.index[i] < length) continue;
      // A border repeats its last pixel; beyond it the weight is 0 in either case.
      if (!border_) result.weight[i] = 0;
      result.index[i] = std::clamp<int64_t>(result.index[i], 0, length - 1);
    }
    return result;
  }

  Taps taps_of(const float* point) const {
    const Neighbours columns = neighbours(point[0], x_.shape[3]);
    const Neighbours rows = neighbours(point[1], x_.shape[2]);
    Taps taps{};
    for (int i = 0; i < 4; ++i) {
      taps.offset[i] = static_cast<int32_t>(rows.index[i / 2] * x_.strides[2] +
                                            columns.index[i % 2] * x_.strides[3]);
      taps.weight[i] = rows.weight[i / 2] * columns.weight[i % 2];
    }
    return taps;
  }

  void sample(const float* x, const Taps* taps, int64_t first, int64_t count, float* y) const {
    const int64_t width = y_.shape[3];
    if (channels_last_) {
      for (int64_t k = 0; k < count; ++k) {
        const float* const corners[4] = {x + taps[k].offset[0], x + taps[k].offset[1],
                                         x + taps[k].offset[2], x + taps[k].offset[3]};
        float* to = y + (first + k) / width * y_.strides[2] + (first + k) % width * y_.strides[3];
        resizes().blend_corners(corners, taps[k].weight, to, x_.shape[1]);
      }
      return;
    }
    const bool rows_join = y_.strides[2] == width * y_.strides[3];
    for (int64_t c = 0; c < x_.shape[1]; ++c) {
      const float* plane = x + c * x_.strides[1];
      float* to = y + c * y_.strides[1];
      for (int64_t k = 0; k < count; ++k) {
        const Taps& t = taps[k];
        const float value = plane[t.offset[0]] * t.weight[0] + plane[t.offset[1]] * t.weight[1] +
                            plane[t.offset[2]] * t.weight[2] + plane[t.offset[3]] * t.weight[3];
        const int64_t at = first + k;
        if (rows_join)
          to[at * y_.strides[3]] = value;
        else
          to[at / width * y_.strides[2] + at % width * y_.strides[3]] = value;
      }
    }
  }

  int threads_;
  StepTensor x_, y_;
  bool channels_last_ = false, nearest_ = false, border_ = false, align_corners_ = false;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<GridSampleStep>(context);
}

}  // namespace

extern const StepDef kCpuGridSample = {
    .kind = "cpu.grid_sample",
    .summary = "Nearest and linear GridSample of images.",
    .prepare = prepare,
};

}  // namespace ingot
