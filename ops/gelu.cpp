// Gelu: x times the normal distribution's cumulative probability, exact or by tanh.
#include "ops/unary.h"

#include <cmath>

namespace ingot {
namespace {

void infer(InferContext& node) {
  const std::string approximate = node.text("approximate");
  if (approximate != "none" && approximate != "tanh") {
    node.fail("op.bad_attribute", "approximate is \"" + approximate + "\"",
              "use \"none\" or \"tanh\"");
  }
  infer_float_map(node);
}

void evaluate(Reference& node) {
  if (node.text("approximate") == "tanh") {
    map_floats(node, []<typename T>(T x) {
      const T inner =
          static_cast<T>(0.7978845608028654) * (x + static_cast<T>(0.044715) * x * x * x);
      return static_cast<T>(0.5) * x * (T{1} + std::tanh(inner));
    });
  } else {
    map_floats(node, []<typename T>(T x) {
      return static_cast<T>(0.5) * x * (T{1} + std::erf(x * static_cast<T>(0.7071067811865476)));
    });
  }
}

}  // namespace

extern const OpDef kGelu = {
    .name = "Gelu",
    .summary =
        "Multiplies each element by the probability that a standard normal variable is below it.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"approximate", "none",
                    "\"none\" for the exact form, \"tanh\" for the usual approximation"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kGelu, .elementwise = true},
};

}  // namespace ingot
