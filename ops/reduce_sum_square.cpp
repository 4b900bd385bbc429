// ReduceSumSquare: the sum of squares over axes.
#include "ops/reduce.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_number(node, 0);
  infer_reduction(node);
}

void evaluate(Reference& node) {
  reduce_numbers(node, 0, 0, [](auto total, auto x) { return total + x * x; }, kAsItIs);
}

}  // namespace

extern const OpDef kReduceSumSquare = {
    .name = "ReduceSumSquare",
    .summary = "Adds the squares along axes.",
    .inputs = reduction_inputs("a number, any shape"),
    .outputs = {{"reduced", "type of data"}},
    .attributes = reduction_attributes(),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
