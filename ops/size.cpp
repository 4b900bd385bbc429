// Size: the number of elements of a tensor.
#include "ops/reference.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.set_output(0, DType::kI64, {});
  node.set_contents(0, {elements(node.dims(0))});
}

void evaluate(Reference& node) {
  *static_cast<int64_t*>(node.output(0).data) = node.input(0).elements();
}

}  // namespace

extern const OpDef kSize = {
    .name = "Size",
    .summary = "Gives the number of elements of a tensor.",
    .inputs = {{"data", "any type, any shape"}},
    .outputs = {{"size", "i64 scalar"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.shape_only = true},
};

}  // namespace ingot
