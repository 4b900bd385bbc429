// GridSample: reads an image (2-D or 3-D) at the places that a grid names, in [-1, 1] per axis.
#include <algorithm>
#include <array>
#include <cmath>

#include "ops/axes.h"
#include "ops/float_tensor.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  require_float(node, 1);
  require_one_of(node, "mode", {"linear", "nearest", "cubic"});
  require_one_of(node, "padding_mode", {"zeros", "border", "reflection"});
  node.require_rank(0, 4, 5);
  node.require_rank(1, node.rank(0), node.rank(0));
  const SymbolicShape& image = node.dims(0);
  const SymbolicShape& grid = node.dims(1);
  require_equal(node, image[0], grid[0], "batch of the image and of the grid");
  require_equal(node, grid.back(), node.rank(0) - 2, "last axis of the grid and spatial axes");
  SymbolicShape dims = {image[0], image[1]};
  dims.insert(dims.end(), grid.begin() + 1, grid.end() - 1);
  node.set_output(0, node.input(0).dtype, std::move(dims));
}

enum class Padding { kZeros, kBorder, kReflection };

/// Up to four weighted elements of one axis; an index of -1 stands for zero padding.
template <typename T>
struct Taps {
  int count = 0;
  std::array<int64_t, 4> index{};
  std::array<T, 4> weight{};
};

template <typename T>
struct AxisSampler {
  int64_t length;
  bool align_corners;
  Padding padding;
  char mode;  // n, l, c

  T lowest() const { return align_corners ? T{0} : T(-0.5); }
  T highest() const { return static_cast<T>(length) - (align_corners ? T{1} : T(0.5)); }

  T reflected(T x) const {
    const T span = highest() - lowest();
    if (span <= 0) return T{0};
    const bool below = x < lowest();
    if (!below && x <= highest()) return x;
    const T beyond = below ? lowest() - x : x - highest();
    const T turns = std::trunc(beyond / span);
    const T rest = beyond - turns * span;
    const bool even = std::fmod(turns, T{2}) == T{0};
    return even == below ? lowest() + rest : highest() - rest;
  }

  int64_t index(int64_t i) const {
    if (i >= 0 && i < length) return i;
    if (padding == Padding::kZeros) return -1;
    const int64_t inside =
        padding == Padding::kBorder ? i : static_cast<int64_t>(reflected(static_cast<T>(i)));
    return std::clamp<int64_t>(inside, 0, length - 1);
  }

  Taps<T> taps(T normalised) const {
    const T size = static_cast<T>(length);
    T x = align_corners ? (normalised + 1) / 2 * (size - 1) : ((normalised + 1) * size - 1) / 2;
    constexpr T kFar = 1e7;  // far outside, yet an exact integer as float
    x = std::isnan(x) ? -kFar : std::clamp(x, -kFar, kFar);
    if (mode == 'n') x = std::nearbyint(x);
    if (x < lowest() || x > highest()) {
      if (padding == Padding::kBorder) x = std::clamp(x, T{0}, size - 1);
      if (padding == Padding::kReflection) x = reflected(x);
    }
    const T floor = std::floor(x), rest = x - floor;
    const auto first = static_cast<int64_t>(floor);
    if (mode == 'n') return {1, {index(static_cast<int64_t>(x))}, {T{1}}};
    if (mode == 'l') return {2, {index(first), index(first + 1)}, {1 - rest, rest}};
    constexpr T a = -0.75;
    const auto near = [](T d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
    const auto far = [](T d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    return {4,
            {index(first - 1), index(first), index(first + 1), index(first + 2)},
            {far(rest + 1), near(rest), near(1 - rest), far(2 - rest)}};
  }
};

template <typename T>
void evaluate_as(const Reference& node) {
  const Shape& shape = node.input(0).shape;
  const int axes = shape.rank() - 2;
  const std::string padding = node.text("padding_mode");
  std::vector<AxisSampler<T>> samplers;
  for (int i = 0; i < axes; ++i) {
    samplers.push_back({shape[i + 2], node.integer("align_corners") != 0,
                        padding == "zeros"    ? Padding::kZeros
                        : padding == "border" ? Padding::kBorder
                                              : Padding::kReflection,
                        node.text("mode")[0]});
  }
  const Elements<T> x(node.input(0)), grid(node.input(1));
  ElementsToStore<T> y(node.output(0));
  const int64_t channels = shape[1];
  const AxisSplit split = AxisSplit::from(shape, 2);
  const int64_t pixels = split.length;
  const int64_t points = shape[0] ? node.input(1).elements() / axes / shape[0] : 0;

  std::vector<std::pair<int64_t, T>> sources;  // pixels with their weights
  for (int64_t point = 0; point < shape[0] * points; ++point) {
    sources.assign(1, {0, T{1}});
    for (int axis = 0; axis < axes; ++axis) {
      const AxisSampler<T>& sampler = samplers[static_cast<size_t>(axis)];
      // The grid names the last axis first.
      const Taps<T> taps = sampler.taps(grid[point * axes + axes - 1 - axis]);
      std::vector<std::pair<int64_t, T>> finer;
      for (const auto& [offset, weight] : sources) {
        for (size_t t = 0; t < static_cast<size_t>(taps.count); ++t) {
          if (taps.index[t] < 0) continue;
          finer.emplace_back(offset * sampler.length + taps.index[t], weight * taps.weight[t]);
        }
      }
      sources.swap(finer);
    }
    const int64_t image = point / points;
    for (int64_t c = 0; c < channels; ++c) {
      const T* plane = x.data() + (image * channels + c) * pixels;
      T sum = 0;
      for (const auto& [offset, weight] : sources) sum += weight * plane[offset];
      y[(image * channels + c) * points + point % points] = sum;
    }
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kGridSample = {
    .name = "GridSample",
    .summary = "Reads images at the places that a grid of normalised coordinates names.",
    .inputs = {{"X", "float, [batch, channels, height, width] or with depth before height"},
               {"grid", "float, [batch, out spatial..., 2 or 3]; the last axis is x, y (, z)"}},
    .outputs = {{"Y", "type of X, [batch, channels, out spatial...]"}},
    .attributes = {{"align_corners", 0,
                    "1: -1 and 1 are the centres of the corner pixels; 0: edges"},
                   {"mode", "linear", "linear, nearest or cubic"},
                   {"padding_mode", "zeros", "zeros, border or reflection"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
