// Operands of the integer operators (MatMulInteger, QLinearConv, ...): values minus zero points, and
// the rounding of results. Products of 8-bit numbers are summed in double, which is exact.
#pragma once

#include "ops/float_tensor.h"

namespace ingot {

/// Elements of input `i` minus the zero point in input `zero` (absent: 0). A zero point is one
/// number, or has one axis that stands for axis `axis` of the tensor, or broadcasts to the tensor.
std::vector<double> centred(const Reference& node, int i, int zero, int axis);

/// The shape of a scale or zero point as it broadcasts to a tensor of this rank: a vector stands
/// along `axis`, anything else broadcasts as it is.
Shape along_axis(const Shape& shape, int rank, int axis);

/// Fails with "op.bad_type" unless input i is i8 or u8.
void require_8_bit(const InferContext& node, int i);

/// One factor for each element of output 0: the product of the scales in inputs `a` and `b` (vectors
/// along axes `a_axis` and `b_axis`) divided by the scale in input `y`, which is one number or a
/// vector along `a_axis`.
std::vector<double> scale_factors(const Reference& node, int a, int a_axis, int b, int b_axis,
                                  int y);

/// Stores round(accumulators * factors) + zero point (input `zero`), saturated, as output 0.
void store_quantised(const Reference& node, const std::vector<double>& accumulators,
                     const std::vector<double>& factors, int zero, int axis);

}  // namespace ingot
