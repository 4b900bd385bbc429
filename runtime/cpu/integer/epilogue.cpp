// Folding epilogues: every node of the expression is evaluated as a function of the sum and the
// residual, until one is met that is no such function.
#include "runtime/cpu/integer/epilogue.h"

#include <algorithm>
#include <cmath>

#include "core/tensor/tensor.h"

namespace ingot {
namespace {

using Vector = std::vector<float>;  ///< one element stands for all columns

template <typename Function>
Vector combine(const Vector& a, const Vector& b, Function function) {
  Vector result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = function(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
  }
  return result;
}

struct Value : AffineEpilogue {
  bool clamped() const { return std::isfinite(low) || std::isfinite(high); }
  bool constant() const {
    return residual == 0 && scale.size() == 1 && scale[0] == 0 && !clamped();
  }
  bool number() const { return constant() && bias.size() == 1; }
};

Value constant_value(Vector values) {
  Value value;
  value.scale = {0};
  value.bias = std::move(values);
  return value;
}

std::optional<Value> scaled(Value value, const Vector& by) {
  const auto times = [](float x, float y) { return x * y; };
  if (by.size() > 1 && (value.residual != 0 || value.clamped())) return std::nullopt;
  // Only what keeps its sign stays on its side of a limit.
  if (value.clamped() && !(by[0] > 0)) return std::nullopt;
  if (!value.constant()) value.scale = combine(value.scale, by, times);
  value.bias = combine(value.bias, by, times);
  value.factor *= by[0];
  if (value.clamped()) {
    value.low *= by[0];
    value.high *= by[0];
  }
  return value;
}

std::optional<Value> sum_of(Value a, Value b) {
  if (a.clamped() || b.clamped()) {
    if (!a.clamped()) std::swap(a, b);
    if (!b.number()) return std::nullopt;
    a.low += b.bias[0];
    a.high += b.bias[0];
  }
  if (a.residual != 0 && b.residual != 0 && a.residual != b.residual) return std::nullopt;
  const auto plus = [](float x, float y) { return x + y; };
  a.scale = combine(a.scale, b.scale, plus);
  a.bias = combine(a.bias, b.bias, plus);
  a.residual = std::max(a.residual, b.residual);
  a.factor += b.factor;
  return a;
}

Value clamped(Value value, float low, float high) {
  value.low = std::min(std::max(value.low, low), high);
  value.high = std::min(std::max(value.high, low), high);
  return value;
}

class Folder {
 public:
  Folder(const Expression& epilogue, const std::vector<StepTensor>& extras, const Shape& output,
         int axis)
      : nodes_(epilogue.nodes()), extras_(extras), output_(output), axis_(axis) {}

  std::optional<Value> fold() {
    for (const ExpressionNode& node : nodes_) values_.push_back(value_of(node));
    return values_.back();
  }

 private:
  std::optional<Value> input(int index) const {
    Value value = constant_value({0});
    if (index == 0) {
      value.scale = {1};
      return value;
    }
    const StepTensor& extra = extras_.at(static_cast<size_t>(index) - 1);
    if (!extra.present()) return std::nullopt;
    const ExtraKind kind = extra_kind(extra, output_, axis_);
    if (extra.constant != nullptr && (kind == ExtraKind::kNumber || kind == ExtraKind::kColumns)) {
      return constant_value(Tensor(extra.dtype, extra.shape, extra.constant, nullptr).to_floats());
    }
    if (extra.shape != output_) return std::nullopt;
    value.residual = index;
    value.factor = 1;
    return value;
  }

  std::optional<Value> value_of(const ExpressionNode& node) const {
    if (node.op == ScalarOp::kInput) return input(node.index);
    if (node.op == ScalarOp::kConstant) return constant_value({node.value});
    std::vector<Value> x;
    const int count = scalar_op_info(node.op).operands;
    for (int i = 0; i < count; ++i) {
      const auto& operand = values_[static_cast<size_t>(node.operands[i])];
      if (!operand) return std::nullopt;
      x.push_back(*operand);
    }
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    switch (node.op) {
      case ScalarOp::kAdd:
        return sum_of(x[0], x[1]);
      case ScalarOp::kSub:
        if (const auto negative = scaled(x[1], {-1})) return sum_of(x[0], *negative);
        return std::nullopt;
      case ScalarOp::kNeg:
        return scaled(x[0], {-1});
      case ScalarOp::kMul:
        if (x[1].constant()) return scaled(x[0], x[1].bias);
        return x[0].constant() ? scaled(x[1], x[0].bias) : std::nullopt;
      case ScalarOp::kDiv:
        if (!x[1].constant()) return std::nullopt;
        return scaled(x[0], combine({1}, x[1].bias, [](float a, float b) { return a / b; }));
      case ScalarOp::kRelu:
        return clamped(x[0], 0, kInfinity);
      case ScalarOp::kMax:
      case ScalarOp::kMin: {
        if (!x[1].number()) std::swap(x[0], x[1]);
        if (!x[1].number()) return std::nullopt;
        const float limit = x[1].bias[0];
        return node.op == ScalarOp::kMax ? clamped(x[0], limit, kInfinity)
                                         : clamped(x[0], -kInfinity, limit);
      }
      case ScalarOp::kClip:
        if (!x[1].number() || !x[2].number()) return std::nullopt;
        return clamped(x[0], x[1].bias[0], x[2].bias[0]);
      default:
        return std::nullopt;
    }
  }

  std::span<const ExpressionNode> nodes_;
  const std::vector<StepTensor>& extras_;
  const Shape& output_;
  int axis_;
  std::vector<std::optional<Value>> values_;
};

}  // namespace

ExtraKind extra_kind(const StepTensor& extra, const Shape& output, int column_axis) {
  if (extra.elements() == 1) return ExtraKind::kNumber;
  const int axis = column_axis - (output.rank() - extra.shape.rank());
  const bool only_columns = axis >= 0 && extra.dense() &&
                            extra.shape[axis] == output[column_axis] &&
                            extra.elements() == output[column_axis];
  if (only_columns) return ExtraKind::kColumns;
  return extra.shape == output ? ExtraKind::kFull : ExtraKind::kOther;
}

std::optional<AffineEpilogue> affine_epilogue(const Expression& epilogue,
                                              const std::vector<StepTensor>& extras,
                                              const Shape& output, int column_axis) {
  const Expression folded = epilogue.empty() ? Expression::input(0) : epilogue;
  return Folder(folded, extras, output, column_axis).fold();
}

}  // namespace ingot
