// How the heads of Attention's tensors lie, for the steps of all backends.
#pragma once

#include "runtime/engine/step_inputs.h"

namespace ingot {

/// One of Q, K, V, Y: [batch, heads, length, size] or [batch, length, heads * size]. Strides are in
/// elements; those of a head's row lie side by side.
struct AttentionHeads {
  int64_t batch, heads, length, size;
  int64_t batch_stride, head_stride, row_stride;

  /// Throws Error ("step.unsupported") if the elements of a row lie apart.
  AttentionHeads(const StepContext& context, const StepTensor& tensor, int64_t head_count) {
    const Shape& s = tensor.shape;
    const bool packed = s.rank() == 3;
    batch = s[0];
    heads = packed ? head_count : s[1];
    length = packed ? s[1] : s[2];
    size = packed ? s[2] / head_count : s[3];
    const int last = s.rank() - 1;
    if (s[last] > 1 && tensor.strides[last] != 1) {
      unsupported(context, "heads whose elements do not lie side by side");
    }
    batch_stride = tensor.strides[0];
    head_stride = packed ? size : tensor.strides[1];
    row_stride = tensor.strides[packed ? 1 : 2];
  }
};

}  // namespace ingot
