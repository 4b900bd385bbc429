// Words of the public interface: element types, shapes, and the description of a tensor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// Element types. The names in text are those of `dtype_name`: "f32", "i64", "bool", ...
enum class DType : uint8_t {
  kUndefined,
  kF32,
  kF16,
  kBF16,
  kF64,
  kF8E4M3,
  kF8E5M2,
  kI8,
  kU8,
  kI16,
  kU16,
  kI32,
  kU32,
  kI64,
  kU64,
  kBool,  ///< one byte, 0 or 1
  kI4,    ///< two elements a byte, low nibble first
  kU4,    ///< two elements a byte, low nibble first
};

/// Bits of one element; 0 for kUndefined.
int dtype_bits(DType dtype) noexcept;

/// Short name as in dumps ("f32", "bf16", "i64", "bool", "f8e4m3"); "?" for kUndefined.
std::string_view dtype_name(DType dtype) noexcept;

/// The type of that name (also trtexec's "fp32", "int8", ...), or kUndefined.
DType dtype_from_name(std::string_view name) noexcept;

/// Elements per axis, outermost first. At most 8 axes (`kMaxRank`); a scalar has none.
class Shape {
 public:
  static constexpr int kMaxRank = 8;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const int64_t> dims);

  int rank() const { return rank_; }
  int64_t operator[](int axis) const { return dims_[static_cast<size_t>(axis)]; }
  int64_t& operator[](int axis) { return dims_[static_cast<size_t>(axis)]; }
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }
  std::span<const int64_t> dims() const { return {dims_.data(), static_cast<size_t>(rank_)}; }
  void push_back(int64_t dim);

  /// Product of the dims; 1 for a scalar. Saturates at INT64_MAX instead of overflowing.
  int64_t elements() const;

  /// "1x3x224x224", or "scalar".
  std::string to_string() const;

  friend bool operator==(const Shape& a, const Shape& b);

 private:
  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

/// Bytes of a dense tensor, 4-bit types rounded up to whole bytes.
size_t dense_bytes(DType dtype, const Shape& shape);

/// A tensor at the border of a model or an engine. A dim of -1 is decided at run time.
struct TensorInfo {
  std::string name;
  DType dtype = DType::kUndefined;
  std::vector<int64_t> dims;
  std::vector<std::string> symbols;  ///< per axis: the symbol's name ("batch"), or empty
  bool is_shape_tensor = false;      ///< its values, not only its shape, decide other shapes
};

}  // namespace ingot
