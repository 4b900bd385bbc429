// Shapes, strides and offsets of values. A plan's views were checked only where its dims are
// constant; here they are checked for the numbers at hand.
#include "runtime/engine/geometry.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/plan/validate.h"

namespace ingot {
namespace {

constexpr int64_t kMaxBytes = int64_t{1} << 46;

[[noreturn]] void invalid(const PlanValue& value, const std::string& what) {
  fail({"shape.invalid", fmt::format("\"{}\": {}", value.name, what), "",
        "give shapes for which the model is defined; if they are, report a bug"});
}

// Steps along `axis` that a buffer makes: blocks along axis 1 of blocked layouts.
int64_t extent(const Shape& shape, Layout layout, int axis) {
  const int64_t block = axis == 1 ? layout_block(layout) : 1;
  return (shape[axis] + block - 1) / block;
}

// Whether a window with these strides covers one stretch of memory, so that it is a buffer itself.
bool contiguous(const Shape& shape, const Shape& strides, Layout layout) {
  const Shape dense = layout_strides(shape, layout);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (extent(shape, layout, axis) > 1 && strides[axis] != dense[axis]) return false;
  }
  return true;
}

void make_dense(ValueGeometry* geometry, Layout layout) {
  geometry->buffer_shape = geometry->shape;
  geometry->strides = layout_strides(geometry->shape, layout);
}

void place_in_parent(const Plan& plan, const SymbolTable& symbols, const Bindings& bindings,
                     const PlanValue& value, const ValueGeometry& parent, ValueGeometry* own) {
  const PlanValue& parent_value = plan.values[static_cast<size_t>(value.parent)];
  own->offset_bytes = parent.offset_bytes;
  if (value.axis < 0) {
    if (!contiguous(parent.shape, parent.strides, parent_value.layout)) {
      invalid(value, "it is a reshaped view of a window that is not contiguous");
    }
    if (own->bytes > parent.bytes) {
      invalid(value, fmt::format("{} does not fit into its parent's {}", own->shape.to_string(),
                                 parent.shape.to_string()));
    }
    make_dense(own, value.layout);
    return;
  }
  const auto offset = symbols.evaluate(value.offset, bindings);
  if (!offset) {
    own->known = false;
    return;
  }
  for (int axis = 0; axis < own->shape.rank(); ++axis) {
    const int64_t begin = axis == value.axis ? *offset : 0;
    const bool fits = axis == value.axis
                          ? begin >= 0 && begin <= parent.shape[axis] - own->shape[axis]
                          : own->shape[axis] == parent.shape[axis];
    if (!fits) {
      invalid(value, fmt::format("elements {} to {} along axis {} are outside its parent's {}",
                                 begin, begin + own->shape[axis], axis, parent.shape.to_string()));
    }
  }
  const int64_t block = value.axis == 1 ? layout_block(value.layout) : 1;
  if (*offset % block != 0) invalid(value, "its window begins within a block");
  own->offset_bytes +=
      *offset / block * parent.strides[value.axis] * static_cast<int64_t>(dtype_bytes(value.dtype));
  own->buffer_shape = parent.buffer_shape;
  own->strides = parent.strides;
  if (contiguous(own->shape, own->strides, value.layout)) make_dense(own, value.layout);
}

ValueGeometry geometry_in(const Plan& plan, const SymbolTable& symbols, const Bindings& bindings,
                          int index, const std::vector<ValueGeometry>& done) {
  const PlanValue& value = plan.values[static_cast<size_t>(index)];
  ValueGeometry own;
  own.root = root_of(plan, index);
  own.known = true;
  for (const int dim : value.dims) {
    const auto number = symbols.evaluate(dim, bindings);
    own.shape.push_back(number.value_or(-1));
    if (!number) own.known = false;
    if (number && *number < 0) invalid(value, fmt::format("a dim is {}", *number));
  }
  if (!own.known) return own;
  own.bytes = buffer_bytes(value.dtype, own.shape, value.layout);
  if (value.storage != Storage::kView) {
    make_dense(&own, value.layout);
    return own;
  }
  const ValueGeometry parent = done[static_cast<size_t>(value.parent)].known
                                   ? done[static_cast<size_t>(value.parent)]
                                   : geometry_in(plan, symbols, bindings, value.parent, done);
  own.known = parent.known;
  if (own.known) place_in_parent(plan, symbols, bindings, value, parent, &own);
  return own;
}

}  // namespace

size_t buffer_bytes(DType dtype, const Shape& shape, Layout layout) {
  const int64_t elements = shape.elements();
  const int64_t padded = elements > kMaxBytes ? elements : padded_elements(shape, layout);
  if (padded > kMaxBytes) {
    fail({"shape.invalid", fmt::format("a tensor of {} is too large", shape.to_string()), "",
          "give smaller shapes"});
  }
  if (is_row_major(layout)) return dense_bytes(dtype, shape);
  return static_cast<size_t>(padded) * dtype_bytes(dtype);
}

ValueGeometry value_geometry(const Plan& plan, const SymbolTable& symbols, const Bindings& bindings,
                             int value, const std::vector<ValueGeometry>& known) {
  return geometry_in(plan, symbols, bindings, value, known);
}

std::vector<ValueGeometry> all_geometry(const Plan& plan, const SymbolTable& symbols,
                                        const Bindings& bindings) {
  std::vector<ValueGeometry> all(plan.values.size());
  for (size_t i = 0; i < all.size(); ++i) {
    all[i] = geometry_in(plan, symbols, bindings, static_cast<int>(i), all);
  }
  return all;
}

ValueGeometry dense_geometry(const PlanValue& value, int index, const Shape& shape) {
  ValueGeometry geometry;
  geometry.known = true;
  geometry.root = index;
  geometry.shape = shape;
  geometry.bytes = buffer_bytes(value.dtype, shape, value.layout);
  make_dense(&geometry, value.layout);
  return geometry;
}

StepTensor step_tensor(const Plan& plan, int value, const ValueGeometry& geometry) {
  const PlanValue& v = plan.values[static_cast<size_t>(value)];
  StepTensor tensor;
  tensor.dtype = v.dtype;
  tensor.shape = geometry.shape;
  tensor.layout = v.layout;
  tensor.shape_known = geometry.known;
  tensor.buffer_shape = geometry.known ? geometry.buffer_shape : geometry.shape;
  tensor.strides = geometry.known ? geometry.strides : geometry.shape;
  const PlanValue& root = plan.values[static_cast<size_t>(geometry.root)];
  tensor.is_constant = root.storage == Storage::kConstant;
  if (tensor.is_constant && geometry.known && tensor.dense()) {
    const PlanConstant& constant = plan.constants[static_cast<size_t>(root.constant)];
    if (constant.format.empty()) tensor.constant = constant.bytes.data() + geometry.offset_bytes;
  }
  return tensor;
}

}  // namespace ingot
