// PRelu: x where it is not negative, slope * x elsewhere; the slope broadcasts to x.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_number(node, 0);
  node.require_same_dtype(0, 1);
  // The slope broadcasts to X, never X to the slope.
  broadcast(node.dims(0), node.dims(1), node.op().name);
  if (node.rank(1) > node.rank(0)) {
    node.fail("op.bad_rank", "the slope has more axes than X", "drop the slope's leading axes");
  }
  infer_map(node);
}

void evaluate(Reference& node) {
  map_number_pairs(node,
                   [](auto x, auto slope) { return x < 0 ? wide(x) * wide(slope) : wide(x); });
}

}  // namespace

extern const OpDef kPRelu = {
    .name = "PRelu",
    .summary = "Scales negative elements by a slope.",
    .inputs = {{"X", "a number, any shape"}, {"slope", "type of X; broadcasts to X"}},
    .outputs = {{"C", "type and shape of X"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kPrelu, .elementwise = true},
};

}  // namespace ingot
