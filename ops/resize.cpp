// Resize: nearest, linear and cubic interpolation to given scales or sizes, one axis after the
// other, with every coordinate transformation of ONNX.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "ops/axes.h"
#include "ops/float_tensor.h"
#include "ops/outputs.h"
#include "ops/resize_axis.h"

namespace ingot {
namespace {

constexpr int kRoi = 1, kScales = 2, kSizes = 3;

/// The axes that roi, scales and sizes speak of, in their order.
std::vector<int> resized_axes(const NodeAttributes& node, int rank) {
  std::vector<int> axes;
  for (int64_t axis : node.integers("axes")) {
    axes.push_back(normalize_axis(axis, rank, node.op().name));
  }
  if (!node.given("axes")) {
    for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  }
  return axes;
}

/// The common scale of a policy that keeps the aspect ratio, as sizes[i] / input[i] of one axis.
Fraction kept_aspect_scale(bool not_larger, const std::vector<int64_t>& input,
                           const std::vector<int64_t>& sizes) {
  Fraction best{sizes[0], input[0]};
  for (size_t i = 1; i < sizes.size(); ++i) {
    const Fraction other{sizes[i], input[i]};
    if ((other.value() < best.value()) == not_larger && other.value() != best.value()) best = other;
  }
  return best;
}

void infer_from_sizes(InferContext& node, const std::vector<int>& axes, SymbolicShape& dims) {
  const auto sizes = node.known_dims(kSizes);
  if (sizes && sizes->size() != axes.size()) {
    node.fail("op.bad_input", fmt::format("{} sizes for {} axes", sizes->size(), axes.size()),
              "give one size for each axis");
  }
  const std::string policy = node.text("keep_aspect_ratio_policy");
  bool known = sizes.has_value();
  if (known && policy != "stretch") {
    std::vector<int64_t> from, to;
    for (size_t i = 0; i < axes.size(); ++i) {
      const Dim& dim = dims[static_cast<size_t>(axes[i])];
      known = known && dim.is_constant() && (*sizes)[i].is_constant();
      from.push_back(dim.constant());
      to.push_back((*sizes)[i].constant());
    }
    if (known && !axes.empty()) {
      const Fraction scale = kept_aspect_scale(policy == "not_larger", from, to);
      for (size_t i = 0; i < axes.size(); ++i) {
        dims[static_cast<size_t>(axes[i])] =
            static_cast<int64_t>(std::floor(scale.value() * static_cast<double>(from[i]) + 0.5));
      }
      return;
    }
  }
  for (size_t i = 0; i < axes.size(); ++i) {
    dims[static_cast<size_t>(axes[i])] = known ? (*sizes)[i] : node.unknown_dim(0, axes[i]);
  }
}

void infer_from_scales(InferContext& node, const std::vector<int>& axes, SymbolicShape& dims) {
  const auto scales = node.known_floats(kScales);
  if (!scales) {
    for (int axis : axes) dims[static_cast<size_t>(axis)] = node.unknown_dim(0, axis);
    return;
  }
  if (scales->size() != axes.size()) {
    node.fail("op.bad_input", fmt::format("{} scales for {} axes", scales->size(), axes.size()),
              "give one scale for each axis");
  }
  for (size_t i = 0; i < axes.size(); ++i) {
    const float scale = (*scales)[i];
    if (!(scale > 0) || !std::isfinite(scale)) {
      node.fail("op.bad_input", fmt::format("scale {} is not a positive number", scale),
                "correct the scales");
    }
    Dim& dim = dims[static_cast<size_t>(axes[i])];
    dim = Fraction::of(scale).scaled(dim);
  }
}

/// Whether input i is there and not the empty tensor that old exporters write for "absent".
bool has_values(const InferContext& node, int i) {
  return node.has_input(i) && !(node.rank(i) == 1 && node.dims(i)[0] == Dim(0));
}

void infer(InferContext& node) {
  require_one_of(node, "mode", {"nearest", "linear", "cubic"});
  require_one_of(node, "coordinate_transformation_mode",
                 {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
                  "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"});
  require_one_of(node, "nearest_mode",
                 {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  require_one_of(node, "keep_aspect_ratio_policy", {"stretch", "not_larger", "not_smaller"});
  const DType dtype = node.input(0).dtype;
  if (!is_float(dtype) && !is_integer(dtype) && dtype != DType::kBool) {
    node.fail("op.bad_type", fmt::format("type {} cannot be resized", dtype_name(dtype)),
              "cast the input to f32");
  }
  SymbolicShape dims = node.dims(0);
  const std::vector<int> axes = resized_axes(node, node.rank(0));
  if (has_values(node, kSizes)) {
    infer_from_sizes(node, axes, dims);
  } else if (has_values(node, kScales)) {
    infer_from_scales(node, axes, dims);
  } else {
    node.fail("op.missing_input", "neither scales nor sizes are given", "give one of them");
  }
  node.set_output(0, dtype, std::move(dims));
}

std::vector<ResizeAxis> axes_to_resize(const Reference& node) {
  const Shape& input = node.input(0).shape;
  const Shape& output = node.output(0).shape;
  const std::vector<int> axes = resized_axes(node, input.rank());
  const auto values = [&](int i) {
    return node.has_input(i) ? node.input_floats(i) : std::vector<float>{};
  };
  const std::vector<float> roi = values(kRoi), sizes = values(kSizes);
  const std::vector<float> scales = sizes.empty() ? values(kScales) : std::vector<float>{};
  const std::string policy = node.text("keep_aspect_ratio_policy");
  const bool crops = node.text("coordinate_transformation_mode") == "tf_crop_and_resize";

  std::vector<int64_t> from, to;
  for (size_t i = 0; i < axes.size() && !sizes.empty(); ++i) {
    from.push_back(input[axes[i]]);
    to.push_back(static_cast<int64_t>(sizes[i]));
  }
  std::vector<ResizeAxis> resized;
  for (size_t i = 0; i < axes.size(); ++i) {
    ResizeAxis axis{.axis = axes[i], .input = input[axes[i]], .output = output[axes[i]]};
    if (!scales.empty()) {
      axis.scale = Fraction::of(scales[i]);
    } else if (policy == "stretch") {
      axis.scale = {axis.output, axis.input};
    } else {
      axis.scale = kept_aspect_scale(policy == "not_larger", from, to);
    }
    if (crops && roi.size() == 2 * axes.size()) {
      axis.crop_begin = roi[i];
      axis.crop_end = roi[i + axes.size()];
    }
    const bool identity = axis.input == axis.output && axis.scale.value() == 1 &&
                          axis.crop_begin == 0 && axis.crop_end == 1;
    if (!identity) resized.push_back(axis);
  }
  return resized;
}

/// Copies elements without computing with them, so that any type keeps its exact values.
void copy_nearest(const Reference& node, const ResizeOptions& options,
                  const std::vector<ResizeAxis>& axes) {
  const Shape& input = node.input(0).shape;
  const Shape& output = node.output(0).shape;
  const int rank = output.rank();
  std::vector<std::vector<int64_t>> offsets(static_cast<size_t>(rank));  // -1: extrapolated
  int64_t stride = 1;
  for (int axis = rank - 1; axis >= 0; --axis) {
    auto& list = offsets[static_cast<size_t>(axis)];
    const auto found = std::find_if(
        axes.begin(), axes.end(), [&](const ResizeAxis& resized) { return resized.axis == axis; });
    if (found == axes.end()) {
      for (int64_t i = 0; i < output[axis]; ++i) list.push_back(i * stride);
    } else {
      const ResizeSamples samples(options, *found);
      for (size_t i = 0; i < samples.indices.size(); ++i) {
        list.push_back(samples.outside[i] ? -1 : samples.indices[i] * stride);
      }
    }
    stride *= input[axis];
  }

  const size_t size = dtype_bytes(node.input(0).dtype);
  std::array<std::byte, 8> beyond{};
  const float extrapolation = node.number("extrapolation_value");
  store_elements(&extrapolation, TensorView{node.input(0).dtype, Shape{}, beyond.data()});
  const auto* from = static_cast<const std::byte*>(node.input(0).data);
  auto* to = static_cast<std::byte*>(node.output(0).data);
  const int64_t count = output.elements();
  const int64_t width = rank ? output[rank - 1] : 1;
  for (int64_t row = 0; row < count; row += width) {
    int64_t base = 0, rest = row / std::max<int64_t>(1, width);
    for (int axis = rank - 2; axis >= 0; --axis) {
      const int64_t offset =
          offsets[static_cast<size_t>(axis)][static_cast<size_t>(rest % output[axis])];
      base = base < 0 || offset < 0 ? -1 : base + offset;
      rest /= output[axis];
    }
    for (int64_t x = 0; x < width; ++x, to += size) {
      const int64_t last = rank ? offsets.back()[static_cast<size_t>(x)] : 0;
      const bool inside = base >= 0 && last >= 0;
      std::memcpy(to, inside ? from + (base + last) * static_cast<int64_t>(size) : beyond.data(),
                  size);
    }
  }
}

template <typename T>
std::vector<T> interpolate(const std::vector<T>& input, const Shape& shape,
                           const ResizeOptions& options, const ResizeAxis& axis, T extrapolation) {
  const ResizeSamples samples(options, axis);
  const AxisSplit split = AxisSplit::at(shape, axis.axis);
  std::vector<T> output(static_cast<size_t>(split.outer * axis.output * split.inner));
  for (int64_t row = 0; row < split.outer * axis.output; ++row) {
    const int64_t y = row % axis.output;
    T* to = output.data() + row * split.inner;
    if (samples.outside[static_cast<size_t>(y)]) {
      std::fill_n(to, split.inner, extrapolation);
      continue;
    }
    const T* plane = input.data() + row / axis.output * split.length * split.inner;
    for (int64_t t = y * samples.taps; t < (y + 1) * samples.taps; ++t) {
      const T weight = static_cast<T>(samples.weights[static_cast<size_t>(t)]);
      const T* from = plane + samples.indices[static_cast<size_t>(t)] * split.inner;
      if (weight == T{0}) continue;
      for (int64_t i = 0; i < split.inner; ++i) to[i] += weight * from[i];
    }
  }
  return output;
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const ResizeOptions options(node);
  const std::vector<ResizeAxis> axes = axes_to_resize(node);
  if (node.output(0).elements() == 0) return;
  if (options.mode == "nearest") return copy_nearest(node, options, axes);
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    std::vector<T> data(static_cast<size_t>(node.input(0).elements()));
    load_elements(node.input(0), data.data());
    Shape shape = node.input(0).shape;
    for (const ResizeAxis& axis : axes) {
      data = interpolate(data, shape, options, axis,
                         static_cast<T>(node.number("extrapolation_value")));
      shape[axis.axis] = axis.output;
    }
    store_elements(data.data(), node.output(0));
  });
}

}  // namespace

extern const OpDef kResize = {
    .name = "Resize",
    .summary = "Scales axes by nearest, linear or cubic interpolation.",
    .inputs = {{"X", "any type, any rank"},
               {"roi", "float, [2 * axes]: begins then ends of the crop, for tf_crop_and_resize",
                OpPort::kOptional},
               {"scales", "f32, [axes]; or sizes", OpPort::kOptional},
               {"sizes", "i64, [axes]; or scales", OpPort::kOptional}},
    .outputs = {{"Y", "type of X"}},
    .attributes = {{"antialias", 0, "1: linear and cubic widen their kernel where an axis shrinks"},
                   {"axes", std::vector<int64_t>{},
                    "the axes that roi, scales and sizes speak of; all if absent"},
                   {"coordinate_transformation_mode", "half_pixel",
                    "half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners, "
                    "asymmetric, tf_half_pixel_for_nn or tf_crop_and_resize"},
                   {"cubic_coeff_a", -0.75F, "the a of cubic interpolation"},
                   {"exclude_outside", 0, "1: taps outside of the input get no weight"},
                   {"extrapolation_value", 0.0F, "value beyond the crop of tf_crop_and_resize"},
                   {"keep_aspect_ratio_policy", "stretch",
                    "stretch, not_larger or not_smaller: how sizes are understood"},
                   {"mode", "nearest", "nearest, linear or cubic"},
                   {"nearest_mode", "round_prefer_floor",
                    "round_prefer_floor, round_prefer_ceil, floor or ceil"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
