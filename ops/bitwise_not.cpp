// BitwiseNot: inverts every bit of each integer.
#include "ops/unary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_integer(node, 0);
  infer_map(node);
}

void evaluate(Reference& node) {
  map_integers(node, [](auto x) { return ~x; });
}

}  // namespace

extern const OpDef kBitwiseNot = {
    .name = "BitwiseNot",
    .summary = "Inverts every bit of each element.",
    .inputs = {{"X", "an integer, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
