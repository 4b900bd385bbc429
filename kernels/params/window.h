// Geometry that kernels over images share: where elements lie, how a window slides, and the extra
// inputs of an epilogue. Images have three spatial axes (z, y, x); missing leading ones have size 1.
#pragma once

namespace ingot::kernels {

/// Elements between neighbours along each axis of [batch, channels, z, y, x].
struct ImageStrides {
  long long n;
  int c, z, y, x;
};

/// A window over an image. Coordinate in the image of a tap at a position, along an axis:
/// position * stride + tap * dilation - begin_pad; outside of [0, image) lies the padding.
struct WindowParams {
  int image[3], positions[3], kernel[3];
  int strides[3], dilations[3], begin_pads[3], end_pads[3];
};

/// An extra input of an epilogue. Axes along which it is broadcast have stride 0.
struct ExtraInput {
  const void* data;
  ImageStrides strides;
};

constexpr int kMaxExtras = 8;

struct EpilogueParams {
  ExtraInput extras[kMaxExtras];
};

}  // namespace ingot::kernels
