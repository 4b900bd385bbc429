// Geometry and patch moves of convolutions and pools.
#include "ops/window.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot {
namespace {

/// Calls row(offset_in_image or -1, first_x, i, length) for every run of positions in one output
/// row, for one tap: `i` counts positions from the first one asked for.
template <typename Row>
void for_each_row(const Window& w, int64_t tap_d, int64_t tap_h, int64_t first, int64_t count,
                  Row&& row) {
  const int64_t width = w.positions[2];
  for (int64_t i = 0; i < count;) {
    const int64_t position = first + i;
    const int64_t x = position % width;
    const int64_t y = position / width % w.positions[1];
    const int64_t z = position / width / w.positions[1];
    const int64_t length = std::min(width - x, count - i);
    const int64_t image_z = w.coordinate(0, z, tap_d);
    const int64_t image_y = w.coordinate(1, y, tap_h);
    const bool inside =
        image_z >= 0 && image_z < w.image[0] && image_y >= 0 && image_y < w.image[1];
    row(inside ? (image_z * w.image[1] + image_y) * w.image[2] : -1, x, i, length);
    i += length;
  }
}

/// Positions [begin, end) of a row of `length` from `x` whose tap is inside the image's width.
struct Inside {
  int64_t begin, end, start;  ///< start: image coordinate of position `begin`
};
Inside inside_width(const Window& w, int64_t tap, int64_t x, int64_t length) {
  const int64_t stride = w.strides[2];
  const int64_t at_x = w.coordinate(2, x, tap);
  const int64_t begin = at_x >= 0 ? 0 : std::min(length, (-at_x + stride - 1) / stride);
  const int64_t room = w.image[2] - at_x;
  const int64_t end =
      room <= 0 ? begin : std::max(begin, std::min(length, (room - 1) / stride + 1));
  return {begin, end, at_x + begin * stride};
}

template <typename Visit>
void for_each_tap(const Window& w, int64_t channels, Visit&& visit) {
  int64_t row = 0;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t d = 0; d < w.kernel[0]; ++d) {
      for (int64_t h = 0; h < w.kernel[1]; ++h) {
        for (int64_t x = 0; x < w.kernel[2]; ++x) visit(c, d, h, x, row++);
      }
    }
  }
}

}  // namespace

bool Window::patches_are_image() const {
  return kernel_elements() == 1 && positions == image && strides == Sizes{1, 1, 1} &&
         begin_pads == Sizes{0, 0, 0};
}

Window window_over(const SpatialWindow& spatial, const Shape& image, const Shape& result) {
  Window w;
  const size_t axes = spatial.kernel.size();
  for (size_t i = 0; i < axes; ++i) {
    const size_t to = 3 - axes + i;
    const int axis = static_cast<int>(i);
    w.image[to] = image[axis + 2];
    w.positions[to] = result[axis + 2];
    w.kernel[to] = spatial.kernel[i];
    w.strides[to] = spatial.strides[i];
    w.dilations[to] = spatial.dilations[i];
    w.begin_pads[to] = spatial.begin_pad(axis, w.image[to]);
    const int64_t covered = (w.positions[to] - 1) * w.strides[to] +
                            (w.kernel[to] - 1) * w.dilations[to] + 1 - w.begin_pads[to];
    const bool explicit_pads = spatial.auto_pad.empty() || spatial.auto_pad == "NOTSET";
    w.end_pads[to] =
        explicit_pads ? spatial.pads[axes + i] : std::max<int64_t>(0, covered - w.image[to]);
  }
  return w;
}

template <typename T>
void gather_patches(const Window& w, const T* image, int64_t channels, int64_t first, int64_t count,
                    T* patches) {
  const int64_t stride = w.strides[2];
  for_each_tap(w, channels, [&](int64_t c, int64_t d, int64_t h, int64_t tap, int64_t patch_row) {
    const T* plane = image + c * w.image_elements();
    T* out = patches + patch_row * count;
    for_each_row(w, d, h, first, count, [&](int64_t base, int64_t x, int64_t i, int64_t length) {
      const Inside in = base < 0 ? Inside{length, length, 0} : inside_width(w, tap, x, length);
      std::fill(out + i, out + i + in.begin, T{0});
      const T* from = plane + std::max<int64_t>(base, 0) + in.start;
      if (stride == 1) {
        std::copy(from, from + (in.end - in.begin), out + i + in.begin);
      } else {
        for (int64_t j = in.begin; j < in.end; ++j) out[i + j] = from[(j - in.begin) * stride];
      }
      std::fill(out + i + in.end, out + i + length, T{0});
    });
  });
}

template <typename T>
void scatter_patches(const Window& w, const T* patches, int64_t channels, int64_t first,
                     int64_t count, T* image) {
  const int64_t stride = w.strides[2];
  for_each_tap(w, channels, [&](int64_t c, int64_t d, int64_t h, int64_t tap, int64_t patch_row) {
    T* plane = image + c * w.image_elements();
    const T* in_row = patches + patch_row * count;
    for_each_row(w, d, h, first, count, [&](int64_t base, int64_t x, int64_t i, int64_t length) {
      if (base < 0) return;
      const Inside in = inside_width(w, tap, x, length);
      T* to = plane + base + in.start;
      for (int64_t j = in.begin; j < in.end; ++j) to[(j - in.begin) * stride] += in_row[i + j];
    });
  });
}

template void gather_patches(const Window&, const float*, int64_t, int64_t, int64_t, float*);
template void gather_patches(const Window&, const double*, int64_t, int64_t, int64_t, double*);
template void scatter_patches(const Window&, const float*, int64_t, int64_t, int64_t, float*);
template void scatter_patches(const Window&, const double*, int64_t, int64_t, int64_t, double*);

int64_t patch_block(int64_t rows, int64_t positions) {
  constexpr int64_t kElements = 1 << 18;
  const int64_t block = std::max<int64_t>(64, kElements / std::max<int64_t>(1, rows) / 16 * 16);
  return std::min(positions, block);
}

std::vector<int64_t> kernel_from_weight(const InferContext& node, int weight) {
  std::vector<int64_t> kernel;
  const SymbolicShape& dims = node.dims(weight);
  for (size_t i = 2; i < dims.size(); ++i) {
    if (!dims[i].is_constant()) {
      node.fail("op.dynamic_kernel",
                fmt::format("axis {} of the weight has the size {}, which is not known", i,
                            dims[i].to_string()),
                "export the model with fixed kernel sizes");
    }
    kernel.push_back(dims[i].constant());
  }
  const std::vector<int64_t> declared = node.integers("kernel_shape");
  if (!declared.empty() && declared != kernel) {
    node.fail("op.bad_attribute",
              fmt::format("kernel_shape is [{}], but the weight's kernel is [{}]",
                          fmt::join(declared, ","), fmt::join(kernel, ",")),
              "make the two agree");
  }
  return kernel;
}

void check_window_attributes(const InferContext& node, size_t spatial_axes) {
  if (spatial_axes < 1 || spatial_axes > 3) {
    node.fail("op.bad_rank",
              fmt::format("{} spatial axes are not supported, only 1 to 3", spatial_axes),
              "reshape so that at most 3 spatial axes remain");
  }
  const auto check = [&](std::string_view name, size_t expected, int64_t lowest) {
    if (!node.given(name)) return;
    const std::vector<int64_t> values = node.integers(name);
    const bool good =
        (values.size() == expected || values.empty()) &&
        std::all_of(values.begin(), values.end(), [&](int64_t value) { return value >= lowest; });
    if (good) return;
    node.fail("op.bad_attribute",
              fmt::format("{} is [{}], but needs {} numbers from {}", name, fmt::join(values, ","),
                          expected, lowest),
              "correct the attribute");
  };
  check("kernel_shape", spatial_axes, 1);
  check("strides", spatial_axes, 1);
  check("dilations", spatial_axes, 1);
  check("pads", 2 * spatial_axes, std::numeric_limits<int32_t>::min());
}

OpAttribute auto_pad_attribute() {
  return {"auto_pad", "NOTSET",
          "NOTSET (use pads), VALID (none), SAME_UPPER or SAME_LOWER (output = input / stride, the "
          "odd element at the end or at the beginning)"};
}
OpAttribute strides_attribute() {
  return {"strides", std::vector<int64_t>{}, "step along each spatial axis; 1 if absent"};
}
OpAttribute dilations_attribute() {
  return {"dilations", std::vector<int64_t>{},
          "distance between taps along each axis; 1 if absent"};
}
OpAttribute pads_attribute() {
  return {"pads", std::vector<int64_t>{},
          "elements added before each spatial axis, then after each; 0 if absent"};
}
OpAttribute kernel_shape_attribute(bool required) {
  return {"kernel_shape", std::vector<int64_t>{},
          required ? "size of the window along each spatial axis"
                   : "size of the kernel along each spatial axis; taken from the weight if absent",
          required};
}

}  // namespace ingot
