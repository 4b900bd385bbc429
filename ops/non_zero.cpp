// NonZero: the coordinates of the elements that are not zero, in row-major order.
#include "ops/blocks.h"
#include "ops/outputs.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.set_output(0, DType::kI64, {Dim(node.rank(0)), node.unknown_dim(0, 1)});
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  std::vector<int64_t> found;
  double block[kBlock];
  for (int64_t first = 0; first < x.elements(); first += kBlock) {
    const int64_t count = std::min(kBlock, x.elements() - first);
    load_block(x, first, block, count);
    for (int64_t i = 0; i < count; ++i) {
      if (block[i] != 0) found.push_back(first + i);
    }
  }
  const int rank = x.shape.rank();
  const auto count = static_cast<int64_t>(found.size());
  const TensorView y = output_like(node, 0, DType::kI64, {rank, count});
  auto* to = static_cast<int64_t*>(y.data);
  for (int axis = rank - 1; axis >= 0; --axis) {
    for (int64_t i = 0; i < count; ++i) {
      int64_t& left = found[static_cast<size_t>(i)];
      to[axis * count + i] = left % x.shape[axis];
      left /= x.shape[axis];
    }
  }
}

}  // namespace

extern const OpDef kNonZero = {
    .name = "NonZero",
    .summary = "Finds the elements that are not zero.",
    .inputs = {{"X", "any type, any shape"}},
    .outputs = {{"Y", "i64, [rank of X, found]: one column of coordinates per element"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.data_dependent_shape = true},
};

}  // namespace ingot
