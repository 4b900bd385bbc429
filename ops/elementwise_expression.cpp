// Operators as expressions: the scalar operation is the operator's trait, its constants are the
// operator's attributes. Operators that are no single operation are put together of some.
#include "ops/elementwise_expression.h"

#include "ops/infer.h"

namespace ingot {
namespace {

struct Builder {
  const NodeAttributes node;
  const std::vector<bool>& given;
  Expression e = {};

  bool has_input(size_t i) const { return i < given.size() && given[i]; }
  int number(std::string_view attribute) { return e.add_constant(node.number(attribute)); }

  /// Operands in order; a binary operation over more inputs (Max, Sum) is a chain.
  int generic(ScalarOp op) {
    const int operands = scalar_op_info(op).operands;
    const int first = e.add_input(0);
    if (operands == 1) return e.add(op, first);
    if (operands == 3) {
      const int second = e.add_input(1);
      return e.add(op, first, second, e.add_input(2));
    }
    int result = first;
    for (size_t i = 1; i < given.size(); ++i) {
      result = e.add(op, result, e.add_input(static_cast<int>(i)));
    }
    return result;
  }

  /// The result, or -1 for operators that are no expression.
  int composed() {
    const std::string_view name = node.op().name;
    using enum ScalarOp;
    if (name == "Selu") {
      const int bent = e.add(kElu, e.add_input(0), number("alpha"));
      return e.add(kMul, bent, number("gamma"));
    }
    if (name == "Celu") {
      const int alpha = number("alpha"), one = e.add_constant(1);
      const int bent = e.add(kElu, e.add(kDiv, e.add_input(0), alpha), one);
      return e.add(kMul, bent, alpha);
    }
    if (name == "ThresholdedRelu") {
      const int x = e.add_input(0), zero = e.add_constant(0);
      return e.add(kSelect, e.add(kGreater, x, number("alpha")), x, zero);
    }
    if (name == "Shrink") {
      const int x = e.add_input(0), bias = number("bias"), zero = e.add_constant(0);
      const int low = e.add_constant(-node.number("lambd")), high = number("lambd");
      const int above = e.add(kSelect, e.add(kGreater, x, high), e.add(kSub, x, bias), zero);
      return e.add(kSelect, e.add(kLess, x, low), e.add(kAdd, x, bias), above);
    }
    if (name == "Tan") {
      const int x = e.add_input(0);
      return e.add(kDiv, e.add(kSin, x), e.add(kCos, x));
    }
    if (name == "Mean") {
      const int sum = given.size() == 1 ? e.add_input(0) : generic(kAdd);
      return e.add(kDiv, sum, e.add_constant(static_cast<float>(given.size())));
    }
    return -1;
  }

  int build() {
    const ScalarOp op = node.op().traits.scalar;
    const std::string_view name = node.op().name;
    switch (op) {
      case ScalarOp::kGelu:
        return e.add(node.text("approximate") == "tanh" ? ScalarOp::kGeluTanh : op, e.add_input(0));
      case ScalarOp::kSilu: {
        const int x = e.add_input(0);
        if (node.number("alpha") == 1) return e.add(op, x);
        const int scaled = e.add(ScalarOp::kMul, x, number("alpha"));
        return e.add(ScalarOp::kMul, x, e.add(ScalarOp::kSigmoid, scaled));
      }
      case ScalarOp::kHardSigmoid: {
        const int x = e.add_input(0), alpha = number("alpha");
        return e.add(op, x, alpha, number("beta"));
      }
      case ScalarOp::kElu:
        return e.add(op, e.add_input(0), number("alpha"));
      case ScalarOp::kPrelu: {
        const int x = e.add_input(0);
        return e.add(op, x, name == "LeakyRelu" ? number("alpha") : e.add_input(1));
      }
      case ScalarOp::kClip: {
        const int x = e.add_input(0);
        const int low = has_input(1) ? e.add_input(1) : -1;
        const int high = has_input(2) ? e.add_input(2) : -1;
        if (low >= 0 && high >= 0) return e.add(op, x, low, high);
        if (low >= 0) return e.add(ScalarOp::kMax, x, low);
        return high >= 0 ? e.add(ScalarOp::kMin, x, high) : x;
      }
      default:
        return generic(op);
    }
  }
};

}  // namespace

Expression elementwise_expression(const OpDef& op, const Attributes& attributes,
                                  const std::vector<bool>& given) {
  Builder builder{NodeAttributes(op, attributes), given};
  const bool single = op.traits.scalar != ScalarOp::kInput;
  const int result = single ? builder.build() : builder.composed();
  if (result < 0) return {};
  builder.e.finish(result);
  return std::move(builder.e);
}

}  // namespace ingot
