// The functions of CUDA C++ that kernels call. A part of prelude.h.
#pragma once

using std::isfinite;
using std::isinf;
using std::isnan;

// ---- block and warp ----

inline void __syncthreads() { emulated::wait_at_barrier(0, 0, 0); }
inline int __syncthreads_count(int vote) { return emulated::wait_at_barrier(0, 0, vote); }
inline int __syncthreads_or(int vote) { return emulated::wait_at_barrier(0, 0, vote) > 0; }
inline int __syncthreads_and(int vote) { return emulated::wait_at_barrier(0, 0, !vote) == 0; }

inline void __syncwarp(unsigned mask = 0xffffffffU) {
  emulated::collective(emulated::Collective::kSync, mask, 0, 0);
}

template <typename T>
T emulated_shuffle(unsigned mask, T value, int source) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles take 4 or 8 bytes");
  unsigned long long bits = 0;
  memcpy(&bits, &value, sizeof(T));
  bits = emulated::collective(emulated::Collective::kShuffle, mask, bits, source);
  memcpy(&value, &bits, sizeof(T));
  return value;
}
inline int emulated_lane() { return emulated::current % 32; }

template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  const int segment = emulated_lane() / width * width;
  return emulated_shuffle(mask, value, segment + source % width);
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32) {
  const int source = emulated_lane() ^ lanes;
  const bool inside = source / width <= emulated_lane() / width;
  return emulated_shuffle(mask, value, inside ? source : emulated_lane());
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
  const int source = emulated_lane() + static_cast<int>(lanes);
  const bool inside = source / width == emulated_lane() / width;
  return emulated_shuffle(mask, value, inside ? source : emulated_lane());
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
  const int source = emulated_lane() - static_cast<int>(lanes);
  const bool inside = source >= emulated_lane() / width * width;
  return emulated_shuffle(mask, value, inside ? source : emulated_lane());
}
inline unsigned __ballot_sync(unsigned mask, int vote) {
  return static_cast<unsigned>(
      emulated::collective(emulated::Collective::kBallot, mask, vote != 0, 0));
}
inline int __any_sync(unsigned mask, int vote) { return __ballot_sync(mask, vote) != 0; }
inline int __all_sync(unsigned mask, int vote) { return __ballot_sync(mask, !vote) == 0; }
template <typename T>
unsigned __match_any_sync(unsigned mask, T value) {
  unsigned long long bits = 0;
  memcpy(&bits, &value, sizeof(T));
  return static_cast<unsigned>(emulated::collective(emulated::Collective::kMatch, mask, bits, 0));
}
inline unsigned __activemask() {
  unsigned mask = 0;
  const int first = emulated::current / 32 * 32;
  for (int i = 0; i < 32 && first + i < emulated::thread_count; ++i) {
    mask |= static_cast<unsigned>(emulated::fibers[first + i].state != emulated::State::kDone) << i;
  }
  return mask;
}
inline void __nanosleep(unsigned) { emulated::yield_fiber(); }
inline void __threadfence() {}
inline void __threadfence_block() {}
[[noreturn]] inline void __trap() { abort(); }

// ---- atomics: nothing else runs between two waits ----

template <typename T>
T atomicExch(T* at, std::type_identity_t<T> value) {
  const T old = *at;
  *at = value;
  return old;
}
template <typename T>
T atomicAdd(T* at, std::type_identity_t<T> value) {
  return atomicExch(at, static_cast<T>(*at + value));
}
template <typename T>
T atomicSub(T* at, std::type_identity_t<T> value) {
  return atomicExch(at, static_cast<T>(*at - value));
}
template <typename T>
T atomicMax(T* at, std::type_identity_t<T> value) {
  return atomicExch(at, *at > value ? *at : value);
}
template <typename T>
T atomicMin(T* at, std::type_identity_t<T> value) {
  return atomicExch(at, *at < value ? *at : value);
}
template <typename T>
T atomicOr(T* at, std::type_identity_t<T> value) {
  return atomicExch(at, *at | value);
}
template <typename T>
T atomicAnd(T* at, std::type_identity_t<T> value) {
  return atomicExch(at, *at & value);
}
template <typename T>
T atomicXor(T* at, std::type_identity_t<T> value) {
  return atomicExch(at, *at ^ value);
}
template <typename T>
T atomicCAS(T* at, std::type_identity_t<T> compare, std::type_identity_t<T> value) {
  return atomicExch(at, *at == compare ? value : *at);
}
inline unsigned atomicInc(unsigned* at, unsigned limit) {
  return atomicExch(at, *at >= limit ? 0 : *at + 1);
}

// ---- memory ----

template <typename T>
T __ldg(const T* from) {
  return *from;
}
template <typename T>
T __ldcg(const T* from) {
  return *from;
}
template <typename T>
T __ldcs(const T* from) {
  return *from;
}
template <typename T>
T __ldca(const T* from) {
  return *from;
}
template <typename T>
void __stcs(T* to, T value) {
  *to = value;
}
template <typename T>
void __stcg(T* to, T value) {
  *to = value;
}
inline size_t __cvta_generic_to_shared(const void* address) {
  return static_cast<size_t>(static_cast<const unsigned char*>(address) - emulated::dynamic_shared);
}

// ---- numbers ----

inline float rsqrtf(float x) { return 1.0F / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __exp10f(float x) { return powf(10.0F, x); }
inline float exp10f(float x) { return powf(10.0F, x); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __tanf(float x) { return tanf(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __fdividef(float x, float y) { return x / y; }
inline float fdividef(float x, float y) { return x / y; }
inline float __frcp_rn(float x) { return 1.0F / x; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frsqrt_rn(float x) { return 1.0F / sqrtf(x); }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __fsub_rn(float x, float y) { return x - y; }
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
inline float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1.0F) : 0.0F; }
inline float normcdff(float x) { return 0.5F * erfcf(-x * 0.70710678118654752F); }

template <typename To, typename From>
To emulated_bits(From x) {
  static_assert(sizeof(To) == sizeof(From));
  To y;
  memcpy(&y, &x, sizeof y);
  return y;
}
inline int __float_as_int(float x) { return emulated_bits<int>(x); }
inline unsigned __float_as_uint(float x) { return emulated_bits<unsigned>(x); }
inline float __int_as_float(int x) { return emulated_bits<float>(x); }
inline float __uint_as_float(unsigned x) { return emulated_bits<float>(x); }
inline long long __double_as_longlong(double x) { return emulated_bits<long long>(x); }
inline double __longlong_as_double(long long x) { return emulated_bits<double>(x); }
inline int __float2int_rn(float x) { return static_cast<int>(nearbyintf(x)); }
inline int __float2int_rz(float x) { return static_cast<int>(x); }
inline int __float2int_rd(float x) { return static_cast<int>(floorf(x)); }
inline int __float2int_ru(float x) { return static_cast<int>(ceilf(x)); }
inline long long __float2ll_rn(float x) { return static_cast<long long>(nearbyintf(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) {
  return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x));
}
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned __brev(unsigned x) {
  unsigned y = 0;
  for (int i = 0; i < 32; ++i) y |= (x >> i & 1U) << (31 - i);
  return y;
}
/// Bytes 0 to 7 are those of x, then of y; each hexadecimal digit of `selector` picks one.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  const unsigned long long bytes = x | static_cast<unsigned long long>(y) << 32;
  unsigned result = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned pick = selector >> (4 * i) & 7U;
    result |= static_cast<unsigned>(bytes >> (8 * pick) & 0xffU) << (8 * i);
  }
  return result;
}
inline unsigned __umulhi(unsigned x, unsigned y) {
  return static_cast<unsigned>(static_cast<unsigned long long>(x) * y >> 32);
}
inline int __mulhi(int x, int y) { return static_cast<int>(static_cast<long long>(x) * y >> 32); }
inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
  return static_cast<unsigned long long>(static_cast<unsigned __int128>(x) * y >> 64);
}
/// Dot product of four signed bytes.
inline int __dp4a(int a, int b, int c) {
  for (int i = 0; i < 4; ++i) {
    c += static_cast<signed char>(a >> (8 * i)) * static_cast<signed char>(b >> (8 * i));
  }
  return c;
}

// As CUDA overloads them: for two numbers of one type, or of two that mix.
template <typename A, typename B>
std::common_type_t<A, B> min(A a, B b) {
  using T = std::common_type_t<A, B>;
  if constexpr (std::is_floating_point_v<T>) return static_cast<T>(fmin(a, b));
  return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(a) : static_cast<T>(b);
}
template <typename A, typename B>
std::common_type_t<A, B> max(A a, B b) {
  using T = std::common_type_t<A, B>;
  if constexpr (std::is_floating_point_v<T>) return static_cast<T>(fmax(a, b));
  return static_cast<T>(a) > static_cast<T>(b) ? static_cast<T>(a) : static_cast<T>(b);
}

// ---- 16-bit floats, for kernels/common/types.cuh ----

inline float emulated_half_to_float(unsigned short bits) {
  return static_cast<float>(emulated_bits<_Float16>(bits));
}
inline unsigned short emulated_half_from_float(float x) {
  return emulated_bits<unsigned short>(static_cast<_Float16>(x));
}
