// Arenas from mmap, growing buffers, and copies of windows.
#include "runtime/engine/memory.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "core/base/error.h"
#include "core/tensor/tensor.h"

namespace ingot {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

size_t physical_memory() {
  return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Calls `copy(offset of the window's row in elements, number of the row)` for each innermost row.
template <typename Function>
void for_each_row(const Shape& shape, const Shape& strides, Function&& copy) {
  if (shape.elements() == 0) return;
  std::array<int64_t, Shape::kMaxRank> index{};
  const int rows_rank = shape.rank() - 1;
  int64_t offset = 0;
  for (int64_t row = 0;; ++row) {
    copy(offset, row);
    int axis = rows_rank - 1;
    for (; axis >= 0; --axis) {
      auto& i = index[static_cast<size_t>(axis)];
      offset += strides[axis];
      if (++i < shape[axis]) break;
      offset -= i * strides[axis];
      i = 0;
    }
    if (axis < 0) return;
  }
}

}  // namespace

Arena::~Arena() { release(); }

void Arena::release() {
  if (mapping_) munmap(mapping_, mapped_);
  mapping_ = nullptr;
  base_ = nullptr;
  mapped_ = bytes_ = 0;
}

void Arena::reserve(size_t bytes) {
  if (bytes <= bytes_) return;
  release();  // first, so that the peak is not old plus new
  const bool huge = bytes >= 2 * kHugePage;
  const size_t mapped = huge ? bytes + kHugePage : bytes;
  // Overcommit grants more than there is, and kills the process when it is touched.
  const bool possible = mapped <= physical_memory();
  void* mapping =
      possible ? mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
               : MAP_FAILED;
  if (mapping == MAP_FAILED) {
    fail({"memory.out_of_memory",
          fmt::format("{:.1f} MiB of scratch memory cannot be had (this machine has {:.1f} MiB)",
                      static_cast<double>(bytes) / (1 << 20),
                      static_cast<double>(physical_memory()) / (1 << 20)),
          "", "give smaller shapes or batches, or fewer contexts"});
  }
  mapping_ = mapping;
  mapped_ = mapped;
  bytes_ = bytes;
  auto address = reinterpret_cast<uintptr_t>(mapping);
  if (huge) {
    address = (address + kHugePage - 1) & ~(kHugePage - 1);
    // Whole huge pages only: the rest would be resident without being used.
    madvise(reinterpret_cast<void*>(address), bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  }
  base_ = reinterpret_cast<std::byte*>(address);
}

void* Buffer::reserve(size_t bytes) {
  if (bytes > bytes_ || !memory_) {
    memory_.reset();
    bytes_ = 0;
    memory_ = allocate_aligned(std::max<size_t>(bytes, 64));
    bytes_ = std::max<size_t>(bytes, 64);
  }
  return memory_.get();
}

void gather_window(const void* window, const Shape& strides, const Shape& shape,
                   size_t element_bytes, void* dense) {
  const int last = shape.rank() - 1;
  if (last < 0) {
    std::memcpy(dense, window, element_bytes);
    return;
  }
  const size_t row_bytes = static_cast<size_t>(shape[last]) * element_bytes;
  const auto* source = static_cast<const std::byte*>(window);
  auto* target = static_cast<std::byte*>(dense);
  for_each_row(shape, strides, [&](int64_t offset, int64_t row) {
    std::memcpy(target + static_cast<size_t>(row) * row_bytes,
                source + static_cast<size_t>(offset) * element_bytes, row_bytes);
  });
}

void scatter_window(const void* dense, const Shape& strides, const Shape& shape,
                    size_t element_bytes, void* window) {
  const int last = shape.rank() - 1;
  if (last < 0) {
    std::memcpy(window, dense, element_bytes);
    return;
  }
  const size_t row_bytes = static_cast<size_t>(shape[last]) * element_bytes;
  const auto* source = static_cast<const std::byte*>(dense);
  auto* target = static_cast<std::byte*>(window);
  for_each_row(shape, strides, [&](int64_t offset, int64_t row) {
    std::memcpy(target + static_cast<size_t>(offset) * element_bytes,
                source + static_cast<size_t>(row) * row_bytes, row_bytes);
  });
}

}  // namespace ingot
