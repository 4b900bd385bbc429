// Transcendental functions on vectors, within a few units in the last place of the C library.
#pragma once

#include "runtime/cpu/simd.h"

namespace ingot::INGOT_ISA_NAMESPACE {

inline constexpr float kInfinity = __builtin_inff();

/// x = n ln 2 + rest with |rest| <= ln 2 / 2; gives e^rest - 1 and n.
INGOT_INLINE VecF exp_reduced(VecF x, VecF* n) {
  *n = round(x * 1.44269504F);
  VecF rest = fma(*n, splat(-0.693145752F), x);
  rest = fma(*n, splat(-1.42860677e-6F), rest);
  VecF p = splat(1.37805939e-3F);
  p = fma(p, rest, splat(8.37312452e-3F));
  p = fma(p, rest, splat(4.16695364e-2F));
  p = fma(p, rest, splat(1.66664720e-1F));
  p = fma(p, rest, splat(4.99999851e-1F));
  return fma(p * rest, rest, rest);
}

/// 2^n for integers -126 <= n <= 127.
INGOT_INLINE VecF power_of_two(VecF n) { return from_bits((to_int(n) + 127) << 23); }

/// For |x| that give normal numbers; smaller x are 0, greater ones are cut at 3e38. Half the price
/// of the exact one at the ends; NaN becomes a number.
INGOT_INLINE VecF exp_normal(VecF x) {
  VecF n;
  const VecF cut = min(max(x, splat(-87.3F)), splat(88.37F));
  const VecF power = exp_reduced(cut, &n);
  const VecF scale = power_of_two(n);
  return from_bits(bits_of(fma(power, scale, scale)) & (x >= -87.3F));
}

/// Down to subnormal numbers and up to infinity; NaN stays NaN.
INGOT_INLINE VecF exp(VecF x) {
  VecF n;
  const VecF cut = min(splat(90), max(splat(-105), x));  // the order keeps a NaN
  const VecF power = exp_reduced(cut, &n) + 1.0F;
  const VecF half = round(n * 0.5F);
  return power * power_of_two(half) * power_of_two(n - half);
}

/// e^x - 1 without cancellation near 0.
INGOT_INLINE VecF expm1(VecF x) {
  VecF n;
  const VecF cut = min(splat(88.37F), max(splat(-30), x));
  const VecF power = exp_reduced(cut, &n);
  const VecF scale = power_of_two(n);
  return blend(x > 88.37F, exp(x), fma(power, scale, scale - 1.0F));
}

INGOT_INLINE VecF log(VecF x) {
  // Subnormal numbers are scaled up first.
  const VecI small = x < 1.17549435e-38F;
  const VecF scaled = blend(small, x * 8388608.0F, x);
  // mantissa in [sqrt(1/2), sqrt(2)).
  const VecI bits = wrapping_subtract(bits_of(scaled), bits_of(splat(0.707106769F)));
  const VecI exponent = bits >> 23;
  const VecF mantissa = from_bits((bits & 0x7fffff) + bits_of(splat(0.707106769F)));
  const VecF n = to_float(exponent) - from_bits(small & bits_of(splat(23)));
  const VecF f = mantissa - 1.0F;
  const VecF square = f * f;
  VecF p = splat(7.0376836292e-2F);
  p = fma(p, f, splat(-1.1514610310e-1F));
  p = fma(p, f, splat(1.1676998740e-1F));
  p = fma(p, f, splat(-1.2420140846e-1F));
  p = fma(p, f, splat(1.4249322787e-1F));
  p = fma(p, f, splat(-1.6668057665e-1F));
  p = fma(p, f, splat(2.0000714765e-1F));
  p = fma(p, f, splat(-2.4999993993e-1F));
  p = fma(p, f, splat(3.3333331174e-1F));
  VecF y = p * f * square;
  y = fma(n, splat(-2.12194440e-4F), y);
  y = fma(square, splat(-0.5F), y);
  y = fma(n, splat(0.693359375F), f + y);
  y = blend(x == kInfinity, x, y);
  y = blend(x == 0.0F, splat(-kInfinity), y);
  return blend((x >= 0.0F) | (x != x), blend(x != x, x, y), splat(__builtin_nanf("")));
}

/// log(1 + x) for x >= 0, accurate for small x.
INGOT_INLINE VecF log1p_positive(VecF x) {
  const VecF u = x + 1.0F;
  const VecF difference = u - 1.0F;
  // The rounding error of 1 + x is made good by the factor.
  const VecF corrected = log(u) * (x / difference);
  return blend(difference == 0.0F, x, blend(u == kInfinity, u, corrected));
}

/// 2^t for -126 <= t <= 126; NaN stays NaN.
INGOT_INLINE VecF exp2_normal(VecF t) {
  const VecF n = round(t);
  const VecF rest = t - n;
  VecF p = splat(1.32764666e-3F);
  p = fma(p, rest, splat(9.67554096e-3F));
  p = fma(p, rest, splat(5.55071346e-2F));
  p = fma(p, rest, splat(2.40221202e-1F));
  p = fma(p, rest, splat(6.93146944e-1F));
  p = fma(p, rest, splat(1.00000012F));
  // p is near 1: n is added to its exponent.
  const VecU shift = reinterpret_cast<VecU>(to_int(n)) << 23;
  return reinterpret_cast<VecF>(reinterpret_cast<VecU>(p) + shift);
}

INGOT_INLINE VecF sigmoid(VecF x) {
  const VecF t = min(splat(126), max(splat(-126), x * -1.44269504F));  // the order keeps a NaN
  return 1.0F / (1.0F + exp2_normal(t));
}

INGOT_INLINE VecF tanh(VecF x) {
  const VecF magnitude = abs(x);
  const VecF square = x * x;
  VecF p = splat(-5.70498872745e-3F);
  p = fma(p, square, splat(2.06390887954e-2F));
  p = fma(p, square, splat(-5.37397155531e-2F));
  p = fma(p, square, splat(1.33314422036e-1F));
  p = fma(p, square, splat(-3.33332819422e-1F));
  const VecF near = fma(p * square, x, x);
  const VecF far = copy_sign(1.0F - 2.0F / (exp_normal(magnitude + magnitude) + 1.0F), x);
  return blend((magnitude >= 0.625F), far, near);
}

INGOT_INLINE VecF erf(VecF x) {
  const VecF t = abs(x);
  const VecF square = x * x;
  VecF r = fma(splat(-1.72853470e-5F), t, splat(3.83197126e-4F));
  const VecF u = fma(splat(-3.88396438e-3F), t, splat(2.42546219e-2F));
  r = fma(r, square, u);
  r = fma(r, t, splat(-1.06777877e-1F));
  r = fma(r, t, splat(-6.34846687e-1F));
  r = fma(r, t, splat(-1.28717512e-1F));
  r = fma(r, t, -t);
  // Beyond 4 the result is 1 and the polynomial may go anywhere.
  const VecF far = copy_sign(1.0F - exp_normal(blend(t > 4.0F, splat(-90), r)), x);
  VecF p = splat(-5.96761703e-4F);
  p = fma(p, square, splat(4.99119423e-3F));
  p = fma(p, square, splat(-2.67681349e-2F));
  p = fma(p, square, splat(1.12819925e-1F));
  p = fma(p, square, splat(-3.76125336e-1F));
  p = fma(p, square, splat(1.28379166e-1F));
  const VecF near = fma(p, x, x);
  return blend(t > 0.927734375F, far, near);
}

INGOT_INLINE VecF softplus(VecF x) { return log1p_positive(exp(-abs(x))) + max(splat(0), x); }

/// x tanh(log(1 + e^x)), with tanh in terms of e^x.
INGOT_INLINE VecF mish(VecF x) {
  const VecF e = exp_normal(min(x, splat(20)));
  const VecF n = e * (e + 2.0F);
  const VecF result = x * (n / (n + 2.0F));
  return blend(x > 20.0F, x, blend(x != x, x, result));
}

/// x/2 (1 + erf(x / sqrt 2)), with erfc as a power of two: what is small is never a difference.
INGOT_INLINE VecF gelu(VecF x) {
  const VecF u = abs(x);
  VecF p = splat(-9.99805593e-7F);
  p = fma(p, u, splat(1.68183724e-5F));
  p = fma(p, u, splat(-7.70569968e-5F));
  p = fma(p, u, splat(-4.03047219e-4F));
  p = fma(p, u, splat(7.41107622e-3F));
  p = fma(p, u, splat(-5.27338721e-2F));
  p = fma(p, u, splat(-4.59132254e-1F));
  p = fma(p, u, splat(-1.15111339F));
  const VecF tail = blend(u > 5.65F, splat(0), exp2_normal(p * u));
  return 0.5F * x * blend(x > 0.0F, 2.0F - tail, tail);
}

INGOT_INLINE VecF gelu_tanh(VecF x) {
  const VecF inner = 0.79788456080286536F * (x + 0.044715F * x * x * x);
  return 0.5F * x * (1.0F + tanh(inner));
}

INGOT_INLINE VecF hard_swish(VecF x) {
  return x * min(splat(1), max(splat(0), fma(x, splat(1.0F / 6), splat(0.5F))));
}

}  // namespace ingot::INGOT_ISA_NAMESPACE
