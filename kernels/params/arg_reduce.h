// Parameters of the kernels of ArgMax and ArgMin.
#pragma once

namespace ingot::kernels {

/// x is [rows, length, inner], y [rows, inner].
struct ArgReduceParams {
  const void* x;
  long long* y;
  long long rows, inner;
  int length;
};

}  // namespace ingot::kernels
