// GlobalLpPool: the p-norm of each plane.
#include <cmath>

#include "ops/pooling.h"

namespace ingot {
namespace {

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    const T p = static_cast<T>(node.integer("p"));
    evaluate_global_pool<T>(node, [&](const T* plane, int64_t elements) {
      T sum = 0;
      for (int64_t i = 0; i < elements; ++i) sum += std::pow(std::abs(plane[i]), p);
      return std::pow(sum, T{1} / p);
    });
  });
}

}  // namespace

extern const OpDef kGlobalLpPool = {
    .name = "GlobalLpPool",
    .summary = "Takes the p-norm of each channel over all spatial axes.",
    .inputs = {{"X", "float, [batch, channels, spatial...]"}},
    .outputs = {{"Y", "type of X, [batch, channels, 1...]"}},
    .attributes = {{"p", 2, "exponent of the norm"}},
    .infer = infer_global_pool,
    .evaluate = evaluate,
};

}  // namespace ingot
