// GlobalAveragePool: the mean of each plane.
#include "ops/pooling.h"

namespace ingot {
namespace {

void infer(InferContext& node) { infer_global_pool(node, mean_dtype(node)); }

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() {
    evaluate_global_pool<T>(node, [&](const T* plane, int64_t elements) {
      // A float sum over a large plane would lose the digits that networks for text depend on.
      double sum = 0;
      for (int64_t i = 0; i < elements; ++i) sum += plane[i];
      return static_cast<T>(sum / static_cast<double>(elements));
    });
  });
}

}  // namespace

extern const OpDef kGlobalAveragePool = {
    .name = "GlobalAveragePool",
    .summary = "Takes the mean of each channel over all spatial axes.",
    .inputs = {{"X", "float, i8 or u8, [batch, channels, spatial...]"}},
    .outputs = {{"Y", "type of X or `dtype`, [batch, channels, 1...]"}},
    .attributes = {mean_dtype_attribute()},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
