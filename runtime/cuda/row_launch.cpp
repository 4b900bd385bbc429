// Which row kernel suits rows of a length.
#include "runtime/cuda/row_launch.h"

#include <algorithm>

namespace ingot {
namespace {

constexpr int kThreads = 128;   ///< of a block whose warps have rows of their own
constexpr int64_t kItems = 16;  ///< elements that a thread of the block kernels keeps
constexpr int64_t kMaxThreads = 1024;

RowEntry by_lanes(std::string suffix, int64_t rows, int lanes) {
  RowEntry entry{std::move(suffix), {}};
  entry.shape.grid.x = blocks_for(rows, kThreads / lanes);
  entry.shape.block.x = kThreads;
  return entry;
}

RowEntry by_block(std::string suffix, int64_t rows, int64_t threads) {
  RowEntry entry{std::move(suffix), {}};
  entry.shape.grid.x = static_cast<uint32_t>(rows);
  entry.shape.block.x =
      static_cast<uint32_t>(std::min(kMaxThreads, std::max<int64_t>(1, (threads + 31) / 32) * 32));
  return entry;
}

}  // namespace

RowEntry row_entry(int64_t rows, int64_t length, int vector) {
  const std::string suffix = vector > 1 ? "_vector" : "";
  // The capacities are those of INGOT_ROW_KERNELS.
  if (length <= 8 * (vector > 1 ? vector : 2)) return by_lanes("_lanes" + suffix, rows, 8);
  if (length <= 32 * (vector > 1 ? vector : 4)) return by_lanes("_warp" + suffix, rows, 32);
  if (length <= 32 * 32) return by_lanes("_wide" + suffix, rows, 32);
  if (length <= kMaxThreads * kItems) {
    return by_block("_block" + suffix, rows, (length + kItems - 1) / kItems);
  }
  return by_block("_long" + suffix, rows, kMaxThreads);
}

MemorySplit memory_split(const StepTensor& tensor, int axis) {
  MemorySplit split;
  const int rank = tensor.shape.rank();
  const bool channels_last = tensor.layout == Layout::kChannelsLast && rank >= 2;
  // Place of an axis in memory: the channels come last.
  const auto place = [&](int i) {
    if (!channels_last || i == 0) return i;
    return i == 1 ? rank - 1 : i - 1;
  };
  split.length = tensor.shape[axis];
  for (int i = 0; i < rank; ++i) {
    if (i == axis) continue;
    (place(i) < place(axis) ? split.outer : split.inner) *= tensor.shape[i];
  }
  return split;
}

}  // namespace ingot
