// MaxUnpool: puts elements back to the places that MaxPool took them from, zeros elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "ops/blocks.h"
#include "ops/outputs.h"
#include "ops/window.h"

namespace ingot {
namespace {

/// Size of the pooled image that the attributes alone give.
SymbolicShape unpooled(const NodeAttributes& node, const SymbolicShape& dims) {
  const SpatialWindow window = spatial_window(node, node.integers("kernel_shape"));
  SymbolicShape result = {dims[0], dims[1]};
  const size_t axes = window.kernel.size();
  for (size_t i = 0; i < axes; ++i) {
    result.push_back((dims[i + 2] - Dim(1)) * Dim(window.strides[i]) +
                     Dim(window.kernel[i] - window.pads[i] - window.pads[i + axes]));
  }
  return result;
}

void infer(InferContext& node) {
  node.require_rank(0, 3, 5);
  check_window_attributes(node, node.dims(0).size() - 2);
  if (node.integers("kernel_shape").size() != node.dims(0).size() - 2) {
    node.fail("op.bad_attribute", "kernel_shape needs one number for each spatial axis",
              "correct the attribute");
  }
  SymbolicShape dims = unpooled(node, node.dims(0));
  if (node.has_input(2)) {
    const auto asked = node.known_dims(2);
    for (int i = 0; i < node.rank(0); ++i) {
      dims[static_cast<size_t>(i)] = asked && asked->size() == dims.size()
                                         ? (*asked)[static_cast<size_t>(i)]
                                         : node.unknown_dim(0, i);
    }
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const TensorView& x = node.input(0);
  const Shape& output = node.output(0).shape;
  // Indices count in the image that the attributes give; output_shape only makes room around it.
  const SymbolicShape inner = unpooled(node, SymbolicShape(x.shape.begin(), x.shape.end()));
  const std::vector<int64_t> indices = load_all<int64_t>(node.input(1));
  const size_t size = dtype_bytes(x.dtype);
  const auto* from = static_cast<const std::byte*>(x.data);
  auto* to = static_cast<std::byte*>(node.output(0).data);
  std::memset(to, 0, node.output(0).bytes());
  for (size_t i = 0; i < indices.size(); ++i) {
    int64_t rest = indices[i], offset = 0, stride = 1;
    bool inside = rest >= 0;
    for (int axis = output.rank() - 1; axis >= 0; --axis) {
      const int64_t length = inner[static_cast<size_t>(axis)].constant();
      const int64_t at = length ? rest % length : 0;
      inside = inside && at < output[axis];
      offset += at * stride;
      stride *= output[axis];
      rest = length ? rest / length : 0;
    }
    if (!inside || rest != 0) {
      fail({"op.bad_index", fmt::format("MaxUnpool: index {} is outside of the output", indices[i]),
            "", "check kernel_shape, strides and output_shape"});
    }
    std::memcpy(to + static_cast<size_t>(offset) * size, from + i * size, size);
  }
}

}  // namespace

extern const OpDef kMaxUnpool = {
    .name = "MaxUnpool",
    .summary = "Puts elements back to the places that MaxPool took them from.",
    .inputs = {{"X", "any type, [batch, channels, spatial...]"},
               {"I", "i64, shape of X: positions in the output, seen as one axis"},
               {"output_shape", "i64, [rank]: a larger output", OpPort::kOptional}},
    .outputs = {{"output", "type of X, [batch, channels, spatial...]"}},
    .attributes = {kernel_shape_attribute(true), pads_attribute(), strides_attribute()},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
