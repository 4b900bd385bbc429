// IsInf: true where an element is infinite, of the signs asked for.
#include "ops/blocks.h"
#include "ops/elementwise.h"
#include "ops/float_tensor.h"

#include <limits>

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  infer_bool_map(node);
}

void evaluate(Reference& node) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const bool positive = node.integer("detect_positive") != 0;
  const bool negative = node.integer("detect_negative") != 0;
  const auto x = load_all<double>(node.input(0));
  const auto y = node.output(0).as<bool>();
  for (size_t i = 0; i < x.size(); ++i) {
    y[i] = (positive && x[i] == infinity) || (negative && x[i] == -infinity);
  }
}

}  // namespace

extern const OpDef kIsInf = {
    .name = "IsInf",
    .summary = "Tells which elements are infinite.",
    .inputs = {{"X", "float, any shape"}},
    .outputs = {{"Y", "bool, shape of X"}},
    .attributes = {{"detect_negative", 1, "1: minus infinity counts"},
                   {"detect_positive", 1, "1: plus infinity counts"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
