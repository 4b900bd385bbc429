// Reads an elementwise node as a pointwise expression over its inputs.
#pragma once

#include "compiler/graph/match.h"

namespace ingot {

/// What an elementwise node computes. Attributes and one-element constants are constants of the
/// expression; the other inputs are in0, in1, ..., each value once.
struct PointwiseForm {
  Expression expression;
  std::vector<ValueId> inputs;
};

/// Nothing if the node has no such form: not elementwise, not a 16- or 32-bit float (comparisons of
/// such floats give bool and are read too), or its dims are not those of its inputs broadcast. A
/// Cast between such floats is the expression in0: it has no operation. A Pointwise node has the
/// expression that it holds; it may read and give 8-bit integers, as QuantizeLinear and
/// DequantizeLinear with one scale do.
std::optional<PointwiseForm> pointwise_form(const Graph& graph, NodeId id);

/// The same expression with the operand that depends on in0 first wherever the order does not
/// matter, so that what reads epilogues finds one form: add(in0,in1), not add(in1,in0).
Expression with_accumulator_first(const Expression& expression);

/// f32, f16 or bf16: computed in float32 between load and store.
bool is_pointwise_float(DType dtype);

/// i8 or u8: a quantised number, rounded half to even and saturated where it is stored.
bool is_quantized_byte(DType dtype);

/// The constant scale and zero point that a QuantizeLinear or DequantizeLinear between floats and
/// 8-bit integers has for all elements; nothing for other nodes.
struct TensorQuantization {
  float scale, zero;
};
std::optional<TensorQuantization> tensor_quantization(const Graph& graph, const Node& node);

}  // namespace ingot
