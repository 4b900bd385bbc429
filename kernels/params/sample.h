// Parameters of GridSample and RoiAlign.
#pragma once

#include "kernels/params/divisor.h"
#include "kernels/params/window.h"

namespace ingot::kernels {

struct GridSampleParams {
  const void* x;
  const void* grid;
  void* y;
  ImageStrides x_strides, y_strides;
  int image[3];
  Divisor vectors;       ///< groups of channels that a thread computes
  Divisor positions[3];  ///< outputs along each axis
  int batch, channels;
};

struct RoiAlignParams {
  const void* x;
  const void* rois;          ///< [regions][4]
  const long long* batches;  ///< the image of each region
  void* y;
  ImageStrides x_strides, y_strides;
  int height, width;
  Divisor vectors;        ///< groups of channels that a thread computes
  Divisor rows, columns;  ///< of the output
  int images, regions, channels;
  float scale, shift;
  bool at_least_one;   ///< boxes are at least one pixel wide and high
  int sampling_ratio;  ///< 0: as many samples as pixels
};

}  // namespace ingot::kernels
