// Col2Im: adds overlapping blocks into an image, the transpose of taking patches.
#include <fmt/format.h>

#include "ops/outputs.h"
#include "ops/window.h"

namespace ingot {
namespace {

constexpr int kImageShape = 1, kBlockShape = 2;

void infer(InferContext& node) {
  require_float(node, 0);
  node.require_rank(0, 3, 3);
  node.require_rank(kImageShape, 1, 1);
  const Dim& axes = node.dims(kImageShape)[0];
  const auto image = node.known_dims(kImageShape);
  if (!image && !axes.is_constant()) {
    node.fail("op.unknown_rank", "the number of spatial axes is not known",
              "use a fixed image_shape");
  }
  const int64_t count = image ? std::ssize(*image) : axes.constant();
  check_window_attributes(node, static_cast<size_t>(count));
  const auto block = node.known_integers(kBlockShape);
  Dim channels = node.unknown_dim(0, 1);
  if (block) {
    int64_t taps = 1;
    for (int64_t size : *block) taps *= size;
    channels = Dim::floor_div(node.dims(0)[1], Dim(taps));
  }
  SymbolicShape dims = {node.dims(0)[0], channels};
  for (int i = 0; i < count; ++i) {
    dims.push_back(image ? (*image)[static_cast<size_t>(i)] : node.unknown_dim(0, i + 2));
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
}

template <typename T>
void evaluate_as(const Reference& node) {
  const Shape& image = node.output(0).shape;
  const SpatialWindow spatial = spatial_window(node, node.input_integers(kBlockShape));
  Shape positions{image[0], image[1]};
  for (int axis = 2; axis < image.rank(); ++axis) {
    positions.push_back(spatial.output_size(axis - 2, image[axis]).constant());
  }
  const Window window = window_over(spatial, image, positions);
  const Elements<T> x(node.input(0));
  ElementsToStore<T> y(node.output(0));
  const int64_t planes = image[0] * image[1], count = window.position_count();
  for (int64_t i = 0; i < planes; ++i) {
    scatter_patches(window, x.data() + i * window.kernel_elements() * count, 1, 0, count,
                    y.data() + i * window.image_elements());
  }
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kCol2Im = {
    .name = "Col2Im",
    .summary = "Adds overlapping blocks into an image.",
    .inputs = {{"input", "float, [batch, channels * taps, blocks]"},
               {"image_shape", "i64, [spatial axes]"},
               {"block_shape", "i64, [spatial axes]"}},
    .outputs = {{"output", "type of input, [batch, channels, image_shape...]"}},
    .attributes = {dilations_attribute(), pads_attribute(), strides_attribute()},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
