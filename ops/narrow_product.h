// Products of 8-bit operands in Conv, ConvTranspose and MatMul: i8 or u8 with i8, and 8-bit floats.
// The sum is exact for integers; it goes through the epilogue as a float, then to the result's type.
#pragma once

#include <vector>

#include "ops/epilogue.h"

namespace ingot {

/// i8, u8 and the 8-bit floats.
bool is_narrow(DType dtype);
bool is_narrow_integer(DType dtype);

/// The attributes `dtype` and (of convolutions) `x_zero`.
OpAttribute result_dtype_attribute();
OpAttribute x_zero_attribute();

/// The type of the result of a product of inputs 0 and 1: checks both, and that `dtype` stands only
/// where the operands have 8 bits. Without it i32 (integers without epilogue), f32 (other 8-bit
/// operands), or the type of the operands.
DType product_dtype(const InferContext& node);

/// Fails unless the bias (input 2) of a convolution has one element a filter and the type that the
/// sum takes: i32 for integers, f32 for 8-bit floats, else that of input 0.
void require_product_bias(const InferContext& node, const Dim& filters);

/// Elements of input 0 minus the attribute x_zero: padding of 0 then stands for that number.
std::vector<double> centred_on_x_zero(const Reference& node);

/// Applies the epilogue to the sums and stores the result: integers round half to even and saturate.
void store_product(Reference& node, const std::vector<double>& sums, int first_extra);

}  // namespace ingot
