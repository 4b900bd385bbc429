// ArgMin: the index of the smallest element along an axis.
#include "ops/arg_extreme.h"

namespace ingot {
namespace {

void evaluate(Reference& node) { evaluate_arg_extreme(node, false); }

}  // namespace

extern const OpDef kArgMin = {
    .name = "ArgMin",
    .summary = "Finds the smallest element along an axis.",
    .inputs = {{"data", "a number, any rank from 1"}},
    .outputs = {{"reduced", "i64: indices along the axis"}},
    .attributes = arg_extreme_attributes(),
    .infer = infer_arg_extreme,
    .evaluate = evaluate,
};

}  // namespace ingot
