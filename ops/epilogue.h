// The epilogue of Conv, ConvTranspose and MatMul: an expression over the result (in0) and extra
// inputs (in1, in2, ...), which a pass has moved into the operator.
#pragma once

#include "ops/infer.h"
#include "ops/reference.h"

namespace ingot {

/// The attribute's definition: an Expression, empty for none.
OpAttribute epilogue_attribute();

/// Checks the epilogue after the dims of output 0 have been set: the expression reads no more
/// inputs than there are from `first_extra` on, and these broadcast to the output without changing
/// its dims. Does nothing without an epilogue; inputs that nothing reads are an error then.
void infer_epilogue(InferContext& node, int first_extra);

/// Applies the epilogue to output 0 in place, in float32, extras broadcast as NumPy does.
void apply_epilogue(Reference& node, int first_extra);

/// The same to results that stand elsewhere: stores them as output 0, with or without an epilogue;
/// 8-bit integers round half to even and saturate.
void apply_epilogue(Reference& node, int first_extra, const TensorView& results);

}  // namespace ingot
