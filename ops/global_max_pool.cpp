// GlobalMaxPool: the greatest element of each plane.
#include <algorithm>
#include <limits>

#include "ops/pooling.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  const DType dtype = node.input(0).dtype;
  if (dtype != DType::kI8 && dtype != DType::kU8) require_float(node, 0);
  infer_global_pool(node, dtype);
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    evaluate_global_pool<T>(node, [&](const T* plane, int64_t elements) {
      T peak = -std::numeric_limits<T>::infinity();
      for (int64_t i = 0; i < elements; ++i) peak = std::max(peak, plane[i]);
      return peak;
    });
  });
}

}  // namespace

extern const OpDef kGlobalMaxPool = {
    .name = "GlobalMaxPool",
    .summary = "Takes the greatest element of each channel over all spatial axes.",
    .inputs = {{"X", "float, i8 or u8, [batch, channels, spatial...]"}},
    .outputs = {{"Y", "type of X, [batch, channels, 1...]"}},
    .attributes = {},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
