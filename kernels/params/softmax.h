// Parameters of the kernels of Softmax and LogSoftmax.
#pragma once

namespace ingot::kernels {

/// x and y are [rows, length] or, for columns, [rows, length, inner].
struct SoftmaxParams {
  const void* x;
  void* y;
  long long rows, inner;
  int length;
};

}  // namespace ingot::kernels
