// Copies between two strided arrangements of the same elements: what Transpose, Slice, Concat,
// Split, Expand, Tile, Pad and DepthToSpace come down to.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor/tensor.h"

namespace ingot {

/// One axis of a copy; strides are in elements and may be 0 (repeat) or negative (reverse).
struct CopyAxis {
  int64_t size, from_stride, to_stride;
};

/// Copies elements of `width` bytes (1, 2, 4 or 8) along all axes, outermost first. `from` and `to`
/// point to the element at index 0 of every axis.
void copy_strided(std::vector<CopyAxis> axes, const void* from, void* to, size_t width);

/// Elements between neighbours along each axis of a dense row-major tensor.
std::vector<int64_t> dense_strides(const Shape& shape);

/// Bytes of an element, for movements: throws Error ("op.bad_type") for 4-bit types.
size_t element_width(DType dtype, std::string_view op);

/// Address of an element.
inline void* element_at(const TensorView& tensor, int64_t index, size_t width) {
  return static_cast<char*>(tensor.data) + index * static_cast<int64_t>(width);
}

}  // namespace ingot
