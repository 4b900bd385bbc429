// ScatterND: data with blocks replaced, named by tuples of indices along the first axes.
#include "ops/indices.h"
#include "ops/scatter.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.require_rank(1, 1);
  const Dim& tuple = node.dims(1).back();
  if (tuple.is_constant() && tuple.constant() > node.rank(0)) {
    node.fail("op.bad_shape",
              "index tuples of length " + tuple.to_string() + " for data of rank " +
                  std::to_string(node.rank(0)),
              "shorten the tuples");
  }
  infer_scatter(node);
}

void evaluate(Reference& node) {
  const IndexedBlocks blocks = indexed_blocks(node, node.input(0), 1, 0);
  scatter_blocks(node, blocks.offsets, blocks.block);
}

}  // namespace

extern const OpDef kScatterND = {
    .name = "ScatterND",
    .summary = "Writes blocks into a tensor by tuples of indices.",
    .inputs = {{"data", "any type, any rank from 1"},
               {"indices", "i64, [..., tuple]; negative: from the end"},
               {"updates", "type of data, [..., block]"}},
    .outputs = {{"output", "type and shape of data"}},
    .attributes = {reduction_attribute()},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
