// DynamicQuantizeLinear: quantises to u8 over the range of the values themselves.
#include <algorithm>
#include <cmath>

#include "ops/float_tensor.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  node.set_output(0, DType::kU8, node.dims(0));
  if (node.output_count() > 1) node.set_output(1, DType::kF32, {});
  if (node.output_count() > 2) node.set_output(2, DType::kU8, {});
}

void evaluate(Reference& node) {
  const Elements<float> x(node.input(0));
  const int64_t count = node.input(0).elements();
  float low = 0, high = 0;  // the range always holds zero
  for (int64_t i = 0; i < count; ++i) {
    low = std::min(low, x[i]);
    high = std::max(high, x[i]);
  }
  const float scale = (high == low ? 1.0F : high - low) / 255.0F;
  const float zero = std::nearbyint(std::clamp(-low / scale, 0.0F, 255.0F));
  ElementsToStore<float> y(node.output(0));
  for (int64_t i = 0; i < count; ++i) y[i] = std::nearbyint(x[i] / scale) + zero;
  if (node.has_output(1)) store_elements(&scale, node.output(1));
  if (node.has_output(2)) store_elements(&zero, node.output(2));
}

}  // namespace

extern const OpDef kDynamicQuantizeLinear = {
    .name = "DynamicQuantizeLinear",
    .summary = "Quantises to u8 with a scale from the range of the values themselves.",
    .inputs = {{"x", "float, any shape"}},
    .outputs = {{"y", "u8, shape of x"},
                {"y_scale", "f32, a scalar"},
                {"y_zero_point", "u8, a scalar"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
