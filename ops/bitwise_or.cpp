// BitwiseOr: the or of the bits of two integer tensors.
#include "ops/binary.h"

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_integer_pairs(node, [](auto a, auto b) { return a | b; });
}

}  // namespace

extern const OpDef kBitwiseOr = {
    .name = "BitwiseOr",
    .summary = "Takes the or of the bits of two integer tensors.",
    .inputs = {{"A", "an integer, any shape"}, {"B", "type of A; broadcasts"}},
    .outputs = {{"C", "type of A, broadcast shape"}},
    .infer = infer_broadcast_integers,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
