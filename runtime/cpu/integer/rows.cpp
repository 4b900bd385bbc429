// Gathering windows: see the header.
#include "runtime/cpu/integer/rows.h"

#include <algorithm>

#include "runtime/cpu/kernels/integer_gemm_table.h"

namespace ingot {

IntegerRows::IntegerRows(const IntegerWindows& windows) : windows_(windows) {
  const IntegerWindows& w = windows_;
  // Taps side by side in a line, all channels of which are wanted, are one run.
  const bool lines =
      !w.transposed && w.groups == 1 && w.dilation[2] == 1 && w.step[2] == w.channels;
  const int64_t taps = lines ? w.kernel[2] : 1, sign = w.transposed ? -1 : 1;
  int64_t k = 0;
  for (int64_t z = 0; z < w.kernel[0]; ++z) {
    for (int64_t y = 0; y < w.kernel[1]; ++y) {
      for (int64_t x = 0; x < w.kernel[2]; x += taps) {
        const int64_t length = taps * w.channels;
        runs_.push_back(
            {k,
             length,
             taps,
             {sign * z * w.dilation[0], sign * y * w.dilation[1], sign * x * w.dilation[2]}});
        k += length;
      }
    }
  }
  pixels_ = w.taps() == 1 && !w.transposed;
  int64_t step = w.step[2];
  for (int axis = 2; axis >= 0; --axis) {
    pixels_ = pixels_ && w.stride[axis] == 1 && w.begin[axis] == 0 && w.in[axis] == w.out[axis];
    pixels_ = pixels_ && (w.in[axis] == 1 || w.step[axis] == step);
    step *= w.in[axis];
  }
  pixels_ = pixels_ && (w.images == 1 || w.image_step == step);
}

template <typename T>
void IntegerRows::pack_pixels(const T* x, int64_t row, int64_t count, int64_t k0, int64_t k1,
                              int16_t* to, int64_t stride,
                              void (*widen)(const T*, int64_t, int, int16_t*)) const {
  const int64_t step = windows_.step[2];
  const int64_t length = std::min(k1, windows_.channels) - k0;
  const T* from = x + row * step + k0;
  if (step == stride && length == stride) return widen(from, count * stride, windows_.zero, to);
  for (int64_t i = 0; i < count; ++i) {
    widen(from + i * step, length, windows_.zero, to + i * stride);
    std::fill(to + i * stride + length, to + i * stride + (k1 - k0), int16_t{0});
  }
}

template <typename T>
void IntegerRows::pack_as(const T* x, int64_t row, int64_t count, int64_t k0, int64_t k1,
                          int16_t* to, int64_t stride,
                          void (*widen)(const T*, int64_t, int, int16_t*)) const {
  if (pixels_) return pack_pixels(x, row, count, k0, k1, to, stride, widen);
  const IntegerWindows& w = windows_;
  int64_t out[3], rest = row;
  for (int axis = 2; axis >= 0; --axis) {
    out[axis] = rest % w.out[axis];
    rest /= w.out[axis];
  }
  int64_t image = rest;
  auto first = runs_.begin();
  while (first != runs_.end() && first->k + first->length <= k0) ++first;
  for (int64_t i = 0; i < count; ++i, to += stride) {
    int64_t origin[3];
    for (int axis = 0; axis < 3; ++axis) {
      origin[axis] =
          w.transposed ? out[axis] + w.begin[axis] : out[axis] * w.stride[axis] - w.begin[axis];
    }
    int16_t* y = to;
    for (auto run = first; run != runs_.end() && run->k < k1; ++run) {
      const int64_t from = std::max(k0, run->k) - run->k;
      const int64_t until = std::min(k1 - run->k, run->length);
      int64_t at[3];
      bool whole = true;
      for (int axis = 0; axis < 3; ++axis) {
        at[axis] = origin[axis] + run->at[axis];
        if (!w.transposed) continue;
        whole = whole && at[axis] >= 0 && at[axis] % w.stride[axis] == 0;
        at[axis] /= w.stride[axis];
      }
      const bool inside = whole && at[0] >= 0 && at[0] < w.in[0] && at[1] >= 0 && at[1] < w.in[1];
      const int64_t low = std::max<int64_t>(-at[2], 0) * w.channels;
      const int64_t high = inside ? std::min(run->taps, w.in[2] - at[2]) * w.channels : 0;
      const int64_t begin = std::clamp(low, from, until), end = std::clamp(high, begin, until);
      std::fill(y, y + (begin - from), int16_t{0});
      y += begin - from;
      if (end > begin) {
        widen(x + image * w.image_step + at[0] * w.step[0] + at[1] * w.step[1] + at[2] * w.step[2] +
                  begin,
              end - begin, w.zero, y);
      }
      y += end - begin;
      std::fill(y, y + (until - end), int16_t{0});
      y += until - end;
    }
    std::fill(y, to + (k1 - k0), int16_t{0});
    for (int axis = 2; axis >= 0; --axis) {
      if (++out[axis] < w.out[axis]) break;
      out[axis] = 0;
      if (axis == 0) ++image;
    }
  }
}

void IntegerRows::pack(const void* x, int64_t group, int64_t row, int64_t count, int64_t k0,
                       int64_t k1, int16_t* to, int64_t stride) const {
  const IntegerGemmTable& table = integer_gemm();
  const int64_t channel = group * windows_.channels;
  if (windows_.dtype == DType::kI8) {
    pack_as(static_cast<const int8_t*>(x) + channel, row, count, k0, k1, to, stride,
            table.widen_signed);
  } else {
    pack_as(static_cast<const uint8_t*>(x) + channel, row, count, k0, k1, to, stride,
            table.widen_unsigned);
  }
}

}  // namespace ingot
