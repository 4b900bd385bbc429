// ReduceMax: the largest element over axes; NaN wins.
#include "ops/reduce.h"

#include <limits>

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_reduction(node,
                  [](const Dim& a, const Dim& b) -> std::optional<Dim> { return Dim::max(a, b); });
}

void evaluate(Reference& node) {
  // The start is what an empty reduction gives: the lower end of the type.
  const DType dtype = node.input(0).dtype;
  const int64_t start = integer_limits(dtype).first;
  reduce_numbers(
      node, -std::numeric_limits<double>::infinity(), start,
      [](auto total, auto x) { return x > total || x != x ? x : total; }, kAsItIs);
}

}  // namespace

extern const OpDef kReduceMax = {
    .name = "ReduceMax",
    .summary = "Takes the largest element along axes.",
    .inputs = reduction_inputs("a number or bool, any shape"),
    .outputs = {{"reduced", "type of data"}},
    .attributes = reduction_attributes(),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
