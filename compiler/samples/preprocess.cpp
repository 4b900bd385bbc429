// From an image to an input: size, colours, numbers, layout.
#include "compiler/samples/preprocess.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "compiler/samples/convert.h"
#include "compiler/samples/resize.h"
#include "core/base/error.h"
#include "core/tensor/dtype.h"
#include "core/tensor/tensor.h"

namespace ingot {
namespace {

/// What the model says of the input: -1 where it is decided at run time.
struct Wanted {
  bool channels_first = true;
  int64_t channels = -1, height = -1, width = -1;
};

bool is_channels(int64_t dim) { return dim == 1 || dim == 3; }

Wanted wanted_of(const TensorInfo& input, const Shape& shape, Preprocess::Layout layout,
                 const std::string& path) {
  std::vector<int64_t> dims = input.dims;
  if (dims.size() != 3 && dims.size() != 4) {
    fail({"sample.wrong_shape",
          fmt::format("input \"{}\" has {} axes: it takes no image", input.name, dims.size()), path,
          "give arrays (.npy, .npz), or a model whose input is [batch, channels, height, width]"});
  }
  if (static_cast<size_t>(shape.rank()) == dims.size()) {
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] < 0) dims[i] = shape[static_cast<int>(i)];
    }
  }
  const size_t first = dims.size() - 3;
  Wanted wanted;
  wanted.channels_first = layout == Preprocess::Layout::kNchw ||
                          (layout == Preprocess::Layout::kAuto &&
                           (is_channels(dims[first]) || !is_channels(dims[first + 2])));
  wanted.channels = dims[wanted.channels_first ? first : first + 2];
  wanted.height = dims[wanted.channels_first ? first + 1 : first];
  wanted.width = dims[wanted.channels_first ? first + 2 : first + 1];
  return wanted;
}

/// Keeps where the image goes, step by step.
class Canvas {
 public:
  explicit Canvas(const Image& image) : image_(image) {
    placement_.width = image.width;
    placement_.height = image.height;
  }

  void resize(Size size, Preprocess::Filter filter) {
    const double x = static_cast<double>(size.width) / image_.width;
    const double y = static_cast<double>(size.height) / image_.height;
    placement_.scale_x *= x;
    placement_.scale_y *= y;
    image_ = resize_image(image_, size, filter);
  }

  void place(Size size, int x, int y, int color) {
    placement_.offset_x += x;
    placement_.offset_y += y;
    image_ = place_image(image_, size, x, y, color);
  }

  const Image& image() const { return image_; }
  const ImagePlacement& placement() const { return placement_; }

 private:
  Image image_;
  ImagePlacement placement_;
};

/// The shorter side gets this length; the longer one keeps the proportion, rounded down.
Size shorter_side(const Image& image, int length) {
  const auto other = [length](int longer, int shorter) {
    return std::max(1, static_cast<int>(int64_t{length} * longer / shorter));
  };
  if (image.width <= image.height) return {other(image.height, image.width), length};
  return {length, other(image.width, image.height)};
}

/// The whole image in the middle of a canvas, as large as it fits.
void letterbox(Canvas* canvas, const Preprocess& p) {
  const Image& image = canvas->image();
  const double scale = std::min(static_cast<double>(p.letterbox.height) / image.height,
                                static_cast<double>(p.letterbox.width) / image.width);
  const auto side = [scale](int length) {
    return std::max(1, static_cast<int>(std::nearbyint(length * scale)));
  };
  canvas->resize({side(image.height), side(image.width)}, p.filter);
  // A rest of one pixel goes below and to the right.
  canvas->place(p.letterbox, (p.letterbox.width - canvas->image().width) / 2,
                (p.letterbox.height - canvas->image().height) / 2, p.pad);
}

void crop_centre(Canvas* canvas, const Preprocess& p) {
  const auto offset = [](int have, int want) {
    return -static_cast<int>(std::nearbyint((have - want) / 2.0));
  };
  canvas->place(p.crop, offset(canvas->image().width, p.crop.width),
                offset(canvas->image().height, p.crop.height), p.pad);
}

Image grey(const Image& image) {
  Image result{image.width, image.height, 1, {}};
  result.pixels.reserve(image.pixels.size() / 3);
  constexpr unsigned kRed = 299, kGreen = 587, kBlue = 114, kAll = 1000;
  for (size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    const uint8_t* pixel = image.pixels.data() + i;
    result.pixels.push_back(static_cast<uint8_t>(
        (pixel[0] * kRed + pixel[1] * kGreen + pixel[2] * kBlue + kAll / 2) / kAll));
  }
  return result;
}

/// The image as numbers in the layout of the input.
Tensor to_floats(const Image& image, const Preprocess& p, bool reversed, bool channels_first,
                 double scale, bool batch_axis) {
  const int channels = image.channels;
  Shape shape;
  if (batch_axis) shape.push_back(1);
  for (const int64_t dim : channels_first
                               ? std::vector<int64_t>{channels, image.height, image.width}
                               : std::vector<int64_t>{image.height, image.width, channels}) {
    shape.push_back(dim);
  }
  Tensor tensor = Tensor::allocate(DType::kF32, shape);
  const auto values = tensor.mutable_view().as<float>();
  const auto pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  const auto of_channel = [](const std::vector<double>& list, int c, double otherwise) {
    if (list.empty()) return otherwise;
    return list[list.size() == 1 ? 0 : static_cast<size_t>(c)];
  };
  for (int c = 0; c < channels; ++c) {
    const double mean = of_channel(p.mean, c, 0), std = of_channel(p.std, c, 1);
    // All values that a pixel may have.
    std::vector<float> table(256);
    for (size_t v = 0; v < table.size(); ++v) {
      table[v] = static_cast<float>((static_cast<double>(v) / scale - mean) / std);
    }
    const auto source = static_cast<size_t>(reversed ? channels - 1 - c : c);
    const auto step = static_cast<size_t>(channels);
    for (size_t i = 0; i < pixels; ++i) {
      const size_t to =
          channels_first ? static_cast<size_t>(c) * pixels + i : i * step + static_cast<size_t>(c);
      values[to] = table[image.pixels[i * step + source]];
    }
  }
  return tensor;
}

}  // namespace

Array image_to_input(const Image& image, const Preprocess& preprocess, const TensorInfo& input,
                     const Shape& shape, const std::string& path, ImagePlacement* placement) {
  const Wanted wanted = wanted_of(input, shape, preprocess.layout, path);
  Canvas canvas(image);
  if (!preprocess.has_size()) {
    if (wanted.height < 0 || wanted.width < 0) {
      fail({"sample.wrong_shape",
            fmt::format("the height and width of input \"{}\" are decided at run time", input.name),
            path, "say how large images become: resize=480x640 or letterbox=640"});
    }
    canvas.resize({static_cast<int>(wanted.height), static_cast<int>(wanted.width)},
                  preprocess.filter);
  }
  if (preprocess.resize_short > 0) {
    canvas.resize(shorter_side(image, preprocess.resize_short), preprocess.filter);
  }
  if (preprocess.resize) canvas.resize(preprocess.resize, preprocess.filter);
  if (preprocess.letterbox) letterbox(&canvas, preprocess);
  if (preprocess.crop) crop_centre(&canvas, preprocess);
  if (placement) *placement = canvas.placement();

  using Color = Preprocess::Color;
  const bool is_grey = preprocess.color == Color::kGray ||
                       (preprocess.color == Color::kAuto && wanted.channels == 1);
  const Image coloured = is_grey ? grey(canvas.image()) : canvas.image();
  const double scale = preprocess.scale > 0 ? preprocess.scale : is_float(input.dtype) ? 255 : 1;
  const Tensor floats = to_floats(coloured, preprocess, preprocess.color == Color::kBgr,
                                  wanted.channels_first, scale, input.dims.size() == 4);
  if ((wanted.channels >= 0 && wanted.channels != coloured.channels) ||
      (wanted.height >= 0 && wanted.height != coloured.height) ||
      (wanted.width >= 0 && wanted.width != coloured.width)) {
    fail({"sample.wrong_shape",
          fmt::format("the image becomes {} x {} with {} channels, input \"{}\" takes {} x {} with "
                      "{}",
                      coloured.height, coloured.width, coloured.channels, input.name, wanted.height,
                      wanted.width, wanted.channels),
          path, "give other sizes, color or layout with the preprocessing"});
  }
  return pixels_as(floats, input);
}

}  // namespace ingot
