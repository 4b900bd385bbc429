// ReduceProd: the product over axes.
#include "ops/reduce.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_number(node, 0);
  infer_reduction(node, [](const Dim& a, const Dim& b) -> std::optional<Dim> { return a * b; });
}

void evaluate(Reference& node) {
  reduce_numbers(node, 1, 1, [](auto total, auto x) { return total * x; }, kAsItIs);
}

}  // namespace

extern const OpDef kReduceProd = {
    .name = "ReduceProd",
    .summary = "Multiplies the elements along axes.",
    .inputs = reduction_inputs("a number, any shape"),
    .outputs = {{"reduced", "type of data"}},
    .attributes = reduction_attributes(),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
