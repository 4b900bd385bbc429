// Inner loops of data movement.
#pragma once

#include <cstdint>

#include "runtime/cpu/isa.h"

namespace ingot {

/// Two loops around rows of `bytes` bytes; all in bytes.
struct RowLoops {
  int64_t outer, outer_from, outer_to;
  int64_t rows, from, to;
  int64_t bytes;
};

struct MoveTable {
  void (*copy_rows)(const char* from, char* to, const RowLoops& loops);
  /// to[b * to_stride + a] = from[a * from_stride + b] for a < count_a, b < count_b, in elements of
  /// 1, 2, 4, 8 or 16 bytes.
  void (*transpose)(int element_bytes, const char* from, int64_t from_stride, char* to,
                    int64_t to_stride, int64_t count_a, int64_t count_b);
  /// One row of elements with any strides (0: one element repeated).
  void (*copy_strided)(int element_bytes, const char* from, int64_t from_stride, char* to,
                       int64_t to_stride, int64_t count);
};

INGOT_KERNEL_TABLE(MoveTable, moves);

}  // namespace ingot
