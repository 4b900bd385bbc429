// Blocks of elements go through a type that holds all values of the source.
#include "ops/conversion.h"

#include <cmath>
#include <cstring>

#include "ops/blocks.h"

namespace ingot {
namespace {

template <typename Compute>
void convert_through(const TensorView& x, const TensorView& y) {
  Compute block[kBlock];
  for (int64_t i = 0; i < x.elements(); i += kBlock) {
    const int64_t count = std::min(kBlock, x.elements() - i);
    load_block(x, i, block, count);
    store_block(y, i, block, count);
  }
}

}  // namespace

void convert_elements(const TensorView& x, const TensorView& y, bool saturate) {
  if (x.dtype == y.dtype) {
    if (x.bytes() != 0 && x.data != y.data) std::memcpy(y.data, x.data, x.bytes());
  } else if (x.dtype == DType::kF64 || (x.dtype == DType::kU64 && is_float(y.dtype))) {
    convert_through<double>(x, y);
  } else if (is_float(x.dtype)) {
    convert_through<float>(x, y);
  } else {
    convert_through<int64_t>(x, y);
  }
  const bool to_float8 = y.dtype == DType::kF8E4M3 || y.dtype == DType::kF8E5M2;
  if (!to_float8 || saturate || x.dtype == y.dtype) return;
  const std::vector<float> values = load_all<float>(x);
  mark_overflow(values.data(), y, 0, y.elements());
}

void mark_overflow(const float* values, const TensorView& y, int64_t offset, int64_t count) {
  const bool e4m3 = y.dtype == DType::kF8E4M3;
  auto* bits = static_cast<uint8_t*>(y.data) + offset;
  for (int64_t i = 0; i < count; ++i) {
    const float size = std::abs(values[i]);
    // Half a step above the largest value: a tie goes to the even one, which E4M3's 448 is.
    const bool over = e4m3 ? size > 464 : size >= 61440;
    if (over) bits[i] = static_cast<uint8_t>((values[i] < 0 ? 0x80 : 0) | (e4m3 ? 0x7f : 0x7c));
  }
}

}  // namespace ingot
