// EyeLike: ones on a diagonal, zeros elsewhere.
#include <algorithm>
#include <cstring>

#include "ops/blocks.h"

#include "ops/reference.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.require_rank(0, 2, 2);
  const DType given = node.dtype("dtype");
  node.set_output(0, given == DType::kUndefined ? node.input(0).dtype : given, node.dims(0));
}

void evaluate(Reference& node) {
  const TensorView& y = node.output(0);
  if (y.bytes() != 0) std::memset(y.data, 0, y.bytes());
  const int64_t k = node.integer("k"), rows = y.shape[0], columns = y.shape[1];
  const int64_t one = 1;
  for (int64_t row = std::max<int64_t>(0, -k); row < rows && row + k < columns; ++row) {
    store_block(y, row * columns + row + k, &one, 1);
  }
}

}  // namespace

extern const OpDef kEyeLike = {
    .name = "EyeLike",
    .summary = "Gives ones on a diagonal and zeros elsewhere, in the shape of the input.",
    .inputs = {{"input", "any type, rank 2; only its shape is read"}},
    .outputs = {{"output", "type dtype, shape of input"}},
    .attributes = {{"dtype", DType::kUndefined, "type of the output; without it that of input"},
                   {"k", 0, "which diagonal: 0 the main one, positive above it"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.shape_only = true},
};

}  // namespace ingot
