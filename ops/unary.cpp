// Chooses the loop of an element type; narrow floats go through float in blocks.
#include "ops/unary.h"

#include "core/base/error.h"
#include "ops/blocks.h"

namespace ingot {

int integer_loop_index(DType dtype) {
  switch (dtype) {
    case DType::kI8:
      return 0;
    case DType::kU8:
      return 1;
    case DType::kI16:
      return 2;
    case DType::kU16:
      return 3;
    case DType::kI32:
      return 4;
    case DType::kU32:
      return 5;
    case DType::kI64:
      return 6;
    case DType::kU64:
      return 7;
    default:
      return -1;
  }
}

void fail_no_loop(const Reference& node, DType dtype) {
  fail({"op.bad_type",
        std::string(node.op().name) + " does not compute in " + std::string(dtype_name(dtype)), "",
        "insert a Cast to f32 before it"});
}

void run_map(const Reference& node, const void* function, const UnaryLoops& loops) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const int64_t count = y.elements();
  if (is_float(x.dtype) && loops.f32 == nullptr) fail_no_loop(node, x.dtype);
  if (x.dtype == DType::kF32) return loops.f32(function, x.data, y.data, count);
  if (x.dtype == DType::kF64) return loops.f64(function, x.data, y.data, count);
  if (const int i = integer_loop_index(x.dtype); i >= 0) {
    const UnaryLoop loop = loops.integers[static_cast<size_t>(i)];
    if (loop == nullptr) fail_no_loop(node, x.dtype);
    return loop(function, x.data, y.data, count);
  }
  if (!is_float(x.dtype)) fail_no_loop(node, x.dtype);
  float block[kBlock];
  for (int64_t i = 0; i < count; i += kBlock) {
    const int64_t length = std::min(kBlock, count - i);
    load_block(x, i, block, length);
    loops.f32(function, block, block, length);
    store_block(y, i, block, length);
  }
}

}  // namespace ingot
