// Parameters of the kernels of CumSum.
#pragma once

namespace ingot::kernels {

/// x and y are [rows, length, inner].
struct CumSumParams {
  const void* x;
  void* y;
  long long rows, inner;
  int length;
  int exclusive, reverse;  ///< 0 or 1
};

}  // namespace ingot::kernels
