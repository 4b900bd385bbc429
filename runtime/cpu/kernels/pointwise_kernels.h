// Bodies of the pointwise kernels, compiled once per instruction set.
#pragma once

#include <cmath>

#include "runtime/cpu/kernels/pointwise_table.h"
#include "runtime/cpu/kernels/tile_convert.h"
#include "runtime/cpu/simd_math.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

/// The value of an operand at a place of the tile: read there, or one number for all.
template <bool kScalar>
struct Operand {
  const float* from;
  VecF value;
  INGOT_INLINE explicit Operand(const float* p) : from(p), value{} {
    if constexpr (kScalar) value = splat(*p);
  }
  INGOT_INLINE VecF at(int64_t i) const {
    if constexpr (kScalar)
      return value;
    else
      return load(from + i);
  }
  INGOT_INLINE VecF some(int64_t i, int64_t count) const {
    if constexpr (kScalar)
      return value;
    else
      return load_some(from + i, count);
  }
};

template <typename Op, bool kScalarA>
void unary(const float* pa, const float*, const float*, float* y, int64_t n) {
  const Operand<kScalarA> a(pa);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, Op::apply(a.at(i)));
  if (i < n) store_some(y + i, Op::apply(a.some(i, n - i)), n - i);
}

template <typename Op, bool kScalarA, bool kScalarB>
void binary(const float* pa, const float* pb, const float*, float* y, int64_t n) {
  const Operand<kScalarA> a(pa);
  const Operand<kScalarB> b(pb);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, Op::apply(a.at(i), b.at(i)));
  if (i < n) store_some(y + i, Op::apply(a.some(i, n - i), b.some(i, n - i)), n - i);
}

template <typename Op, bool kScalarB, bool kScalarC>
void ternary(const float* pa, const float* pb, const float* pc, float* y, int64_t n) {
  const Operand<false> a(pa);
  const Operand<kScalarB> b(pb);
  const Operand<kScalarC> c(pc);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, Op::apply(a.at(i), b.at(i), c.at(i)));
  if (i < n) {
    store_some(y + i, Op::apply(a.some(i, n - i), b.some(i, n - i), c.some(i, n - i)), n - i);
  }
}

#define INGOT_OP1(Name, expression)                               \
  struct Name {                                                   \
    static INGOT_INLINE VecF apply(VecF a) { return expression; } \
  }
#define INGOT_OP2(Name, expression)                                       \
  struct Name {                                                           \
    static INGOT_INLINE VecF apply(VecF a, VecF b) { return expression; } \
  }
#define INGOT_OP3(Name, expression)                                               \
  struct Name {                                                                   \
    static INGOT_INLINE VecF apply(VecF a, VecF b, VecF c) { return expression; } \
  }

/// Calls a function of the C library lane by lane.
template <typename Function>
INGOT_INLINE VecF by_lane(VecF a, VecF b, Function function) {
  for (int i = 0; i < kLanes; ++i) a[i] = function(a[i], b[i]);
  return a;
}
// Like the reference, these pass a NaN of either side on.
INGOT_INLINE VecF minimum(VecF a, VecF b) { return blend(a != a, a, min(a, b)); }
INGOT_INLINE VecF maximum(VecF a, VecF b) { return blend(a != a, a, max(a, b)); }

INGOT_OP1(Copy, a);
INGOT_OP1(Abs, abs(a));
INGOT_OP1(Neg, -a);
INGOT_OP1(Exp, exp(a));
INGOT_OP1(Log, log(a));
INGOT_OP1(Sqrt, sqrt(a));
INGOT_OP1(Rsqrt, 1.0F / sqrt(a));
INGOT_OP1(Reciprocal, 1.0F / a);
INGOT_OP1(Erf, erf(a));
INGOT_OP1(Tanh, tanh(a));
INGOT_OP1(Sigmoid, sigmoid(a));
INGOT_OP1(Relu, max(splat(0), a));
INGOT_OP1(Silu, a* sigmoid(a));
INGOT_OP1(Gelu, gelu(a));
INGOT_OP1(GeluTanh, gelu_tanh(a));
INGOT_OP1(HardSwish, hard_swish(a));
INGOT_OP1(Softplus, softplus(a));
INGOT_OP1(Softsign, a / (1.0F + abs(a)));
INGOT_OP1(Mish, mish(a));
INGOT_OP1(Floor, floor(a));
INGOT_OP1(Ceil, -floor(-a));
INGOT_OP1(Round, round(a));
INGOT_OP1(Sign, blend(a > 0.0F, splat(1), blend(a < 0.0F, splat(-1), a)));
INGOT_OP1(Sin, by_lane(a, a, [](float x, float) { return ::sinf(x); }));
INGOT_OP1(Cos, by_lane(a, a, [](float x, float) { return ::cosf(x); }));
INGOT_OP1(Not, one_where(a == 0.0F));
INGOT_OP1(IsNan, one_where(a != a));
INGOT_OP2(Add, a + b);
INGOT_OP2(Sub, a - b);
INGOT_OP2(Mul, a* b);
INGOT_OP2(Div, a / b);
INGOT_OP2(Min, minimum(a, b));
INGOT_OP2(Max, maximum(a, b));
INGOT_OP2(Pow, by_lane(a, b, [](float x, float y) { return ::powf(x, y); }));
INGOT_OP2(Less, one_where(a < b));
INGOT_OP2(Greater, one_where(a > b));
INGOT_OP2(Equal, one_where(a == b));
INGOT_OP2(LessOrEqual, one_where(a <= b));
INGOT_OP2(GreaterOrEqual, one_where(a >= b));
INGOT_OP2(And, one_where((a != 0.0F) & (b != 0.0F)));
INGOT_OP2(Or, one_where((a != 0.0F) | (b != 0.0F)));
INGOT_OP2(Xor, one_where((a != 0.0F) ^ (b != 0.0F)));
INGOT_OP2(Prelu, blend(a < 0.0F, a* b, a));
INGOT_OP2(Elu, blend(a < 0.0F, b* expm1(a), a));
INGOT_OP3(Select, blend(a != 0.0F, b, c));
INGOT_OP3(Clip, minimum(maximum(a, b), c));
INGOT_OP3(HardSigmoid, min(splat(1), max(splat(0), fma(a, b, c))));
INGOT_OP3(Fma, fma(a, b, c));

template <typename Op>
TileFunction find1(int scalars) {
  return scalars == 0 ? unary<Op, false> : unary<Op, true>;
}
template <typename Op>
TileFunction find2(int scalars) {
  constexpr TileFunction kVariants[] = {binary<Op, false, false>, binary<Op, true, false>,
                                        binary<Op, false, true>};
  return scalars < 3 ? kVariants[scalars] : nullptr;
}
template <typename Op>
TileFunction find3(int scalars) {
  constexpr TileFunction kVariants[] = {ternary<Op, false, false>, ternary<Op, true, false>,
                                        ternary<Op, false, true>, ternary<Op, true, true>};
  return scalars % 2 == 0 ? kVariants[scalars / 2] : nullptr;
}

TileFunction find(int op, int scalars) {
  if (op == kTileCopy) return find1<Copy>(scalars);
  if (op == kTileFma) return find3<Fma>(scalars);
  switch (static_cast<ScalarOp>(op)) {
#define INGOT_CASE(n, Name) \
  case ScalarOp::k##Name:   \
    return find##n<Name>(scalars)
    INGOT_CASE(1, Abs);
    INGOT_CASE(1, Neg);
    INGOT_CASE(1, Exp);
    INGOT_CASE(1, Log);
    INGOT_CASE(1, Sqrt);
    INGOT_CASE(1, Rsqrt);
    INGOT_CASE(1, Reciprocal);
    INGOT_CASE(1, Erf);
    INGOT_CASE(1, Tanh);
    INGOT_CASE(1, Sigmoid);
    INGOT_CASE(1, Relu);
    INGOT_CASE(1, Silu);
    INGOT_CASE(1, Gelu);
    INGOT_CASE(1, GeluTanh);
    INGOT_CASE(1, HardSwish);
    INGOT_CASE(1, Softplus);
    INGOT_CASE(1, Softsign);
    INGOT_CASE(1, Mish);
    INGOT_CASE(1, Floor);
    INGOT_CASE(1, Ceil);
    INGOT_CASE(1, Round);
    INGOT_CASE(1, Sign);
    INGOT_CASE(1, Sin);
    INGOT_CASE(1, Cos);
    INGOT_CASE(1, Not);
    INGOT_CASE(1, IsNan);
    INGOT_CASE(2, Add);
    INGOT_CASE(2, Sub);
    INGOT_CASE(2, Mul);
    INGOT_CASE(2, Div);
    INGOT_CASE(2, Min);
    INGOT_CASE(2, Max);
    INGOT_CASE(2, Pow);
    INGOT_CASE(2, Less);
    INGOT_CASE(2, Greater);
    INGOT_CASE(2, Equal);
    INGOT_CASE(2, LessOrEqual);
    INGOT_CASE(2, GreaterOrEqual);
    INGOT_CASE(2, And);
    INGOT_CASE(2, Or);
    INGOT_CASE(2, Xor);
    INGOT_CASE(2, Prelu);
    INGOT_CASE(2, Elu);
    INGOT_CASE(3, Select);
    INGOT_CASE(3, Clip);
    INGOT_CASE(3, HardSigmoid);
#undef INGOT_CASE
    case ScalarOp::kInput:
    case ScalarOp::kConstant:
      break;
  }
  return nullptr;
}

}  // namespace

extern const PointwiseTable pointwise_table = {
    .find = find,
    .load = load_tile,
    .store = store_tile,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
