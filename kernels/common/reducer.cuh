// What a reduction gathers of elements of type T, and what it makes of that: sums and extremes in
// float, or in long long for integers; exponentials as SoftmaxTotal. Integers may become floats.
#pragma once

#include "kernels/common/softmax_total.cuh"
#include "kernels/common/types.cuh"
#include "kernels/params/reduce.h"

namespace ingot::kernels {

/// What elements of T are computed as; `least` and `most` are T's own limits.
template <typename T>
struct ValueOf {
  using Type = long long;
  static constexpr bool kFloat = false;
  static constexpr bool kSigned = static_cast<T>(-1) < static_cast<T>(1);
  static constexpr int kBits = static_cast<T>(2) == static_cast<T>(1) ? 1 : 8 * sizeof(T);
  static constexpr long long kMost = 0x7fffffffffffffffLL >> (kBits == 64 ? 0
                                                              : kSigned   ? 64 - kBits
                                                                          : 63 - kBits);
  __device__ static Type load(T x) { return static_cast<long long>(x); }
  __device__ static T store(Type x) { return static_cast<T>(x); }
  __device__ static Type least() { return kSigned ? -kMost - 1 : 0; }
  __device__ static Type most() { return kMost; }
};
template <typename T>
struct FloatValue {
  using Type = float;
  static constexpr bool kFloat = true;
  __device__ static float load(T x) { return to_float(x); }
  __device__ static T store(float x) { return from_float<T>(x); }
  __device__ static float least() { return -infinity(); }
  __device__ static float most() { return infinity(); }
};
template <>
struct ValueOf<float> : FloatValue<float> {};
template <>
struct ValueOf<half_t> : FloatValue<half_t> {};
template <>
struct ValueOf<bfloat16_t> : FloatValue<bfloat16_t> {};

template <typename T, int fold, int finish, typename Result = T>
struct Reducer {
  using Values = ValueOf<T>;
  using Total = typename Values::Type;

  __device__ static Total nothing() {
    if (fold == kFoldMax) return Values::least();
    if (fold == kFoldMin) return Values::most();
    return fold == kFoldProduct ? 1 : 0;
  }
  /// Two totals as one. Of extremes, NaN wins.
  struct Join {
    __device__ Total operator()(Total a, Total b) const {
      if (fold == kFoldMax) return b > a || b != b ? b : a;
      if (fold == kFoldMin) return b < a || b != b ? b : a;
      return fold == kFoldProduct ? a * b : a + b;
    }
  };
  __device__ static void add(Total& total, T element) {
    const Total x = Values::load(element);
    if (fold == kFoldAbsolute) {
      total += x < 0 ? -x : x;
    } else if (fold == kFoldSquare) {
      total += x * x;
    } else {
      total = Join{}(total, x);
    }
  }
  __device__ static Result finished(const ReduceParams& p, Total total) {
    if constexpr (!kSame<T, Result>) {
      const auto whole = static_cast<float>(total);
      return from_float<Result>(finish == kFinishMean ? whole / static_cast<float>(p.count)
                                                      : whole);
    } else if constexpr (Values::kFloat) {
      if (finish == kFinishMean) total *= p.share;
      if (finish == kFinishRoot) total = sqrtf(total);
      if (finish == kFinishLogarithm) total = logf(total);
      return Values::store(total);
    } else {
      if (finish == kFinishMean) total = p.count == 0 ? 0 : total / p.count;
      return Values::store(total);
    }
  }
};

template <typename T, int finish>
struct Reducer<T, kFoldExponential, finish, T> {
  using Total = SoftmaxTotal;
  using Join = JoinSoftmax;
  __device__ static Total nothing() { return SoftmaxTotal::none(); }
  __device__ static void add(Total& total, T x) { total.add(to_float(x)); }
  __device__ static T finished(const ReduceParams&, const Total& total) {
    // With an infinite peak the sum is NaN.
    const bool infinite = total.peak == infinity();
    return from_float<T>(infinite ? total.peak : total.peak + logf(total.sum));
  }
};

}  // namespace ingot::kernels
