// Rows of the left side of an integer product: the windows that a convolution sees, as 16-bit
// numbers with the zero point taken off. A matmul is a convolution of one tap over a line of rows.
#pragma once

#include <vector>

#include "runtime/engine/step.h"

namespace ingot {

/// Axes in the order depth, height, width; steps in elements.
struct IntegerWindows {
  int64_t images = 1;
  int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  int64_t kernel[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1};
  int64_t begin[3] = {0, 0, 0};      ///< padding before the first element
  int64_t groups = 1, channels = 1;  ///< channels of one group
  int64_t image_step = 0, step[3] = {0, 0, 0};
  DType dtype = DType::kU8;
  int zero = 0;
  /// Of a transposed convolution, whose output is cropped by `begin`: tap t of output element o
  /// reads element (o + begin - t * dilation) / stride, and nothing where that is no whole number.
  bool transposed = false;

  int64_t rows() const { return images * out[0] * out[1] * out[2]; }
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t length() const { return taps() * channels; }  ///< of a row
};

class IntegerRows {
 public:
  explicit IntegerRows(const IntegerWindows& windows);

  /// Elements [k0, k1) of rows [row, row + count) of a group, `stride` apart in `to`. Elements past
  /// the row's length are 0.
  void pack(const void* x, int64_t group, int64_t row, int64_t count, int64_t k0, int64_t k1,
            int16_t* to, int64_t stride) const;

 private:
  /// Elements that lie side by side in the input: the channels of a tap, or of a line of taps.
  struct Run {
    int64_t k, length, taps;
    int64_t at[3];  ///< of its first tap, from the window's first
  };
  template <typename T>
  void pack_as(const T* x, int64_t row, int64_t count, int64_t k0, int64_t k1, int16_t* to,
               int64_t stride, void (*widen)(const T*, int64_t, int, int16_t*)) const;

  template <typename T>
  void pack_pixels(const T* x, int64_t row, int64_t count, int64_t k0, int64_t k1, int16_t* to,
                   int64_t stride, void (*widen)(const T*, int64_t, int, int16_t*)) const;

  IntegerWindows windows_;
  std::vector<Run> runs_;
  bool pixels_ = false;  ///< a row is the pixel of its number: one tap, no steps, no padding
};

}  // namespace ingot
