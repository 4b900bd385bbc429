// DepthToSpace: blocks of channels become blocks of pixels.
#include "ops/axes.h"
#include "ops/reference.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.require_rank(0, 4, 4);
  require_one_of(node, "mode", {"DCR", "CRD"});
  const int64_t block = node.integer("blocksize");
  const SymbolicShape& x = node.dims(0);
  Dim channels;
  if (block <= 0 || !Dim::divides_exactly(x[1], block * block, &channels)) {
    node.fail("op.bad_shape",
              x[1].to_string() + " channels do not divide into blocks of " + std::to_string(block) +
                  " x " + std::to_string(block),
              "use another blocksize");
  }
  node.set_output(0, node.input(0).dtype, {x[0], channels, x[2] * block, x[3] * block});
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const int64_t block = node.integer("blocksize");
  const int64_t channels = y.shape[1], height = x.shape[2], width = x.shape[3];
  const int64_t plane = height * width;
  // DCR: channels of x are [block, block, channels]; CRD: [channels, block, block].
  const bool depth_first = node.text("mode") == "DCR";
  const int64_t of_channel = depth_first ? plane : plane * block * block;
  const int64_t of_column = depth_first ? plane * channels : plane;
  const int64_t of_row = of_column * block;
  const std::vector<int64_t> to = dense_strides(y.shape);
  copy_strided({{y.shape[0], plane * x.shape[1], to[0]},
                {channels, of_channel, to[1]},
                {height, width, to[2] * block},
                {block, of_row, to[2]},
                {width, 1, block},
                {block, of_column, 1}},
               x.data, y.data, element_width(x.dtype, node.op().name));
}

}  // namespace

extern const OpDef kDepthToSpace = {
    .name = "DepthToSpace",
    .summary = "Moves blocks of channels into blocks of pixels.",
    .inputs = {{"input", "any type, [batch, channels, height, width]"}},
    .outputs = {{"output", "[batch, channels / blocksize^2, height * blocksize, ...]"}},
    .attributes = {{"blocksize", 0, "pixels along each side of a block", true},
                   {"mode", "DCR", "order in the channels: \"DCR\" block first, \"CRD\" last"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
