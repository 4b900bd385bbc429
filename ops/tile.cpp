// Tile: repeats a tensor along each axis.
#include "ops/outputs.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  const auto repeats = node.known_dims(1);
  if (repeats && static_cast<int>(repeats->size()) != node.rank(0)) {
    node.fail("op.bad_shape",
              std::to_string(repeats->size()) + " repeats for an input of rank " +
                  std::to_string(node.rank(0)),
              "give one number per axis");
  }
  SymbolicShape dims = node.dims(0);
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    dims[axis] =
        repeats ? dims[axis] * (*repeats)[axis] : node.unknown_dim(0, static_cast<int>(axis));
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
  move_contents(node, {0});
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  if (y.elements() == 0) return;
  const std::vector<int64_t> from = dense_strides(x.shape), to = dense_strides(y.shape);
  std::vector<CopyAxis> axes;
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    const auto i = static_cast<size_t>(axis);
    require_fit(node, x.shape[axis] != 0 && y.shape[axis] % x.shape[axis] == 0);
    axes.push_back({y.shape[axis] / x.shape[axis], 0, to[i] * x.shape[axis]});
    axes.push_back({x.shape[axis], from[i], to[i]});
  }
  copy_strided(std::move(axes), x.data, y.data, element_width(x.dtype, node.op().name));
}

}  // namespace

extern const OpDef kTile = {
    .name = "Tile",
    .summary = "Repeats a tensor along each axis.",
    .inputs = {{"input", "any type, any shape"}, {"repeats", "i64, one number per axis"}},
    .outputs = {{"output", "type of input, each dim times its repeats"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
