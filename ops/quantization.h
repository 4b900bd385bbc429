// What QuantizeLinear and DequantizeLinear share: which scale belongs to which element.
#pragma once

#include "ops/infer.h"
#include "ops/reference.h"

namespace ingot {

/// Scales per tensor (a scalar or one element), per axis (one axis), or per block of `block`
/// elements along the axis (rank of x).
class ScaleMap {
 public:
  ScaleMap(const NodeAttributes& node, const Shape& x, const Shape& scale);
  /// Calls visit(first, count, scale index) for runs of elements that share a scale.
  template <typename Visit>
  void for_each_run(const Visit& visit) const {
    for (int64_t outer = 0; outer < outer_; ++outer) {
      for (int64_t k = 0; k < length_; ++k) {
        const int64_t first = (outer * length_ + k) * inner_;
        if (!blocked_) {
          visit(first, inner_, per_axis_ ? k : 0);
        } else {
          const int64_t row = (outer * scale_length_ + k / block_) * inner_;
          for (int64_t i = 0; i < inner_; ++i) visit(first + i, 1, row + i);
        }
      }
    }
  }

 private:
  int64_t outer_ = 1, length_ = 1, inner_ = 1;
  int64_t block_ = 1, scale_length_ = 1;
  bool per_axis_ = false, blocked_ = false;
};

/// The zero points as numbers, one per scale: zeros where input 2 is absent.
std::vector<float> zero_points(const Reference& node, size_t scales);

/// Checks the scale (input 1) and zero point (input 2) against input 0.
void require_scales(const InferContext& node);

}  // namespace ingot
