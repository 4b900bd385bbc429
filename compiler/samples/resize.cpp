// Images to other sizes: see the header.
#include "compiler/samples/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ingot {
namespace {

/// The pixels along one axis that make one pixel of the result, and their shares (sum 1).
struct Window {
  int first = 0;
  std::vector<float> shares;
};

/// A triangle over each pixel of the result: one pixel wide to each side where the image grows, one
/// pixel of the result where it shrinks.
Window triangle(int i, int from, double step, double reach) {
  const double centre = (i + 0.5) * step;
  const int first = std::max(0, static_cast<int>(centre - reach + 0.5));
  const int end = std::min(from, static_cast<int>(centre + reach + 0.5));
  Window window{first, {}};
  double sum = 0;
  for (int x = first; x < end; ++x) {
    const double share = std::max(0.0, 1 - std::fabs(x + 0.5 - centre) / reach);
    window.shares.push_back(static_cast<float>(share));
    sum += share;
  }
  for (float& share : window.shares) share = static_cast<float>(share / sum);
  return window;
}

/// The two pixels around the centre; at the border the outermost alone.
Window pair(int i, int from, double step) {
  const double at = std::clamp((i + 0.5) * step - 0.5, 0.0, static_cast<double>(from - 1));
  const int first = std::min(static_cast<int>(at), std::max(0, from - 2));
  const auto share = static_cast<float>(at - first);
  if (from == 1) return {0, {1.0F}};
  return {first, {1 - share, share}};
}

std::vector<Window> windows(int from, int to, Preprocess::Filter filter) {
  std::vector<Window> result;
  const double step = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    if (filter == Preprocess::Filter::kSmooth) {
      result.push_back(triangle(i, from, step, std::max(step, 1.0)));
    } else if (filter == Preprocess::Filter::kLinear) {
      result.push_back(pair(i, from, step));
    } else {
      result.push_back({std::min(static_cast<int>(i * step), from - 1), {1.0F}});
    }
  }
  return result;
}

/// One row to another width, as floats.
void resize_row(const uint8_t* row, int channels, const std::vector<Window>& columns, float* to) {
  for (const Window& window : columns) {
    for (int c = 0; c < channels; ++c) {
      const uint8_t* pixel = row + window.first * channels + c;
      float sum = 0;
      for (const float share : window.shares) {
        sum += share * static_cast<float>(*pixel);
        pixel += channels;
      }
      *to++ = sum;
    }
  }
}

}  // namespace

Image resize_image(const Image& image, Size size, Preprocess::Filter filter) {
  if (image.height == size.height && image.width == size.width) return image;
  Image result{size.width, size.height, image.channels, {}};
  result.pixels.resize(result.row_bytes() * static_cast<size_t>(size.height));
  const std::vector<Window> columns = windows(image.width, size.width, filter);
  const std::vector<Window> rows = windows(image.height, size.height, filter);
  const size_t width = result.row_bytes();
  // Rows of the image in the new width, each made once: windows move on from row to row.
  std::vector<std::vector<float>> ready(static_cast<size_t>(image.height));
  std::vector<float> sum(width);
  int kept_from = 0;
  for (size_t y = 0; y < rows.size(); ++y) {
    const Window& window = rows[y];
    for (; kept_from < window.first; ++kept_from) ready[static_cast<size_t>(kept_from)] = {};
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (size_t i = 0; i < window.shares.size(); ++i) {
      const size_t source = static_cast<size_t>(window.first) + i;
      if (ready[source].empty()) {
        ready[source].resize(width);
        resize_row(image.pixels.data() + source * image.row_bytes(), image.channels, columns,
                   ready[source].data());
      }
      for (size_t x = 0; x < width; ++x) sum[x] += window.shares[i] * ready[source][x];
    }
    uint8_t* to = result.pixels.data() + y * width;
    for (size_t x = 0; x < width; ++x) {
      to[x] = static_cast<uint8_t>(std::clamp(sum[x] + 0.5F, 0.0F, 255.0F));
    }
  }
  return result;
}

Image place_image(const Image& image, Size size, int x, int y, int color) {
  Image result{size.width, size.height, image.channels, {}};
  result.pixels.assign(result.row_bytes() * static_cast<size_t>(size.height),
                       static_cast<uint8_t>(color));
  const int left = std::max(x, 0), right = std::min(x + image.width, size.width);
  const int top = std::max(y, 0), bottom = std::min(y + image.height, size.height);
  if (left >= right) return result;
  const auto channels = static_cast<size_t>(image.channels);
  for (int row = top; row < bottom; ++row) {
    std::memcpy(result.pixels.data() + static_cast<size_t>(row) * result.row_bytes() +
                    static_cast<size_t>(left) * channels,
                image.pixels.data() + static_cast<size_t>(row - y) * image.row_bytes() +
                    static_cast<size_t>(left - x) * channels,
                static_cast<size_t>(right - left) * channels);
  }
  return result;
}

}  // namespace ingot
