// GatherND: blocks of a tensor, named by tuples of indices along its first axes.
#include "ops/axes.h"
#include "ops/indices.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_indices(node, 1);
  node.require_rank(1, 1);
  const SymbolicShape& data = node.dims(0);
  const SymbolicShape& indices = node.dims(1);
  const auto batch_dims = node.integer("batch_dims");
  if (!indices.back().is_constant()) {
    node.fail("op.unknown_rank", "the length of the index tuples is not known",
              "export the model with a fixed last axis of indices");
  }
  const int64_t used = batch_dims + indices.back().constant();
  if (batch_dims < 0 || used > node.rank(0) || batch_dims >= node.rank(1)) {
    node.fail("op.bad_shape",
              "index tuples of length " + indices.back().to_string() + " with batch_dims " +
                  std::to_string(batch_dims) + " do not fit data of shape " + to_string(data),
              "shorten the tuples");
  }
  SymbolicShape dims(indices.begin(), indices.end() - 1);
  dims.insert(dims.end(), data.begin() + used, data.end());
  node.set_output(0, node.input(0).dtype, std::move(dims));
  move_contents(node, {0});
}

void evaluate(Reference& node) {
  const auto batch_dims = static_cast<int>(node.integer("batch_dims"));
  const IndexedBlocks blocks = indexed_blocks(node, node.input(0), 1, batch_dims);
  gather_elements(node.input(0), blocks.offsets, blocks.block, node.output(0), node.op().name);
}

}  // namespace

extern const OpDef kGatherND = {
    .name = "GatherND",
    .summary = "Picks blocks of a tensor by tuples of indices.",
    .inputs = {{"data", "any type, any rank from 1"},
               {"indices", "i64, [..., tuple]; negative: from the end"}},
    .outputs = {{"output", "type of data, [..., block]"}},
    .attributes = {{"batch_dims", 0, "leading axes that data and indices share"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
