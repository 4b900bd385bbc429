// Transforms of a 3x3 convolution by Winograd's algorithm F(4x4, 3x3), over vectors of channels:
// tiles of 6x6 pixels become 36 numbers a channel, 36 products give tiles of 4x4 results.
#pragma once

#include <cstdint>

#include "runtime/cpu/kernels/depthwise_table.h"

namespace ingot {

inline constexpr int kWinogradTile = 6, kWinogradResult = 4, kWinogradPoints = 36;

struct WinogradInput {
  const float* x;  ///< where pixel (0, 0) of the tile is, or would be
  int64_t x_row, x_pixel;
  int64_t x_channels;  ///< floats from one of the set's vectors of channels to the next
  int first_row, end_row, first_column, end_column;  ///< what of the tile is inside the image
  int64_t channels;
  float* v;        ///< whole vectors are written
  int64_t v_step;  ///< between points
};

struct WinogradOutput {
  const float* m;  ///< whole vectors are read
  int64_t m_step;  ///< between points
  float* y;
  int64_t y_row, y_pixel, y_channels;
  int rows, columns;  ///< of the result that are inside the image
  int64_t channels;
  const float* bias;      ///< whole vectors are read
  Activation activation;  ///< of sum and bias: kNone, kHardSwish or kSilu
  const float* residual;  ///< null: none; added behind the activation, then limits are kept
  int64_t residual_row, residual_pixel, residual_channels;
  float factor, low, high;
  bool limited;
};

struct WinogradTable {
  int lanes;  ///< of a vector of channels
  void (*input)(const WinogradInput& tile);
  void (*output)(const WinogradOutput& tile);
  /// u[36] of one filter's 3x3 weights for one channel.
  void (*weights)(const float* w, float* u);
};

INGOT_KERNEL_TABLE(WinogradTable, winograd);

}  // namespace ingot
