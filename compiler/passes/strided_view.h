// Values that are another tensor seen otherwise: through Reshape, Transpose, parts along an axis.
#pragma once

#include "compiler/graph/match.h"

namespace ingot {

/// An axis of a view: so many steps of so many elements of the source.
struct ViewAxis {
  Dim extent, stride;
};

/// Element (i, j, ...) of a value is element offset + i * axes[0].stride + ... of `source`, whose
/// elements lie in row-major order.
struct StridedView {
  ValueId source;
  std::vector<ViewAxis> axes;
  int64_t offset = 0;
  explicit operator bool() const { return static_cast<bool>(source); }
};

/// The furthest tensor that `value` is a view of, with one stride for each axis of `value`; none if
/// an axis has not one stride. An axis of one element has stride 0.
StridedView strided_view(const Graph& graph, ValueId value);

}  // namespace ingot
