// Shapes and the names and sizes of element types (include/ingot/types.h).
#include "ingot/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"

namespace ingot {
namespace {

struct DTypeRow {
  DType dtype;
  int bits;
  std::string_view name;
  std::array<std::string_view, 2> other_names;  ///< trtexec's, NumPy's and ONNX's
};

constexpr DTypeRow kRows[] = {
    {DType::kF32, 32, "f32", {"fp32", "float32"}},
    {DType::kF16, 16, "f16", {"fp16", "float16"}},
    {DType::kBF16, 16, "bf16", {"bfloat16", ""}},
    {DType::kF64, 64, "f64", {"float64", "double"}},
    {DType::kF8E4M3, 8, "f8e4m3", {"fp8", "float8e4m3fn"}},
    {DType::kF8E5M2, 8, "f8e5m2", {"float8e5m2", ""}},
    {DType::kI8, 8, "i8", {"int8", ""}},
    {DType::kU8, 8, "u8", {"uint8", ""}},
    {DType::kI16, 16, "i16", {"int16", ""}},
    {DType::kU16, 16, "u16", {"uint16", ""}},
    {DType::kI32, 32, "i32", {"int32", ""}},
    {DType::kU32, 32, "u32", {"uint32", ""}},
    {DType::kI64, 64, "i64", {"int64", ""}},
    {DType::kU64, 64, "u64", {"uint64", ""}},
    {DType::kBool, 8, "bool", {"boolean", ""}},
    {DType::kI4, 4, "i4", {"int4", ""}},
    {DType::kU4, 4, "u4", {"uint4", ""}},
};

const DTypeRow* row_of(DType dtype) {
  for (const DTypeRow& row : kRows) {
    if (row.dtype == dtype) return &row;
  }
  return nullptr;
}

[[noreturn]] void fail_rank(size_t rank) {
  fail({"shape.too_many_axes",
        fmt::format("a shape of {} axes; at most {} are supported", rank, Shape::kMaxRank), "",
        "merge axes that are always used together"});
}

}  // namespace

int dtype_bits(DType dtype) noexcept {
  const DTypeRow* row = row_of(dtype);
  return row ? row->bits : 0;
}

std::string_view dtype_name(DType dtype) noexcept {
  const DTypeRow* row = row_of(dtype);
  return row ? row->name : "?";
}

DType dtype_from_name(std::string_view name) noexcept {
  if (name.empty()) return DType::kUndefined;
  for (const DTypeRow& row : kRows) {
    if (name == row.name || std::ranges::find(row.other_names, name) != row.other_names.end()) {
      return row.dtype;
    }
  }
  return DType::kUndefined;
}

Shape::Shape(std::span<const int64_t> dims) {
  if (dims.size() > kMaxRank) fail_rank(dims.size());
  std::ranges::copy(dims, dims_.begin());
  rank_ = static_cast<int>(dims.size());
}

void Shape::push_back(int64_t dim) {
  if (rank_ == kMaxRank) fail_rank(kMaxRank + 1);
  dims_[static_cast<size_t>(rank_++)] = dim;
}

int64_t Shape::elements() const {
  // An axis without elements counts before others overflow.
  if (std::find(begin(), end(), 0) != end()) return 0;
  int64_t product = 1;
  for (const int64_t dim : *this) {
    if (__builtin_mul_overflow(product, dim, &product)) return std::numeric_limits<int64_t>::max();
  }
  return product;
}

std::string Shape::to_string() const {
  return rank_ == 0 ? "scalar" : fmt::format("{}", fmt::join(begin(), end(), "x"));
}

bool operator==(const Shape& a, const Shape& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

size_t dense_bytes(DType dtype, const Shape& shape) {
  const auto elements = static_cast<size_t>(shape.elements());
  const auto bits = static_cast<size_t>(dtype_bits(dtype));
  if (bits < 8) return (elements + 1) / 2 * (bits / 4);
  size_t bytes = 0;
  if (__builtin_mul_overflow(elements, bits / 8, &bytes)) return std::numeric_limits<size_t>::max();
  return bytes;
}

}  // namespace ingot
