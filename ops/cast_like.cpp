// CastLike: each element in the type of another tensor.
#include "ops/cast.h"
#include "ops/conversion.h"
#include "ops/reference.h"

namespace ingot {
namespace {

void infer(InferContext& node) { infer_cast(node, node.input(1).dtype); }

void evaluate(Reference& node) {
  convert_elements(node.input(0), node.output(0), node.integer("saturate") != 0);
}

}  // namespace

extern const OpDef kCastLike = {
    .name = "CastLike",
    .summary = "Converts each element to the type of another tensor.",
    .inputs = {{"input", "any type, any shape"}, {"target_type", "any tensor of the type"}},
    .outputs = {{"output", "type of target_type, shape of input"}},
    .attributes = {{"saturate", 1,
                    "0: what is too large for an 8-bit float becomes its infinity or NaN"},
                   {"round_mode", "up", "of 8-bit exponents; no type here has them"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
