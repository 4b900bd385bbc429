// Evaluation of operators on two (or more) inputs that broadcast. The loops are instantiated for
// few types: 16-bit and 8-bit floats go through float in blocks.
#pragma once

#include <array>

#include "ops/unary.h"

namespace ingot {

/// y[i] = function(a[i * step_a], b[i * step_b]), steps 0 or 1. y may be a.
using BinaryLoop = void (*)(const void* function, const void* a, int64_t step_a, const void* b,
                            int64_t step_b, void* y, int64_t count);

struct BinaryLoops {
  BinaryLoop f32 = nullptr, f64 = nullptr;
  std::array<BinaryLoop, 8> integers = {};  ///< i8, u8, i16, u16, i32, u32, i64, u64
  BinaryLoop boolean = nullptr;
};

/// Output 0 from inputs 0 and 1 of one dtype; the output has that dtype, or is bool where
/// `bool_result`. More inputs are folded from the left: f(f(a, b), c). One input is copied.
void run_binary(const Reference& node, const void* function, const BinaryLoops& loops,
                bool bool_result = false);

/// Integers as uint64_t, whose arithmetic wraps where theirs would be undefined; floats as they are.
/// The result is cut back to the element type when it is stored.
template <typename T>
auto wide(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    return x;
  } else {
    return static_cast<uint64_t>(x);
  }
}

template <typename T, typename Result, typename Function>
void binary_loop(const void* function, const void* a, int64_t step_a, const void* b, int64_t step_b,
                 void* y, int64_t count) {
  const auto& apply = *static_cast<const Function*>(function);
  const auto* x0 = static_cast<const T*>(a);
  const auto* x1 = static_cast<const T*>(b);
  auto* to = static_cast<Result*>(y);
  // Three loops, so that each is a plain one.
  if (step_a != 0 && step_b != 0) {
    for (int64_t i = 0; i < count; ++i) to[i] = static_cast<Result>(apply(x0[i], x1[i]));
  } else if (step_a != 0) {
    const T second = *x1;
    for (int64_t i = 0; i < count; ++i) to[i] = static_cast<Result>(apply(x0[i], second));
  } else {
    const T first = *x0;
    for (int64_t i = 0; i < count; ++i) {
      to[i] = static_cast<Result>(apply(first, x1[i * step_b]));
    }
  }
}

template <typename Function>
constexpr std::array<BinaryLoop, 8> integer_binary_loops() {
  return {binary_loop<int8_t, int8_t, Function>,   binary_loop<uint8_t, uint8_t, Function>,
          binary_loop<int16_t, int16_t, Function>, binary_loop<uint16_t, uint16_t, Function>,
          binary_loop<int32_t, int32_t, Function>, binary_loop<uint32_t, uint32_t, Function>,
          binary_loop<int64_t, int64_t, Function>, binary_loop<uint64_t, uint64_t, Function>};
}

/// `function` takes two arguments of any one number type: [](auto a, auto b) { return a + b; }
template <typename Function>
void map_number_pairs(const Reference& node, const Function& function) {
  run_binary(node, &function,
             {.f32 = binary_loop<float, float, Function>,
              .f64 = binary_loop<double, double, Function>,
              .integers = integer_binary_loops<Function>()});
}

template <typename Function>
void map_integer_pairs(const Reference& node, const Function& function) {
  run_binary(node, &function, {.integers = integer_binary_loops<Function>()});
}

/// Two numbers or bools to a bool.
template <typename Function>
void compare_pairs(const Reference& node, const Function& function) {
  run_binary(
      node, &function,
      {.f32 = binary_loop<float, bool, Function>,
       .f64 = binary_loop<double, bool, Function>,
       .integers = {binary_loop<int8_t, bool, Function>, binary_loop<uint8_t, bool, Function>,
                    binary_loop<int16_t, bool, Function>, binary_loop<uint16_t, bool, Function>,
                    binary_loop<int32_t, bool, Function>, binary_loop<uint32_t, bool, Function>,
                    binary_loop<int64_t, bool, Function>, binary_loop<uint64_t, bool, Function>},
       .boolean = binary_loop<bool, bool, Function>},
      true);
}

/// Two bools to a bool.
template <typename Function>
void map_bool_pairs(const Reference& node, const Function& function) {
  run_binary(node, &function, {.boolean = binary_loop<bool, bool, Function>}, true);
}

}  // namespace ingot
