// Shape rules of elementwise operators: one input, two that broadcast, or any number.
#pragma once

#include "ops/infer.h"
#include "ops/shape_arithmetic.h"

namespace ingot {

/// Fail with "op.bad_type" unless input i is of that family.
void require_number(const InferContext& node, int i);   ///< float or integer
void require_integer(const InferContext& node, int i);  ///< integer, not bool
void require_bool(const InferContext& node, int i);

/// Output 0 as input 0; `infer_float_map` wants a float, `infer_number_map` a number.
void infer_map(InferContext& node);
void infer_float_map(InferContext& node);
void infer_number_map(InferContext& node);
/// Output 0 is bool, with the dims of input 0.
void infer_bool_map(InferContext& node);

/// All inputs broadcast together.
SymbolicShape broadcast_inputs(const InferContext& node);

/// Output 0 has the type of input 0 (all inputs must have it) and the broadcast dims.
void infer_broadcast_numbers(InferContext& node, BinaryFold fold = nullptr);
void infer_broadcast_integers(InferContext& node);
/// Two numbers to a bool; two bools to a bool.
void infer_comparison(InferContext& node, BinaryFold fold = nullptr);
void infer_logical(InferContext& node, BinaryFold fold = nullptr);

}  // namespace ingot
