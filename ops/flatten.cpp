// Flatten: two axes, the product of the dims before `axis` and that of the others.
#include "ops/view.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  const SymbolicShape& from = node.dims(0);
  const int rank = node.rank(0);
  const int64_t given = node.integer("axis");
  // The rank itself is allowed here: everything goes into the first axis.
  const int axis = given == rank ? rank : normalize_axis(given, rank, node.op().name);
  infer_view(node, {elements({from.begin(), from.begin() + axis}),
                    elements({from.begin() + axis, from.end()})});
}

}  // namespace

extern const OpDef kFlatten = {
    .name = "Flatten",
    .summary = "Gives the same elements a shape of two axes.",
    .inputs = {{"input", "any type, any shape"}},
    .outputs = {{"output", "type of input, rank 2"}},
    .attributes = {{"axis", 1, "the first axis that goes into the second axis of the output"}},
    .infer = infer,
    .evaluate = evaluate_view,
    .traits = {.is_view = true, .commutes_with_quantize = true},
};

}  // namespace ingot
