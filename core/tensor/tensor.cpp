// Tensors and their memory.
#include "core/tensor/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/base/error.h"

namespace ingot {
namespace {

constexpr size_t kAlignment = 64;

/// Integers beyond the ends of int64 saturate and NaN is 0: a plain cast would be undefined.
int64_t to_integer(double value) {
  constexpr double limit = 9223372036854775808.0;
  if (std::isnan(value)) return 0;
  if (value >= limit) return std::numeric_limits<int64_t>::max();
  return value <= -limit ? std::numeric_limits<int64_t>::min() : static_cast<int64_t>(value);
}

template <typename Element, typename Result>
std::vector<Result> converted(const Tensor& tensor) {
  std::vector<Result> values(static_cast<size_t>(tensor.elements()));
  const auto* bytes = static_cast<const std::byte*>(tensor.data());
  for (size_t i = 0; i < values.size(); ++i) {
    Element element;  // memory of a mapped file may be unaligned
    std::memcpy(&element, bytes + i * sizeof(Element), sizeof(Element));
    if constexpr (std::is_integral_v<Element>) {
      values[i] = static_cast<Result>(element);
    } else if constexpr (std::is_same_v<Result, int64_t>) {
      values[i] = to_integer(static_cast<double>(element));
    } else {
      values[i] = static_cast<Result>(element);
    }
  }
  return values;
}

template <typename Result>
std::vector<Result> converted_nibbles(const Tensor& tensor) {
  std::vector<Result> values(static_cast<size_t>(tensor.elements()));
  const auto* bytes = static_cast<const uint8_t*>(tensor.data());
  for (size_t i = 0; i < values.size(); ++i) {
    int nibble = (bytes[i / 2] >> (i % 2 * 4)) & 15;
    if (tensor.dtype() == DType::kI4 && nibble > 7) nibble -= 16;
    values[i] = static_cast<Result>(nibble);
  }
  return values;
}

template <typename Result>
std::vector<Result> converted_elements(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kF32:
      return converted<float, Result>(tensor);
    case DType::kF16:
      return converted<Half, Result>(tensor);
    case DType::kBF16:
      return converted<BFloat16, Result>(tensor);
    case DType::kF64:
      return converted<double, Result>(tensor);
    case DType::kF8E4M3:
      return converted<Float8E4M3, Result>(tensor);
    case DType::kF8E5M2:
      return converted<Float8E5M2, Result>(tensor);
    case DType::kI8:
      return converted<int8_t, Result>(tensor);
    case DType::kU8:
      return converted<uint8_t, Result>(tensor);
    case DType::kI16:
      return converted<int16_t, Result>(tensor);
    case DType::kU16:
      return converted<uint16_t, Result>(tensor);
    case DType::kI32:
      return converted<int32_t, Result>(tensor);
    case DType::kU32:
      return converted<uint32_t, Result>(tensor);
    case DType::kI64:
      return converted<int64_t, Result>(tensor);
    case DType::kU64:
      return converted<uint64_t, Result>(tensor);
    case DType::kBool:
      return converted<uint8_t, Result>(tensor);
    case DType::kI4:
    case DType::kU4:
      return converted_nibbles<Result>(tensor);
    case DType::kUndefined:
      break;
  }
  return {};
}

}  // namespace

std::shared_ptr<void> allocate_aligned(size_t bytes, bool zeroed) {
  // No object is larger than the largest pointer difference; rounding cannot overflow below it.
  const bool possible = bytes <= static_cast<size_t>(std::numeric_limits<ptrdiff_t>::max());
  const size_t rounded = std::max<size_t>(1, (bytes + kAlignment - 1) / kAlignment) * kAlignment;
  void* memory = possible ? std::aligned_alloc(kAlignment, rounded) : nullptr;
  if (!memory) {
    fail({"memory.out_of_memory", fmt::format("cannot allocate {} bytes", bytes), "",
          "use smaller shapes, or a machine with more memory"});
  }
  if (zeroed) std::memset(memory, 0, rounded);
  return {memory, &std::free};
}

Tensor::Tensor(DType dtype, Shape shape, const void* data, std::shared_ptr<const void> owner)
    : dtype_(dtype), shape_(shape), data_(data), owner_(std::move(owner)) {}

Tensor Tensor::allocate(DType dtype, const Shape& shape) {
  const auto memory = allocate_aligned(dense_bytes(dtype, shape), true);
  return {dtype, shape, memory.get(), memory};
}

Tensor Tensor::from_integers(std::span<const int64_t> values) {
  Tensor tensor = allocate(DType::kI64, {static_cast<int64_t>(values.size())});
  std::ranges::copy(values, tensor.mutable_view().as<int64_t>().begin());
  return tensor;
}

Tensor Tensor::from_floats(std::span<const float> values, const Shape& shape) {
  INGOT_CHECK(static_cast<int64_t>(values.size()) == shape.elements());
  Tensor tensor = allocate(DType::kF32, shape);
  std::ranges::copy(values, tensor.mutable_view().as<float>().begin());
  return tensor;
}

Tensor Tensor::scalar_f32(float value) { return from_floats(std::span(&value, 1), {}); }

Tensor Tensor::scalar_i64(int64_t value) {
  return from_integers(std::span(&value, 1)).reshaped({});
}

Tensor Tensor::aligned() const {
  const size_t alignment = std::max<size_t>(1, dtype_bytes(dtype_));
  if (reinterpret_cast<uintptr_t>(data_) % alignment == 0) return *this;
  const auto memory = allocate_aligned(bytes());
  std::memcpy(memory.get(), data_, bytes());
  return {dtype_, shape_, memory.get(), memory};
}

Tensor Tensor::reshaped(const Shape& shape) const {
  INGOT_CHECK(shape.elements() == shape_.elements());
  return {dtype_, shape, data_, owner_};
}

std::vector<int64_t> Tensor::to_integers() const { return converted_elements<int64_t>(*this); }

std::vector<float> Tensor::to_floats() const { return converted_elements<float>(*this); }

bool same_content(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  return a.data() == b.data() || a.bytes() == 0 || std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

}  // namespace ingot
