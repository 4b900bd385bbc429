// What every scalar operation computes: the oracle of faster code.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/node/expression.h"

namespace ingot {
namespace {

constexpr float kInverseSqrt2 = 0.70710678118654752F;
constexpr float kSqrt2OverPi = 0.79788456080286536F;

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

/// log(1 + exp(x)) without overflow.
float softplus(float x) { return std::log1p(std::exp(-std::fabs(x))) + (x > 0 ? x : 0); }

// Like NumPy's and ONNX's, these pass a NaN of either side on.
float minimum(float a, float b) { return a < b || std::isnan(a) ? a : b; }
float maximum(float a, float b) { return a > b || std::isnan(a) ? a : b; }

float sign(float x) { return x > 0 ? 1.F : x < 0 ? -1.F : x; }

float gelu(float x) { return x * 0.5F * (1 + std::erf(x * kInverseSqrt2)); }

float gelu_tanh(float x) {
  return 0.5F * x * (1 + std::tanh(kSqrt2OverPi * (x + 0.044715F * x * x * x)));
}

/// Always inlined: with a constant `op` only that operation is left.
[[gnu::always_inline]] inline float compute(ScalarOp op, float a, float b, float c) {
  // clang-format off: one line for each operation
  switch (op) {
    case ScalarOp::kInput:
    case ScalarOp::kConstant:
      break;
    case ScalarOp::kAbs: return std::fabs(a);
    case ScalarOp::kNeg: return -a;
    case ScalarOp::kExp: return std::exp(a);
    case ScalarOp::kLog: return std::log(a);
    case ScalarOp::kSqrt: return std::sqrt(a);
    case ScalarOp::kRsqrt: return 1 / std::sqrt(a);
    case ScalarOp::kReciprocal: return 1 / a;
    case ScalarOp::kErf: return std::erf(a);
    case ScalarOp::kTanh: return std::tanh(a);
    case ScalarOp::kSigmoid: return sigmoid(a);
    case ScalarOp::kRelu: return a < 0 ? 0 : a;
    case ScalarOp::kSilu: return a * sigmoid(a);
    case ScalarOp::kGelu: return gelu(a);
    case ScalarOp::kGeluTanh: return gelu_tanh(a);
    case ScalarOp::kHardSwish: return a * minimum(maximum(a / 6 + 0.5F, 0), 1);
    case ScalarOp::kSoftplus: return softplus(a);
    case ScalarOp::kSoftsign: return a / (1 + std::fabs(a));
    case ScalarOp::kMish: return a * std::tanh(softplus(a));
    case ScalarOp::kFloor: return std::floor(a);
    case ScalarOp::kCeil: return std::ceil(a);
    case ScalarOp::kRound: return std::nearbyint(a);  // half to even
    case ScalarOp::kSign: return sign(a);
    case ScalarOp::kSin: return std::sin(a);
    case ScalarOp::kCos: return std::cos(a);
    case ScalarOp::kNot: return a == 0;
    case ScalarOp::kIsNan: return std::isnan(a);
    case ScalarOp::kAdd: return a + b;
    case ScalarOp::kSub: return a - b;
    case ScalarOp::kMul: return a * b;
    case ScalarOp::kDiv: return a / b;
    case ScalarOp::kMin: return minimum(a, b);
    case ScalarOp::kMax: return maximum(a, b);
    case ScalarOp::kPow: return std::pow(a, b);
    case ScalarOp::kLess: return a < b;
    case ScalarOp::kGreater: return a > b;
    case ScalarOp::kEqual: return a == b;
    case ScalarOp::kLessOrEqual: return a <= b;
    case ScalarOp::kGreaterOrEqual: return a >= b;
    case ScalarOp::kAnd: return a != 0 && b != 0;
    case ScalarOp::kOr: return a != 0 || b != 0;
    case ScalarOp::kXor: return (a != 0) != (b != 0);
    case ScalarOp::kPrelu: return a < 0 ? a * b : a;
    case ScalarOp::kElu: return a < 0 ? b * std::expm1(a) : a;
    case ScalarOp::kSelect: return a != 0 ? b : c;
    case ScalarOp::kClip: return minimum(maximum(a, b), c);
    case ScalarOp::kHardSigmoid: return minimum(maximum(a * b + c, 0), 1);
  }
  // clang-format on
  INGOT_CHECK(!"an input or a constant is no operation");
  return 0;
}

using BlockLoop = void (*)(const float*, const float*, const float*, float*, size_t);

template <ScalarOp op>
void block_loop(const float* a, const float* b, const float* c, float* y, size_t count) {
  for (size_t i = 0; i < count; ++i) y[i] = compute(op, a[i], b ? b[i] : 0, c ? c[i] : 0);
}

template <size_t... ops>
constexpr std::array<BlockLoop, sizeof...(ops)> block_loops(std::index_sequence<ops...>) {
  return {&block_loop<static_cast<ScalarOp>(ops)>...};
}
constexpr auto kBlockLoops = block_loops(std::make_index_sequence<kScalarOpCount>());

}  // namespace

float evaluate_scalar(ScalarOp op, float a, float b, float c) { return compute(op, a, b, c); }

void evaluate_scalar_block(ScalarOp op, const float* a, const float* b, const float* c, float* y,
                           size_t count) {
  kBlockLoops[static_cast<size_t>(op)](a, b, c, y, count);
}

const float* evaluate_expression_block(const Expression& expression,
                                       std::span<const float* const> inputs, size_t count,
                                       std::vector<float>* scratch) {
  const auto nodes = expression.nodes();
  INGOT_CHECK(!nodes.empty());
  if (scratch->size() < nodes.size() * count) scratch->resize(nodes.size() * count);
  std::vector<const float*> values(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const ExpressionNode& node = nodes[i];
    float* own = scratch->data() + i * count;
    const auto operand = [&](int k) {
      return node.operands[k] < 0 ? nullptr : values[static_cast<size_t>(node.operands[k])];
    };
    values[i] = own;
    if (node.op == ScalarOp::kInput) {
      values[i] = inputs[static_cast<size_t>(node.index)];
    } else if (node.op == ScalarOp::kConstant) {
      std::fill_n(own, count, node.value);
    } else {
      evaluate_scalar_block(node.op, operand(0), operand(1), operand(2), own, count);
    }
  }
  return values.back();
}

float evaluate_expression(const Expression& expression, std::span<const float> inputs) {
  const auto nodes = expression.nodes();
  constexpr size_t most_on_stack = 128;
  float on_stack[most_on_stack];
  std::vector<float> on_heap(nodes.size() > most_on_stack ? nodes.size() : 0);
  float* values = on_heap.empty() ? on_stack : on_heap.data();
  INGOT_CHECK(!nodes.empty());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const ExpressionNode& node = nodes[i];
    const auto operand = [&](int k) {
      return node.operands[k] < 0 ? 0 : values[static_cast<size_t>(node.operands[k])];
    };
    switch (node.op) {
      case ScalarOp::kInput:
        values[i] = inputs[static_cast<size_t>(node.index)];
        break;
      case ScalarOp::kConstant:
        values[i] = node.value;
        break;
      default:
        values[i] = evaluate_scalar(node.op, operand(0), operand(1), operand(2));
    }
  }
  return values[nodes.size() - 1];
}

}  // namespace ingot
