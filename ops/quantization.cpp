// Scales per tensor, axis or block.
#include "ops/quantization.h"

#include "core/base/error.h"
#include "ops/float_tensor.h"
#include "ops/outputs.h"

namespace ingot {

ScaleMap::ScaleMap(const NodeAttributes& node, const Shape& x, const Shape& scale) {
  if (scale.elements() == 1 && scale.rank() <= 1) {
    inner_ = x.elements();
    return;
  }
  const int axis = node.axis("axis", x.rank());
  const AxisSplit split = AxisSplit::at(x, axis);
  outer_ = split.outer;
  length_ = split.length;
  inner_ = split.inner;
  per_axis_ = scale.rank() == 1 && node.integer("block_size") == 0;
  blocked_ = !per_axis_;
  bool fits = scale.rank() == (per_axis_ ? 1 : x.rank());
  if (blocked_) {
    block_ = node.integer("block_size");
    fits = fits && block_ > 0;
    for (int k = 0; fits && k < x.rank(); ++k) {
      fits = scale[k] == (k == axis ? (x[k] + block_ - 1) / block_ : x[k]);
    }
    scale_length_ = fits ? scale[axis] : 1;
  } else {
    fits = fits && scale.elements() == length_;
  }
  if (!fits) {
    fail({"op.bad_shape",
          std::string(node.op().name) + ": scales of shape " + scale.to_string() +
              " do not fit a tensor of shape " + x.to_string() + " along axis " +
              std::to_string(axis),
          "", "give one scale per tensor, per element of the axis, or per block"});
  }
}

std::vector<float> zero_points(const Reference& node, size_t scales) {
  if (!node.has_input(2)) return std::vector<float>(scales, 0);
  std::vector<float> zeros = node.input_floats(2);
  require_fit(node, zeros.size() == scales);
  return zeros;
}

void require_scales(const InferContext& node) {
  if (!is_float(node.input(1).dtype)) {
    node.fail("op.bad_type", "the scale must be a float", "cast it");
  }
  if (node.rank(1) == 1 && node.dims(1)[0].is_constant() && node.dims(1)[0].constant() != 1) {
    const int axis = node.axis("axis", node.rank(0));
    require_equal(node, node.dims(1)[0], node.dims(0)[static_cast<size_t>(axis)],
                  "number of scales and size of the axis");
  } else if (node.rank(1) > 1) {
    node.require_rank(1, node.rank(0), node.rank(0));
  }
  if (!node.has_input(2)) return;
  // One element may be written as a scalar or as a tensor of one axis.
  const bool both_flat = node.rank(1) <= 1 && node.rank(2) <= 1;
  if (!both_flat) node.require_rank(2, node.rank(1), node.rank(1));
  require_equal(node, elements(node.dims(1)), elements(node.dims(2)),
                "number of scales and of zero points");
}

}  // namespace ingot
