// Rows of two broadcast inputs, and the loop of their element type.
#include "ops/binary.h"

#include "ops/blocks.h"
#include "ops/broadcast_iteration.h"

namespace ingot {
namespace {

BinaryLoop loop_for(const Reference& node, const BinaryLoops& loops, DType dtype) {
  BinaryLoop loop = nullptr;
  if (dtype == DType::kF64) {
    loop = loops.f64;
  } else if (is_float(dtype)) {
    loop = loops.f32;
  } else if (dtype == DType::kBool) {
    loop = loops.boolean;
  } else if (const int i = integer_loop_index(dtype); i >= 0) {
    loop = loops.integers[static_cast<size_t>(i)];
  }
  if (loop == nullptr) fail_no_loop(node, dtype);
  return loop;
}

const void* at(const TensorView& tensor, int64_t element, size_t width) {
  return static_cast<const char*>(tensor.data) + static_cast<size_t>(element) * width;
}

/// A row of 16-bit or 8-bit floats, block by block in float.
void narrow_float_row(const void* function, BinaryLoop loop, const TensorView& a, int64_t at_a,
                      int64_t step_a, const TensorView& b, int64_t at_b, int64_t step_b,
                      const TensorView& y, int64_t at_y, int64_t count) {
  float block_a[kBlock], block_b[kBlock], result[kBlock];
  bool truth[kBlock];
  for (int64_t i = 0; i < count; i += kBlock) {
    const int64_t length = std::min(kBlock, count - i);
    load_block(a, at_a + i * step_a, block_a, step_a != 0 ? length : 1);
    load_block(b, at_b + i * step_b, block_b, step_b != 0 ? length : 1);
    if (y.dtype == DType::kBool) {
      loop(function, block_a, step_a, block_b, step_b, truth, length);
      std::copy(truth, truth + length, static_cast<bool*>(y.data) + at_y + i);
    } else {
      loop(function, block_a, step_a, block_b, step_b, result, length);
      store_block(y, at_y + i, result, length);
    }
  }
}

void run_pair(const Reference& node, const void* function, const BinaryLoops& loops,
              const TensorView& a, const TensorView& b) {
  const TensorView& y = node.output(0);
  const BinaryLoop loop = loop_for(node, loops, a.dtype);
  const bool narrow = is_float(a.dtype) && dtype_bytes(a.dtype) < 4;
  const size_t width = dtype_bytes(a.dtype);
  for (BroadcastRows rows(y.shape, {a.shape, b.shape}); rows.more(); rows.next()) {
    if (narrow) {
      narrow_float_row(function, loop, a, rows.offset(0), rows.step(0), b, rows.offset(1),
                       rows.step(1), y, rows.out(), rows.length());
    } else {
      loop(function, at(a, rows.offset(0), width), rows.step(0), at(b, rows.offset(1), width),
           rows.step(1), const_cast<void*>(at(y, rows.out(), dtype_bytes(y.dtype))), rows.length());
    }
  }
}

void broadcast_copy(const TensorView& x, const TensorView& y) {
  const size_t width = dtype_bytes(x.dtype);
  for (BroadcastRows rows(y.shape, {x.shape}); rows.more(); rows.next()) {
    auto* to = static_cast<char*>(y.data) + static_cast<size_t>(rows.out()) * width;
    const auto* from = static_cast<const char*>(at(x, rows.offset(0), width));
    const auto count = static_cast<size_t>(rows.length());
    if (rows.step(0) != 0) {
      std::copy_n(from, count * width, to);
    } else {
      for (size_t i = 0; i < count; ++i) std::copy_n(from, width, to + i * width);
    }
  }
}

}  // namespace

void run_binary(const Reference& node, const void* function, const BinaryLoops& loops,
                bool bool_result) {
  const int count = node.input_count();
  if (count == 2 || bool_result) {
    return run_pair(node, function, loops, node.input(0), node.input(1));
  }
  // The output holds the result so far; from the second pair on it is the first operand itself.
  if (count == 1) return broadcast_copy(node.input(0), node.output(0));
  if (node.input(0).shape == node.output(0).shape) {
    run_pair(node, function, loops, node.input(0), node.input(1));
  } else {
    broadcast_copy(node.input(0), node.output(0));
    run_pair(node, function, loops, node.output(0), node.input(1));
  }
  for (int i = 2; i < count; ++i) {
    run_pair(node, function, loops, node.output(0), node.input(i));
  }
}

}  // namespace ingot
