// Evaluation of operators that map each element by a function of one argument. The loops are
// instantiated for few types: 16-bit and 8-bit floats go through float in blocks.
#pragma once

#include <array>

#include "ops/elementwise.h"
#include "ops/reference.h"

namespace ingot {

/// y[i] = function(x[i]); `function` points to the caller's function object.
using UnaryLoop = void (*)(const void* function, const void* x, void* y, int64_t count);

struct UnaryLoops {
  UnaryLoop f32 = nullptr, f64 = nullptr;
  std::array<UnaryLoop, 8> integers = {};  ///< i8, u8, i16, u16, i32, u32, i64, u64
};

/// Output 0 from input 0, of the same dtype.
void run_map(const Reference& node, const void* function, const UnaryLoops& loops);

template <typename T, typename Function>
void unary_loop(const void* function, const void* x, void* y, int64_t count) {
  const auto& apply = *static_cast<const Function*>(function);
  const auto* from = static_cast<const T*>(x);
  auto* to = static_cast<T*>(y);
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(apply(from[i]));
}

/// `function` takes float and double: [](auto x) { return std::exp(x); }
template <typename Function>
void map_floats(const Reference& node, const Function& function) {
  run_map(node, &function,
          {.f32 = unary_loop<float, Function>, .f64 = unary_loop<double, Function>});
}

template <typename Function>
constexpr std::array<UnaryLoop, 8> integer_loops() {
  return {unary_loop<int8_t, Function>,  unary_loop<uint8_t, Function>,
          unary_loop<int16_t, Function>, unary_loop<uint16_t, Function>,
          unary_loop<int32_t, Function>, unary_loop<uint32_t, Function>,
          unary_loop<int64_t, Function>, unary_loop<uint64_t, Function>};
}

/// `function` takes every integer type as well.
template <typename Function>
void map_numbers(const Reference& node, const Function& function) {
  run_map(node, &function,
          {.f32 = unary_loop<float, Function>,
           .f64 = unary_loop<double, Function>,
           .integers = integer_loops<Function>()});
}

template <typename Function>
void map_integers(const Reference& node, const Function& function) {
  run_map(node, &function, {.integers = integer_loops<Function>()});
}

/// Index of an integer type in the tables of loops, or -1.
int integer_loop_index(DType dtype);

/// Fails with "op.bad_type".
[[noreturn]] void fail_no_loop(const Reference& node, DType dtype);

}  // namespace ingot
