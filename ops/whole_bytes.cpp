// 4-bit elements as bytes of a copy.
#include "ops/whole_bytes.h"

#include "ops/blocks.h"

namespace ingot {

bool evaluate_in_whole_bytes(Reference& node, void (*evaluate)(Reference& node)) {
  const DType dtype = node.input(0).dtype;
  if (dtype != DType::kI4 && dtype != DType::kU4) return false;
  std::vector<TensorView> inputs;
  std::vector<Tensor> owners;
  for (int i = 0; i < node.input_count(); ++i) {
    inputs.push_back(node.input(i));
    if (node.input(i).dtype != dtype) continue;
    owners.push_back(Tensor::allocate(DType::kI8, node.input(i).shape));
    inputs.back() = owners.back().view();
    const std::vector<int64_t> elements = load_all<int64_t>(node.input(i));
    store_block(inputs.back(), 0, elements.data(), inputs.back().elements());
  }
  const Tensor result = Tensor::allocate(DType::kI8, node.output(0).shape);
  Reference in_bytes(node.op(), node.attributes(), std::move(inputs), {result.view()}, {});
  evaluate(in_bytes);
  const std::vector<int64_t> moved = load_all<int64_t>(result.view());
  store_block(node.output(0), 0, moved.data(), result.elements());
  return true;
}

}  // namespace ingot
