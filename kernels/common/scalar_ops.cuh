// The scalar operations that generated expressions are made of (compiler/jit/expression_code.h), by
// the names of core/node/expression.h. Arithmetic and comparisons are for float, double and
// long long; the others for float. What e^x is a part of only is made of the fast one, whose error
// stays below that of the result's other parts.
#pragma once

#include "kernels/common/types.cuh"

namespace ingot::kernels {

template <typename T>
inline constexpr bool kHasNan = true;
template <>
inline constexpr bool kHasNan<long long> = false;

/// To `Value`, in which an expression is computed.
template <typename Value, typename T>
__device__ inline Value to_value(T x) {
  return static_cast<Value>(x);
}
template <>
__device__ inline float to_value<float, half_t>(half_t x) {
  return to_float(x);
}
template <>
__device__ inline float to_value<float, bfloat16_t>(bfloat16_t x) {
  return to_float(x);
}
template <>
__device__ inline float to_value<float, float8_t>(float8_t x) {
  return to_float(x);
}
template <>
__device__ inline double to_value<double, float8_t>(float8_t x) {
  return to_float(x);
}
template <>
__device__ inline double to_value<double, half_t>(half_t x) {
  return to_float(x);
}
template <>
__device__ inline double to_value<double, bfloat16_t>(bfloat16_t x) {
  return to_float(x);
}

/// And back: integers wrap, floats that become integers are cut off, what is not 0 is true.
template <typename T>
struct FromValue {
  template <typename Value>
  __device__ static T convert(Value x) {
    return static_cast<T>(static_cast<long long>(x));
  }
};
template <>
struct FromValue<bool> {
  template <typename Value>
  __device__ static bool convert(Value x) {
    return x != Value(0);
  }
};
template <>
struct FromValue<unsigned long long> {
  template <typename Value>
  __device__ static unsigned long long convert(Value x) {
    return static_cast<unsigned long long>(x);
  }
};
template <>
struct FromValue<double> {
  template <typename Value>
  __device__ static double convert(Value x) {
    return static_cast<double>(x);
  }
};
template <>
struct FromValue<float> {
  template <typename Value>
  __device__ static float convert(Value x) {
    return static_cast<float>(x);
  }
};
template <>
struct FromValue<half_t> {
  template <typename Value>
  __device__ static half_t convert(Value x) {
    return from_float<half_t>(static_cast<float>(x));
  }
};
template <>
struct FromValue<float8_t> {
  template <typename Value>
  __device__ static float8_t convert(Value x) {
    return from_float<float8_t>(static_cast<float>(x));
  }
};
template <>
struct FromValue<bfloat16_t> {
  template <typename Value>
  __device__ static bfloat16_t convert(Value x) {
    return from_float<bfloat16_t>(static_cast<float>(x));
  }
};

/// Of pointwise kernels, whose preamble says whether bytes are quantised numbers: then a float rounds
/// to the nearest and saturates.
template <typename T, bool rounds, typename Value>
__device__ inline T result_from(Value x) {
  if constexpr (rounds) {
    return from_float<T>(x);
  } else {
    return FromValue<T>::convert(x);
  }
}

// ---- arithmetic and comparisons ----

template <typename T>
__device__ inline T op_abs(T a) {
  return a < T(0) ? -a : a;
}
template <>
__device__ inline float op_abs<float>(float a) {
  return fabsf(a);
}
template <typename T>
__device__ inline T op_neg(T a) {
  return -a;
}
template <typename T>
__device__ inline T op_relu(T a) {
  return a < T(0) ? T(0) : a;
}
template <typename T>
__device__ inline T op_sign(T a) {
  return a > T(0) ? T(1) : a < T(0) ? T(-1) : a;
}
template <typename T>
__device__ inline T op_not(T a) {
  return T(a == T(0));
}
template <typename T>
__device__ inline T op_is_nan(T a) {
  return T(a != a);
}
template <typename T>
__device__ inline T op_add(T a, T b) {
  return a + b;
}
template <typename T>
__device__ inline T op_sub(T a, T b) {
  return a - b;
}
template <typename T>
__device__ inline T op_mul(T a, T b) {
  return a * b;
}
template <typename T>
__device__ inline T op_div(T a, T b) {
  return a / b;
}
/// Never a trap: 0 where b is 0.
template <>
__device__ inline long long op_div<long long>(long long a, long long b) {
  return b == 0 ? 0 : b == -1 ? -a : a / b;
}
/// The remainder with the sign of a, and with that of b. Never a trap.
__device__ inline long long op_remainder(long long a, long long b) {
  return b == 0 || b == -1 ? 0 : a % b;
}
__device__ inline long long op_mod(long long a, long long b) {
  const long long rest = op_remainder(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
__device__ inline float op_mod(float a, float b) {
  const float rest = fmodf(a, b);
  return rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}
/// A NaN of either side is passed on.
template <typename T>
__device__ inline T op_min(T a, T b) {
  if constexpr (kHasNan<T>) return a < b || a != a ? a : b;
  return a < b ? a : b;
}
template <typename T>
__device__ inline T op_max(T a, T b) {
  if constexpr (kHasNan<T>) return a > b || a != a ? a : b;
  return a > b ? a : b;
}
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
template <>
__device__ inline float op_min<float>(float a, float b) {
  float y;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
  return y;
}
template <>
__device__ inline float op_max<float>(float a, float b) {
  float y;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
  return y;
}
#endif
template <typename T>
__device__ inline T op_less(T a, T b) {
  return T(a < b);
}
template <typename T>
__device__ inline T op_greater(T a, T b) {
  return T(a > b);
}
template <typename T>
__device__ inline T op_equal(T a, T b) {
  return T(a == b);
}
template <typename T>
__device__ inline T op_less_or_equal(T a, T b) {
  return T(a <= b);
}
template <typename T>
__device__ inline T op_greater_or_equal(T a, T b) {
  return T(a >= b);
}
template <typename T>
__device__ inline T op_and(T a, T b) {
  return T(a != T(0) && b != T(0));
}
template <typename T>
__device__ inline T op_or(T a, T b) {
  return T(a != T(0) || b != T(0));
}
template <typename T>
__device__ inline T op_xor(T a, T b) {
  return T((a != T(0)) != (b != T(0)));
}
template <typename T>
__device__ inline T op_prelu(T a, T b) {
  return a < T(0) ? a * b : a;
}
template <typename T>
__device__ inline T op_select(T a, T b, T c) {
  return a != T(0) ? b : c;
}
template <typename T>
__device__ inline T op_clip(T a, T b, T c) {
  return op_min(op_max(a, b), c);
}

// ---- floats ----

__device__ inline float op_exp(float a) { return expf(a); }
__device__ inline float op_log(float a) { return logf(a); }
__device__ inline float op_sqrt(float a) { return sqrtf(a); }
__device__ inline float op_rsqrt(float a) { return rsqrtf(a); }
__device__ inline float op_reciprocal(float a) { return 1.0f / a; }
__device__ inline float op_erf(float a) { return erff(a); }
__device__ inline float op_tanh(float a) { return tanhf(a); }
__device__ inline float op_floor(float a) { return floorf(a); }
__device__ inline float op_ceil(float a) { return ceilf(a); }
__device__ inline float op_round(float a) { return rintf(a); }
__device__ inline float op_sin(float a) { return sinf(a); }
__device__ inline float op_cos(float a) { return cosf(a); }
__device__ inline float op_pow(float a, float b) { return powf(a, b); }
__device__ inline float op_elu(float a, float b) { return a < 0.0f ? b * expm1f(a) : a; }
__device__ inline float op_sigmoid(float a) { return __fdividef(1.0f, 1.0f + __expf(-a)); }
__device__ inline float op_silu(float a) { return a * op_sigmoid(a); }
// 1 - erf by Abramowitz and Stegun's 7.1.26, whose error is at most 1.5e-7, in fewer instructions
// than erff: at the end of a matrix product nothing hides them.
__device__ inline float op_gelu(float a) {
  const float z = fabsf(a) * 0.70710678118654752f;
  const float t = __fdividef(1.0f, 1.0f + 0.3275911f * z);
  float tail = 1.061405429f * t - 1.453152027f;
  tail = tail * t + 1.421413741f;
  tail = tail * t - 0.284496736f;
  tail = tail * t + 0.254829592f;
  tail *= t * __expf(-z * z);
  return 0.5f * a * (a < 0 ? tail : 2.0f - tail);
}
/// 0.5 (1 + tanh(u)) is the sigmoid of 2u.
__device__ inline float op_gelu_tanh(float a) {
  return a * op_sigmoid(1.5957691216057308f * (a + 0.044715f * a * a * a));
}
__device__ inline float op_hard_sigmoid(float a, float b, float c) {
  return op_min(op_max(a * b + c, 0.0f), 1.0f);
}
__device__ inline float op_hard_swish(float a) {
  return a * op_hard_sigmoid(a, 0.16666666666666667f, 0.5f);
}
/// log(1 + e^a) without overflow.
__device__ inline float op_softplus(float a) {
  return log1pf(__expf(-fabsf(a))) + (a > 0.0f ? a : 0.0f);
}
__device__ inline float op_softsign(float a) { return a / (1.0f + fabsf(a)); }
/// tanh(log(1 + e)) is (e^2 + 2e) / (e^2 + 2e + 2); 1 from a = 20 on.
__device__ inline float op_mish(float a) {
  const float e = __expf(a > 20.0f ? 20.0f : a);
  const float n = e * (e + 2.0f);
  return a * __fdividef(n, n + 2.0f);
}

}  // namespace ingot::kernels
