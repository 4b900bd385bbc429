// Where each value of a plan lies, for one set of shapes: its shape, and its place in the buffer
// of its root (the value that owns the memory that a view is a window of).
#pragma once

#include <vector>

#include "core/plan/plan.h"
#include "runtime/engine/bindings.h"
#include "runtime/engine/step.h"

namespace ingot {

struct ValueGeometry {
  bool known = false;  ///< false: a dim has an unbound symbol
  int root = -1;
  Shape shape;         ///< -1 at unknown dims
  Shape buffer_shape;  ///< as in StepTensor
  Shape strides;
  int64_t offset_bytes = 0;  ///< from the first byte of the root's buffer
  size_t bytes = 0;          ///< of a buffer that holds the shape, block padding included
};

/// Geometry of `value`; of the values that `known` says are known, it is taken from there. Throws
/// Error ("shape.invalid") if the dims are negative, too large, or a view leaves its parent.
ValueGeometry value_geometry(const Plan& plan, const SymbolTable& symbols, const Bindings& bindings,
                             int value, const std::vector<ValueGeometry>& known);

std::vector<ValueGeometry> all_geometry(const Plan& plan, const SymbolTable& symbols,
                                        const Bindings& bindings);

/// The geometry of `value` alone, dense, for a shape that only the run decided.
ValueGeometry dense_geometry(const PlanValue& value, int index, const Shape& shape);

/// Bytes of a buffer of this shape and layout; throws Error ("shape.invalid") on overflow.
size_t buffer_bytes(DType dtype, const Shape& shape, Layout layout);

StepTensor step_tensor(const Plan& plan, int value, const ValueGeometry& geometry);

}  // namespace ingot
