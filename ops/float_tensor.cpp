// Conversions between storage types and the types that evaluations compute in.
#include "ops/float_tensor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/base/error.h"
#include "ops/blocks.h"

namespace ingot {
namespace {

/// Calls function.template operator()<Stored>() for the type behind `dtype`.
template <typename Function>
void with_stored_type(DType dtype, Function&& function) {
  switch (dtype) {
    case DType::kF32:
      return function.template operator()<float>();
    case DType::kF16:
      return function.template operator()<Half>();
    case DType::kBF16:
      return function.template operator()<BFloat16>();
    case DType::kF64:
      return function.template operator()<double>();
    case DType::kF8E4M3:
      return function.template operator()<Float8E4M3>();
    case DType::kF8E5M2:
      return function.template operator()<Float8E5M2>();
    case DType::kI8:
      return function.template operator()<int8_t>();
    case DType::kU8:
      return function.template operator()<uint8_t>();
    case DType::kI16:
      return function.template operator()<int16_t>();
    case DType::kU16:
      return function.template operator()<uint16_t>();
    case DType::kI32:
      return function.template operator()<int32_t>();
    case DType::kU32:
      return function.template operator()<uint32_t>();
    case DType::kI64:
      return function.template operator()<int64_t>();
    case DType::kU64:
      return function.template operator()<uint64_t>();
    case DType::kBool:
      return function.template operator()<bool>();
    default:
      fail({"op.bad_type",
            fmt::format("elements of type {} cannot be computed with", dtype_name(dtype)), "",
            "cast the tensor first"});
  }
}

template <typename Stored, typename T>
Stored rounded(T value) {
  if constexpr (std::is_same_v<Stored, bool>) {
    return value != T{0};
  } else if constexpr (std::is_integral_v<Stored>) {
    using Limits = std::numeric_limits<Stored>;
    if (std::isnan(value)) return 0;
    const T nearest = std::nearbyint(value);
    if (nearest <= static_cast<T>(Limits::min())) return Limits::min();
    if (nearest >= static_cast<T>(Limits::max())) return Limits::max();
    return static_cast<Stored>(nearest);
  } else if constexpr (std::is_same_v<Stored, double>) {
    return value;
  } else {
    return static_cast<Stored>(static_cast<float>(value));
  }
}

}  // namespace

template <typename T>
void load_elements(const TensorView& from, T* to) {
  load_block(from, 0, to, from.elements());
}

template <typename T>
void store_elements(const T* from, const TensorView& to) {
  with_stored_type(to.dtype, [&]<typename Stored>() {
    for (Stored& value : to.as<Stored>()) value = rounded<Stored>(*from++);
  });
}

template void load_elements(const TensorView& from, float* to);
template void load_elements(const TensorView& from, double* to);
template void store_elements(const float* from, const TensorView& to);
template void store_elements(const double* from, const TensorView& to);

AxisSplit AxisSplit::at(const Shape& shape, int axis) {
  AxisSplit split;
  for (int i = 0; i < axis; ++i) split.outer *= shape[i];
  split.length = shape[axis];
  for (int i = axis + 1; i < shape.rank(); ++i) split.inner *= shape[i];
  return split;
}

AxisSplit AxisSplit::from(const Shape& shape, int axis) {
  AxisSplit split;
  for (int i = 0; i < axis; ++i) split.outer *= shape[i];
  for (int i = axis; i < shape.rank(); ++i) split.length *= shape[i];
  return split;
}

void require_float(const InferContext& node, int i) {
  const DType dtype = node.input(i).dtype;
  if (is_float(dtype)) return;
  node.fail(
      "op.bad_type",
      fmt::format("input {} has type {}, but only floats are supported", i, dtype_name(dtype)),
      "cast the input to f32");
}

void infer_same_float(InferContext& node) {
  require_float(node, 0);
  node.set_output(0, node.input(0).dtype, node.dims(0));
}

void require_equal(const InferContext& node, const Dim& a, const Dim& b, std::string_view what) {
  if (!a.is_constant() || !b.is_constant() || a == b) return;
  node.fail("op.bad_shape", fmt::format("{}: {} and {} differ", what, a.to_string(), b.to_string()),
            "check the shapes of the model's weights and inputs");
}

}  // namespace ingot
