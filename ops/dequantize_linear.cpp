// DequantizeLinear: (x - zero_point) * scale.
#include <algorithm>

#include "ops/blocks.h"
#include "ops/quantization.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_scales(node);
  if (node.has_input(2)) node.require_same_dtype(0, 2);
  const DType given = node.dtype("output_dtype");
  node.set_output(0, given == DType::kUndefined ? node.input(1).dtype : given, node.dims(0));
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const std::vector<float> scales = load_all<float>(node.input(1));
  const std::vector<float> zeros = zero_points(node, scales.size());
  ScaleMap(node, x.shape, node.input(1).shape)
      .for_each_run([&](int64_t first, int64_t count, int64_t which) {
        const float scale = scales[static_cast<size_t>(which)];
        const float zero = zeros[static_cast<size_t>(which)];
        float block[kBlock];
        for (int64_t done = 0; done < count; done += kBlock) {
          const int64_t length = std::min(kBlock, count - done);
          load_block(x, first + done, block, length);
          for (int64_t i = 0; i < length; ++i) block[i] = (block[i] - zero) * scale;
          store_block(y, first + done, block, length);
        }
      });
}

}  // namespace

extern const OpDef kDequantizeLinear = {
    .name = "DequantizeLinear",
    .summary = "Turns quantised values back into numbers.",
    .inputs = {{"x", "i8, u8, i16, u16, i32, i4, u4, f8e4m3 or f8e5m2, any shape"},
               {"x_scale", "float: a scalar, one per element of the axis, or one per block"},
               {"x_zero_point", "type of x, shape of x_scale; without it 0", OpPort::kOptional}},
    .outputs = {{"y", "type of x_scale or output_dtype, shape of x"}},
    .attributes = {{"axis", 1, "the axis that the scales belong to"},
                   {"block_size", 0, "elements of the axis that share a scale; 0: no blocks"},
                   {"output_dtype", DType::kUndefined, "type of y; without it that of x_scale"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
