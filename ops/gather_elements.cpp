// GatherElements: for each element of the indices, the element of data at the same place, but for
// the axis, where the index says which.
#include "ops/axes.h"
#include "ops/indices.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_indices(node, 1);
  node.axis("axis", node.rank(0));
  node.require_rank(1, node.rank(0), node.rank(0));
  node.set_output(0, node.input(0).dtype, node.dims(1));
  move_contents(node, {0});
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  const int axis = node.axis("axis", x.shape.rank());
  const std::vector<int64_t> offsets = element_offsets(node, x, 1, axis);
  gather_elements(x, offsets, 1, node.output(0), node.op().name);
}

}  // namespace

extern const OpDef kGatherElements = {
    .name = "GatherElements",
    .summary = "Picks elements by an index along an axis for each element of the output.",
    .inputs = {{"data", "any type, any rank from 1"},
               {"indices", "i32 or i64, rank of data; negative: from the end"}},
    .outputs = {{"output", "type of data, shape of indices"}},
    .attributes = {{"axis", 0, "the axis that the indices run along"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
