// Memory of a context: growing buffers that are released with their owner.
#pragma once

#include <cstddef>
#include <memory>

#include "ingot/types.h"

namespace ingot {

/// Anonymous pages, not zeroed twice, in huge pages where the size is worth it. Growing forgets
/// the content.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Makes it at least `bytes` long. Throws Error ("memory.out_of_memory"); it is empty then.
  void reserve(size_t bytes);
  std::byte* base() const { return base_; }
  size_t bytes() const { return bytes_; }

 private:
  void release();
  void* mapping_ = nullptr;
  size_t mapped_ = 0;
  std::byte* base_ = nullptr;
  size_t bytes_ = 0;
};

/// A 64-byte aligned block that grows and never shrinks; growing forgets the content.
class Buffer {
 public:
  void* reserve(size_t bytes);
  void* data() const { return memory_.get(); }
  size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<void> memory_;
  size_t bytes_ = 0;
};

/// Copies the window `shape` with these strides (elements, plain layout) to dense row-major
/// memory, or back.
void gather_window(const void* window, const Shape& strides, const Shape& shape,
                   size_t element_bytes, void* dense);
void scatter_window(const void* dense, const Shape& strides, const Shape& shape,
                    size_t element_bytes, void* window);

}  // namespace ingot
