// Cropping of transposed convolutions: as ops/conv_transpose.cpp defines it.
#include "runtime/cpu/deconv_window.h"

#include <algorithm>

namespace ingot {

std::vector<int64_t> deconv_begins(const NodeAttributes& node, const SpatialWindow& window,
                                   const Shape& x, const Shape& y) {
  // Given sizes of the output decide what is cropped, else the pads do.
  const bool sized = window.auto_pad == "SAME_UPPER" || window.auto_pad == "SAME_LOWER" ||
                     !node.integers("output_shape").empty();
  const std::vector<int64_t> added = node.integers("output_padding");
  std::vector<int64_t> begins;
  for (int i = 0; i < static_cast<int>(window.kernel.size()); ++i) {
    const auto axis = static_cast<size_t>(i);
    const int64_t span = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    const int64_t total = (x[i + 2] - 1) * window.strides[axis] + span - y[i + 2];
    int64_t begin = window.auto_pad == "VALID" ? 0 : window.pads[axis];
    if (sized) {
      const int64_t cropped = std::max<int64_t>(0, total + (added.empty() ? 0 : added[axis]));
      begin = window.auto_pad == "SAME_UPPER" ? cropped / 2 : cropped - cropped / 2;
    }
    begins.push_back(begin);
  }
  return begins;
}

}  // namespace ingot
