// ArgMax: the index of the largest element along an axis.
#include "ops/arg_extreme.h"

namespace ingot {
namespace {

void evaluate(Reference& node) { evaluate_arg_extreme(node, true); }

}  // namespace

extern const OpDef kArgMax = {
    .name = "ArgMax",
    .summary = "Finds the largest element along an axis.",
    .inputs = {{"data", "a number, any rank from 1"}},
    .outputs = {{"reduced", "i64: indices along the axis"}},
    .attributes = arg_extreme_attributes(),
    .infer = infer_arg_extreme,
    .evaluate = evaluate,
};

}  // namespace ingot
