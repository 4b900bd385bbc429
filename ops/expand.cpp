// Expand: broadcasts a tensor to a shape, in both directions as NumPy does.
#include "ops/elementwise.h"
#include "ops/outputs.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.require_rank(1, 1, 1);
  SymbolicShape target;
  if (const auto known = node.known_dims(1)) {
    target = *known;
    // Some exporters write -1 for "as it is", which broadcasting spells 1.
    for (Dim& dim : target) {
      if (dim == Dim(-1)) dim = 1;
    }
  } else if (node.dims(1)[0].is_constant()) {
    const auto rank = static_cast<int>(node.dims(1)[0].constant());
    for (int axis = 0; axis < rank; ++axis) target.push_back(node.unknown_dim(0, axis));
    // Unknown sizes may still be 1: what the input says decides only where it is not 1.
    node.set_output(0, node.input(0).dtype, broadcast(node.dims(0), target, node.op().name));
    return;
  } else {
    node.fail("op.unknown_rank", "the length of the target shape is not known",
              "export the model with a target shape of fixed length");
  }
  node.set_output(0, node.input(0).dtype, broadcast(node.dims(0), target, node.op().name));
  move_contents(node, {0});
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const std::vector<int64_t> from = dense_strides(x.shape), to = dense_strides(y.shape);
  const int ahead = y.shape.rank() - x.shape.rank();
  require_fit(node, ahead >= 0);
  std::vector<CopyAxis> axes;
  for (int axis = 0; axis < y.shape.rank(); ++axis) {
    const bool repeats = axis < ahead || x.shape[axis - ahead] == 1;
    require_fit(node, repeats || x.shape[axis - ahead] == y.shape[axis]);
    axes.push_back({y.shape[axis], repeats ? 0 : from[static_cast<size_t>(axis - ahead)],
                    to[static_cast<size_t>(axis)]});
  }
  copy_strided(std::move(axes), x.data, y.data, element_width(x.dtype, node.op().name));
}

}  // namespace

extern const OpDef kExpand = {
    .name = "Expand",
    .summary = "Broadcasts a tensor to a shape.",
    .inputs = {{"input", "any type, any shape"},
               {"shape", "i64, one axis; 1 keeps the input's dim"}},
    .outputs = {{"output", "type of input, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
