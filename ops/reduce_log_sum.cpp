// ReduceLogSum: the logarithm of the sum over axes.
#include "ops/reduce.h"

#include <cmath>

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_number(node, 0);
  infer_reduction(node);
}

void evaluate(Reference& node) {
  reduce_in<double>(
      node, 0, [](double total, double x) { return total + x; },
      [](double total, double) { return std::log(total); });
}

}  // namespace

extern const OpDef kReduceLogSum = {
    .name = "ReduceLogSum",
    .summary = "Takes the logarithm of the sum along axes.",
    .inputs = reduction_inputs("a number, any shape"),
    .outputs = {{"reduced", "type of data"}},
    .attributes = reduction_attributes(),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
