// The inner loop of non-maximum suppression.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

/// Boxes as columns of corners and areas.
struct BoxColumns {
  float *x0, *y0, *x1, *y1, *area;
};

struct NmsTable {
  /// True if box `i` of `boxes` overlaps one of the first `count` of `kept` by more than
  /// `threshold` of their union.
  bool (*covered)(const BoxColumns& boxes, int64_t i, const BoxColumns& kept, int64_t count,
                  float threshold);
};

INGOT_KERNEL_TABLE(NmsTable, nms);

}  // namespace ingot
