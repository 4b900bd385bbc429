// Formats of packed weights: blocked layouts as oneDNN chooses them, described so fully that the
// plain tensor can be had back without the library that packed it.
//
// Text: "f32 dims=64x3x7x7 padded=64x3x7x7 strides=1176x392x56x8 blocks=8@0" (blocks outermost
// first, size@axis). A format with more in the buffer than the elements (compensation of INT8) ends
// in " extra=N bytes". `dims` lists the constant's own axes in the constant's own order, so that what
// unpack gives is the constant (an axis may be split, as groups of a convolution are; a transposed
// operand shows in the strides, not in the order of dims).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/tensor.h"

namespace ingot {

struct PackedFormat {
  DType dtype = DType::kUndefined;
  Shape dims, padded, strides;  ///< strides in elements, of the outer (non-block) axes
  struct Block {
    int64_t size;
    int axis;
  };
  std::vector<Block> blocks;
  size_t extra_bytes = 0;

  std::string to_string() const;
  static PackedFormat parse(std::string_view text);  ///< throws Error ("packed_format.syntax")
  /// Bytes of the whole buffer, overflow-checked; 0 if the format makes no sense.
  size_t bytes() const;
  /// Copies packed data to a dense row-major tensor of `dims`.
  void unpack(const void* packed, const TensorView& plain) const;
};

}  // namespace ingot
