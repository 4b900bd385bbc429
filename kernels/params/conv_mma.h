// Parameters of the convolution as a matrix product: rows are pixels, columns are channels.
#pragma once

#include "kernels/params/divisor.h"
#include "kernels/params/matrix.h"

namespace ingot::kernels {

/// The inner dimension goes over taps in rows of the filter and channels of each: whole pieces of
/// 16 bytes of channels, or, where channels come in other numbers, over the elements that all taps of one
/// row of the filter cover, filled up to 16 bytes ("lines": one tap, `channels` elements, then).
struct ConvMmaParams {
  const void *x, *w;
  long long x_image;  ///< distances in elements; channels lie side by side
  int x_row, x_pixel;
  int height, width;  ///< of the image
  int channels;       ///< of one tap, in whole pieces
  int line;           ///< elements of a line that the filter has
  int taps_down, taps_across;
  int stride_down, stride_across, dilation_down, dilation_across, pad_down, pad_across;
  Divisor plane, row;  ///< pixels of an image and of a row of the result
  int x_aligned;
  unsigned padding;  ///< four bytes of padding, where the kernel has such that is not 0
  int row_tiles, column_tiles;
  MatrixOutput out;
};

/// Down and across together: they are bits of a word.
inline constexpr int kMostConvMmaTaps = 31;
/// Elements of a filter: rows of a tile lie less than 2^31 bytes apart.
inline constexpr int kMostConvMmaInner = 1 << 21;

}  // namespace ingot::kernels
