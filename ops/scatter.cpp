// Scatter: the old name of ScatterElements, kept for models that still use it: data with single
// elements replaced, each at the place of its update but for the axis,
// where the index says which.
#include "ops/scatter.h"
#include "ops/indices.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.axis("axis", node.rank(0));
  node.require_rank(1, node.rank(0), node.rank(0));
  node.require_rank(2, node.rank(0), node.rank(0));
  infer_scatter(node);
}

void evaluate(Reference& node) {
  const int axis = node.axis("axis", node.input(0).shape.rank());
  scatter_blocks(node, element_offsets(node, node.input(0), 1, axis), 1);
}

}  // namespace

extern const OpDef kScatter = {
    .name = "Scatter",
    .summary = "Writes single elements into a tensor by an index along an axis.",
    .inputs = {{"data", "any type, any rank from 1"},
               {"indices", "i32 or i64, rank of data; negative: from the end"},
               {"updates", "type of data, shape of indices"}},
    .outputs = {{"output", "type and shape of data"}},
    .attributes = {{"axis", 0, "the axis that the indices run along"}, reduction_attribute()},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
