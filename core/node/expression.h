// A pointwise expression: a small DAG of scalar operations over input tensors and constants. It is
// what a pointwise cluster computes, and what a convolution or matmul does to its accumulator
// before it stores (its epilogue: input 0 is then the accumulator).
//
// Text form, which parses back:  relu(add(in0,in1))   clip(mul(in0,0.5),0,6)   select(less(in0,in1),in0,2)
// Shared subexpressions are written with let:  let t=exp(in0);div(t,add(t,1))
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/dtype.h"

namespace ingot {

/// Scalar operations. Meaning is that of the ONNX operator of the same name, in float32.
enum class ScalarOp : uint8_t {
  kInput,     ///< element of input `index`, broadcast to the result's shape
  kConstant,  ///< `value`
  // one operand
  kAbs,
  kNeg,
  kExp,
  kLog,
  kSqrt,
  kRsqrt,
  kReciprocal,
  kErf,
  kTanh,
  kSigmoid,
  kRelu,
  kSilu,
  kGelu,       ///< x * 0.5 * (1 + erf(x / sqrt(2)))
  kGeluTanh,   ///< 0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))
  kHardSwish,  ///< x * clip(x/6 + 0.5, 0, 1)
  kSoftplus,
  kSoftsign,
  kMish,
  kFloor,
  kCeil,
  kRound,
  kSign,
  kSin,
  kCos,
  kNot,
  kIsNan,
  // two operands
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMin,
  kMax,
  kPow,
  kLess,
  kGreater,
  kEqual,
  kLessOrEqual,
  kGreaterOrEqual,
  kAnd,
  kOr,
  kXor,
  kPrelu,  ///< a < 0 ? a * b : a  (also LeakyRelu with constant b)
  kElu,    ///< a < 0 ? b * (exp(a) - 1) : a
  // three operands
  kSelect,       ///< a != 0 ? b : c
  kClip,         ///< min(max(a, b), c)
  kHardSigmoid,  ///< clip(a * b + c, 0, 1)
};

inline constexpr size_t kScalarOpCount = static_cast<size_t>(ScalarOp::kHardSigmoid) + 1;

struct ScalarOpInfo {
  std::string_view name;  ///< as in the text form: "hard_swish"
  int operands;
};
const ScalarOpInfo& scalar_op_info(ScalarOp op);

struct ExpressionNode {
  ScalarOp op = ScalarOp::kConstant;
  int16_t operands[3] = {-1, -1, -1};  ///< earlier nodes
  int16_t index = 0;                   ///< of kInput
  float value = 0;                     ///< of kConstant
  friend bool operator==(const ExpressionNode&, const ExpressionNode&) = default;
};

/// Nodes in evaluation order; equal nodes are stored once. The last node is the result.
class Expression {
 public:
  /// The expression `in<index>`.
  static Expression input(int index);
  static Expression parse(std::string_view text);  ///< throws Error ("expression.syntax")

  int add_input(int index);
  int add_constant(float value);
  int add(ScalarOp op, int a, int b = -1, int c = -1);

  bool empty() const { return nodes_.empty(); }
  std::span<const ExpressionNode> nodes() const { return nodes_; }
  int result() const { return static_cast<int>(nodes_.size()) - 1; }
  int input_count() const;      ///< 1 + the highest input index, or 0
  int operation_count() const;  ///< nodes that are neither inputs nor constants

  /// Copies `other` into this one, replacing its input i by node inputs[i]; returns the node that
  /// stands for its result.
  int inline_expression(const Expression& other, std::span<const int> inputs);

  /// Moves node `result` to the end and drops what it does not use.
  void finish(int result);

  std::string to_string() const;
  friend bool operator==(const Expression&, const Expression&) = default;

 private:
  int add_node(const ExpressionNode& node);
  std::vector<ExpressionNode> nodes_;
};

/// One operation on floats: the meaning of every ScalarOp (the oracle of faster code).
float evaluate_scalar(ScalarOp op, float a, float b, float c);

/// The same for `count` elements; the operands that `op` lacks may be null. y may be an operand.
void evaluate_scalar_block(ScalarOp op, const float* a, const float* b, const float* c, float* y,
                           size_t count);

/// The whole expression at one point; `inputs[i]` is the element of input i.
float evaluate_expression(const Expression& expression, std::span<const float> inputs);

/// The whole expression for `count` elements, node by node; `inputs[i]` are the elements of input
/// i. `scratch` is grown where needed: keep it between calls. Returns the `count` results, in
/// scratch or in an input.
const float* evaluate_expression_block(const Expression& expression,
                                       std::span<const float* const> inputs, size_t count,
                                       std::vector<float>* scratch);

}  // namespace ingot
