// Shape rules and attributes of pools.
#include "ops/pooling.h"

#include <fmt/format.h>

namespace ingot {

void infer_pool(InferContext& node, int output, DType dtype) {
  node.require_rank(0, 3, 5);
  const SymbolicShape& image = node.dims(0);
  check_window_attributes(node, image.size() - 2);
  const std::vector<int64_t> kernel = node.integers("kernel_shape");
  if (kernel.size() != image.size() - 2) {
    node.fail("op.bad_attribute", "kernel_shape needs one number for each spatial axis",
              "correct the attribute");
  }
  const SpatialWindow window = spatial_window(node, kernel);
  SymbolicShape dims = {image[0], image[1]};
  for (size_t i = 2; i < image.size(); ++i) {
    dims.push_back(window.output_size(static_cast<int>(i - 2), image[i]));
  }
  node.set_output(output, dtype, std::move(dims));
}

std::vector<OpAttribute> pool_attributes(std::vector<OpAttribute> more) {
  std::vector<OpAttribute> attributes = {
      auto_pad_attribute(),
      {"ceil_mode", 0, "1: round output sizes up, so that the last window may overhang"},
      dilations_attribute(),
      kernel_shape_attribute(true),
      pads_attribute(),
      strides_attribute()};
  attributes.insert(attributes.end(), more.begin(), more.end());
  return attributes;
}

Window pool_window(const Reference& node) {
  return window_over(spatial_window(node, node.integers("kernel_shape")), node.input(0).shape,
                     node.output(0).shape);
}

DType mean_dtype(const InferContext& node) {
  const DType dtype = node.input(0).dtype, given = node.dtype("dtype");
  const bool narrow = dtype == DType::kI8 || dtype == DType::kU8;
  if (!narrow) require_float(node, 0);
  const bool fits = narrow ? given == DType::kF32 || given == DType::kF16 || given == DType::kBF16
                           : given == DType::kUndefined || given == dtype;
  if (fits) return narrow ? given : dtype;
  node.fail("op.bad_type",
            fmt::format("a mean of {} with dtype={}", dtype_name(dtype), dtype_name(given)),
            narrow ? "give dtype=f32" : "cast the result");
}

OpAttribute mean_dtype_attribute() {
  return {"dtype", DType::kUndefined, "float type of the mean of i8 or u8 (our own)"};
}

void infer_global_pool(InferContext& node) {
  require_float(node, 0);
  infer_global_pool(node, node.input(0).dtype);
}

void infer_global_pool(InferContext& node, DType dtype) {
  node.require_rank(0, 2);
  SymbolicShape dims = node.dims(0);
  for (size_t i = 2; i < dims.size(); ++i) dims[i] = 1;
  node.set_output(0, dtype, std::move(dims));
}

}  // namespace ingot
