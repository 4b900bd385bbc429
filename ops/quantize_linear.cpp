// QuantizeLinear: saturate(round(x / scale) + zero_point), halves rounded to even.
#include <algorithm>
#include <cmath>

#include "ops/blocks.h"
#include "ops/conversion.h"
#include "ops/quantization.h"

namespace ingot {
namespace {

DType result_type(const InferContext& node) {
  if (node.has_input(2)) return node.input(2).dtype;
  const DType given = node.dtype("output_dtype");
  return given == DType::kUndefined ? DType::kU8 : given;
}

void infer(InferContext& node) {
  require_scales(node);
  const DType dtype = result_type(node);
  const int bits = dtype_bits(dtype);
  if (bits > 16 || (bits == 16 && is_float(dtype)) || dtype == DType::kBool) {
    node.fail("op.bad_type", "the quantised type cannot be " + std::string(dtype_name(dtype)),
              "use i8, u8, i16, u16, i4, u4, f8e4m3 or f8e5m2");
  }
  node.set_output(0, dtype, node.dims(0));
}

struct Limits {
  double low, high;
};

Limits limits_of(DType dtype) {
  const int bits = dtype_bits(dtype);
  if (is_signed_integer(dtype)) return {-std::exp2(bits - 1), std::exp2(bits - 1) - 1};
  return {0, std::exp2(bits) - 1};
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const std::vector<float> scales = load_all<float>(node.input(1));
  const std::vector<float> zeros = zero_points(node, scales.size());
  const bool to_float = is_float(y.dtype);
  const bool saturate = node.integer("saturate") != 0;
  const Limits limits = to_float ? Limits{} : limits_of(y.dtype);
  ScaleMap(node, x.shape, node.input(1).shape)
      .for_each_run([&](int64_t first, int64_t count, int64_t which) {
        const float scale = scales[static_cast<size_t>(which)];
        const double zero = zeros[static_cast<size_t>(which)];
        float block[kBlock];
        int64_t integers[kBlock];
        for (int64_t done = 0; done < count; done += kBlock) {
          const int64_t length = std::min(kBlock, count - done);
          load_block(x, first + done, block, length);
          for (int64_t i = 0; i < length; ++i) block[i] /= scale;
          if (to_float) {
            store_block(y, first + done, block, length);
            if (!saturate) mark_overflow(block, y, first + done, length);
            continue;
          }
          for (int64_t i = 0; i < length; ++i) {
            const double value = std::nearbyint(block[i]) + zero;
            // NaN fails both comparisons and becomes the zero point.
            integers[i] = static_cast<int64_t>(value < limits.low    ? limits.low
                                               : value > limits.high ? limits.high
                                               : value == value      ? value
                                                                     : zero);
          }
          store_block(y, first + done, integers, length);
        }
      });
}

}  // namespace

extern const OpDef kQuantizeLinear = {
    .name = "QuantizeLinear",
    .summary = "Rounds x / scale to a narrow type.",
    .inputs = {{"x", "float or i32, any shape"},
               {"y_scale", "float: a scalar, one per element of the axis, or one per block"},
               {"y_zero_point", "the quantised type, shape of y_scale; without it 0",
                OpPort::kOptional}},
    .outputs = {{"y", "type of y_zero_point or output_dtype or u8, shape of x"}},
    .attributes = {{"axis", 1, "the axis that the scales belong to"},
                   {"block_size", 0, "elements of the axis that share a scale; 0: no blocks"},
                   {"output_dtype", DType::kUndefined, "the quantised type, without zero point"},
                   {"precision", DType::kUndefined, "type of the division; f32 here"},
                   {"saturate", 1,
                    "0: what is too large for an 8-bit float becomes its infinity or NaN"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
