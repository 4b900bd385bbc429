// AffineGrid: the grid of coordinates of a 2-D or 3-D affine map, as GridSample reads it.
#include "ops/float_tensor.h"
#include "ops/outputs.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  node.require_rank(0, 3, 3);
  node.require_rank(1, 1, 1);
  const Dim& rank = node.dims(1)[0];
  if (!(rank == Dim(4)) && !(rank == Dim(5))) {
    node.fail("op.bad_shape", "size needs 4 or 5 numbers, not " + rank.to_string(),
              "give [batch, channels, height, width] or with depth before height");
  }
  const int64_t axes = rank.constant() - 2;
  require_equal(node, node.dims(0)[1], axes, "rows of theta and spatial axes");
  SymbolicShape dims = {node.dims(0)[0]};
  const auto size = node.known_dims(1);
  for (int64_t i = 0; i < axes; ++i) {
    dims.push_back(size ? (*size)[static_cast<size_t>(i + 2)]
                        : node.unknown_dim(0, static_cast<int>(i + 1)));
  }
  dims.push_back(axes);
  node.set_output(0, node.input(0).dtype, std::move(dims));
}

template <typename T>
void evaluate_as(const Reference& node) {
  const Shape& shape = node.output(0).shape;
  const int axes = shape.rank() - 2;
  const bool align_corners = node.integer("align_corners") != 0;
  const auto coordinate = [&](int axis, int64_t i) {
    const T size = static_cast<T>(shape[axis]), at = static_cast<T>(i);
    if (!align_corners) return (2 * at + 1) / size - 1;
    return size > 1 ? 2 * at / (size - 1) - 1 : T{-1};
  };
  const Elements<T> theta(node.input(0));
  ElementsToStore<T> grid(node.output(0));
  const int64_t points = shape.elements() / axes;
  const int64_t points_per_image = shape[0] ? points / shape[0] : 0;
  for (int64_t point = 0; point < points; ++point) {
    T position[4] = {0, 0, 0, 1};  // x, y (, z), 1
    int64_t rest = point;
    for (int axis = axes; axis >= 1; --axis) {
      position[axes - axis] = coordinate(axis, rest % shape[axis]);
      rest /= shape[axis];
    }
    position[axes] = T{1};
    const T* matrix = theta.data() + point / points_per_image * axes * (axes + 1);
    for (int row = 0; row < axes; ++row) {
      T sum = 0;
      for (int column = 0; column <= axes; ++column) {
        sum += matrix[row * (axes + 1) + column] * position[column];
      }
      grid[point * axes + row] = sum;
    }
  }
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kAffineGrid = {
    .name = "AffineGrid",
    .summary = "Makes the sampling grid of an affine map, for GridSample.",
    .inputs = {{"theta", "float, [batch, 2, 3] or [batch, 3, 4]"},
               {"size", "i64, [4] or [5]: shape of the image to be made"}},
    .outputs = {{"grid", "type of theta, [batch, spatial..., 2 or 3]"}},
    .attributes = {{"align_corners", 0,
                    "1: -1 and 1 are the centres of the corner pixels; 0: edges"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
