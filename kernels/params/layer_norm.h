// Parameters of the kernels of LayerNormalization and RMSNormalization.
#pragma once

namespace ingot::kernels {

/// x and y are [rows, length]; scale and bias (may be null) are [length].
struct LayerNormParams {
  const void* x;
  const void* scale;
  const void* bias;
  void* y;
  long long rows;
  int length;
  float epsilon;
};

}  // namespace ingot::kernels
