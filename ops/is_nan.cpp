// IsNaN: true where an element is not a number.
#include "ops/blocks.h"
#include "ops/elementwise.h"
#include "ops/float_tensor.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  infer_bool_map(node);
}

void evaluate(Reference& node) {
  const auto x = load_all<double>(node.input(0));
  const auto y = node.output(0).as<bool>();
  for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] != x[i];
}

}  // namespace

extern const OpDef kIsNaN = {
    .name = "IsNaN",
    .summary = "Tells which elements are not numbers.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "bool, shape of X"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kIsNan, .elementwise = true},
};

}  // namespace ingot
