// Mean: the mean of any number of tensors, element by element.
#include "ops/binary.h"
#include "ops/blocks.h"
#include "ops/float_tensor.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_float(node, 0);
  infer_broadcast_numbers(node);
}

void evaluate(Reference& node) {
  map_number_pairs(node, [](auto a, auto b) { return wide(a) + wide(b); });
  const TensorView& sum = node.output(0);
  with_compute_type(sum.dtype, [&]<typename T>() {
    T block[kBlock];
    for (int64_t i = 0; i < sum.elements(); i += kBlock) {
      const int64_t count = std::min(kBlock, sum.elements() - i);
      load_block(sum, i, block, count);
      for (int64_t k = 0; k < count; ++k) block[k] /= static_cast<T>(node.input_count());
      store_block(sum, i, block, count);
    }
  });
}

}  // namespace

extern const OpDef kMean = {
    .name = "Mean",
    .summary = "Averages any number of tensors.",
    .inputs = {{"data_0", "float, any shape; all inputs have one type and broadcast",
                OpPort::kVariadic}},
    .outputs = {{"C", "type of the inputs, broadcast shape"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
