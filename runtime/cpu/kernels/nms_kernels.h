// Body of non-maximum suppression, compiled once per instruction set.
#pragma once

#include "runtime/cpu/kernels/nms_table.h"
#include "runtime/cpu/simd.h"

namespace ingot::INGOT_ISA_NAMESPACE {
namespace {

INGOT_INLINE bool any(VecI mask) {
#if defined(__AVX512F__)
  return _mm512_movepi32_mask(reinterpret_cast<__m512i>(mask)) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_ps(reinterpret_cast<__m256>(mask)) != 0;
#else
  int32_t all = 0;
  for (int i = 0; i < kLanes; ++i) all |= mask[i];
  return all != 0;
#endif
}

bool covered(const BoxColumns& boxes, int64_t i, const BoxColumns& kept, int64_t count,
             float threshold) {
  const VecF x0 = splat(boxes.x0[i]), y0 = splat(boxes.y0[i]);
  const VecF x1 = splat(boxes.x1[i]), y1 = splat(boxes.y1[i]), area = splat(boxes.area[i]);
  if (!(boxes.area[i] > 0)) return false;
  for (int64_t k = 0; k < count; k += kLanes) {
    const int64_t some = count - k;
    const auto get = [&](const float* p) {
      return some >= kLanes ? load(p + k) : load_some(p + k, some);
    };
    const VecF other = get(kept.area);
    const VecF width = min(x1, get(kept.x1)) - max(x0, get(kept.x0));
    const VecF height = min(y1, get(kept.y1)) - max(y0, get(kept.y0));
    const VecF both = width * height;
    const VecI over = both / (area + other - both) > threshold;
    // Lanes past the last box have no area.
    if (any(over & (width > 0.0F) & (height > 0.0F) & (other > 0.0F))) return true;
  }
  return false;
}

}  // namespace

extern const NmsTable nms_table = {
    .covered = covered,
};

}  // namespace ingot::INGOT_ISA_NAMESPACE
