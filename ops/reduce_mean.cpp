// ReduceMean: the mean over axes.
#include "ops/reduce.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_number(node, 0);
  infer_reduction(node);
}

void evaluate(Reference& node) {
  reduce_numbers(
      node, 0, 0, [](auto total, auto x) { return total + x; },
      [](auto total, auto count) {
        // No elements: NaN for floats, 0 for integers, never a trap.
        if constexpr (std::is_integral_v<decltype(total)>)
          return count == 0 ? 0 : total / count;
        else
          return total / count;
      });
}

}  // namespace

extern const OpDef kReduceMean = {
    .name = "ReduceMean",
    .summary = "Averages the elements along axes.",
    .inputs = reduction_inputs("a number, any shape"),
    .outputs = {{"reduced", "type of data"}},
    .attributes = reduction_attributes(),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
