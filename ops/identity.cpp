// Identity: the input itself.
#include "ops/view.h"

namespace ingot {
namespace {

void infer(InferContext& node) { infer_view(node, node.dims(0)); }

}  // namespace

extern const OpDef kIdentity = {
    .name = "Identity",
    .summary = "Gives the input as it is.",
    .inputs = {{"input", "any type, any shape"}},
    .outputs = {{"output", "type and shape of input"}},
    .infer = infer,
    .evaluate = evaluate_view,
    .traits = {.elementwise = true, .is_view = true, .commutes_with_quantize = true},
};

}  // namespace ingot
