// Operators as expressions: the scalar operation is the operator's trait, its constants are the
// operator's attributes.
#include "runtime/cpu/elementwise.h"

#include <limits>

#include "core/base/error.h"
#include "ops/infer.h"
#include "ops/registry.h"

namespace ingot {
namespace {

struct Builder {
  const StepContext& context;
  const NodeAttributes node;
  Expression e = {};

  bool has_input(size_t i) const {
    return i < context.inputs().size() && context.inputs()[i].present();
  }
  int number(std::string_view attribute) { return e.add_constant(node.number(attribute)); }
  int bound(int input, float none) {
    return has_input(static_cast<size_t>(input)) ? e.add_input(input) : e.add_constant(none);
  }

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
    for (size_t i = 1; i < context.inputs().size(); ++i) {
      result = e.add(op, result, e.add_input(static_cast<int>(i)));
    }
    return result;
  }

  int build() {
    const ScalarOp op = node.op().traits.scalar;
    const std::string_view name = node.op().name;
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
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
        const int x = e.add_input(0), low = bound(1, -kInfinity);
        return e.add(op, x, low, bound(2, kInfinity));
      }
      default:
        return generic(op);
    }
  }
};

}  // namespace

Expression elementwise_expression(const StepContext& context) {
  const OpDef& op = op_named(context.attributes().text("op"));
  if (op.traits.scalar == ScalarOp::kInput) {
    fail({"step.unsupported", std::string(op.name) + " is no pointwise operation", context.name(),
          "use the reference tactic"});
  }
  Builder builder{context, NodeAttributes(op, context.attributes())};
  const int result = builder.build();
  builder.e.finish(result);
  return std::move(builder.e);
}

}  // namespace ingot
