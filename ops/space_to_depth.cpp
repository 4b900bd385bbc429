// SpaceToDepth: blocks of pixels become blocks of channels.
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
  if (block <= 0) node.fail("op.bad_attribute", "blocksize must be positive", "correct it");
  SymbolicShape dims = {x[0], x[1] * (block * block), x[2], x[3]};
  for (size_t axis = 2; axis < 4; ++axis) {
    if (x[axis].is_constant() && x[axis].constant() % block != 0) {
      node.fail("op.bad_shape",
                "an image side of " + x[axis].to_string() + " does not divide into blocks of " +
                    std::to_string(block),
                "use another blocksize");
    }
    dims[axis] = Dim::floor_div(x[axis], block);
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const int64_t block = node.integer("blocksize");
  const int64_t channels = x.shape[1], height = y.shape[2], width = y.shape[3];
  const int64_t plane = height * width;
  // DCR: channels of y are [block, block, channels]; CRD: [channels, block, block].
  const bool depth_first = node.text("mode") == "DCR";
  const int64_t of_channel = depth_first ? plane : plane * block * block;
  const int64_t of_column = depth_first ? plane * channels : plane;
  const std::vector<int64_t> from = dense_strides(x.shape);
  copy_strided({{x.shape[0], from[0], plane * y.shape[1]},
                {block, from[2], of_column * block},
                {block, 1, of_column},
                {channels, from[1], of_channel},
                {height, from[2] * block, width},
                {width, block, 1}},
               x.data, y.data, element_width(x.dtype, node.op().name));
}

}  // namespace

extern const OpDef kSpaceToDepth = {
    .name = "SpaceToDepth",
    .summary = "Moves blocks of pixels into blocks of channels.",
    .inputs = {{"input", "any type, [batch, channels, height, width]"}},
    .outputs = {{"output", "[batch, channels * blocksize^2, height / blocksize, ...]"}},
    .attributes = {{"blocksize", 0, "pixels along each side of a block", true},
                   {"mode", "DCR", "order in the channels: \"DCR\" block first, \"CRD\" last"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
