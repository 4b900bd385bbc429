// Axes that run on alike are merged; then rows are copied whole where both sides are contiguous,
// and tiles are transposed where only the two sides' innermost axes differ.
#include "ops/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"

namespace ingot {
namespace {

template <typename Bits>
void copy_row(const CopyAxis& axis, const char* from, char* to) {
  const auto* x = reinterpret_cast<const Bits*>(from);
  auto* y = reinterpret_cast<Bits*>(to);
  if (axis.from_stride == 0 && axis.to_stride == 1) {
    std::fill_n(y, axis.size, *x);
  } else if (axis.to_stride == 1) {
    for (int64_t i = 0; i < axis.size; ++i) y[i] = x[i * axis.from_stride];
  } else {
    for (int64_t i = 0; i < axis.size; ++i) y[i * axis.to_stride] = x[i * axis.from_stride];
  }
}

/// `across` is contiguous in `from`, `along` is contiguous in `to`.
template <typename Bits>
void transpose_tiles(const CopyAxis& across, const CopyAxis& along, const char* from, char* to) {
  constexpr int64_t kTile = 16;
  const auto* x = reinterpret_cast<const Bits*>(from);
  auto* y = reinterpret_cast<Bits*>(to);
  for (int64_t i0 = 0; i0 < across.size; i0 += kTile) {
    const int64_t i1 = std::min(i0 + kTile, across.size);
    for (int64_t k0 = 0; k0 < along.size; k0 += kTile) {
      const int64_t k1 = std::min(k0 + kTile, along.size);
      for (int64_t i = i0; i < i1; ++i) {
        for (int64_t k = k0; k < k1; ++k) {
          y[i * across.to_stride + k] = x[i + k * along.from_stride];
        }
      }
    }
  }
}

using RowCopy = void (*)(const CopyAxis&, const char*, char*);
using TileCopy = void (*)(const CopyAxis&, const CopyAxis&, const char*, char*);

struct Copies {
  RowCopy row;
  TileCopy tiles;
};

Copies copies_of(size_t width) {
  switch (width) {
    case 1:
      return {copy_row<uint8_t>, transpose_tiles<uint8_t>};
    case 2:
      return {copy_row<uint16_t>, transpose_tiles<uint16_t>};
    case 4:
      return {copy_row<uint32_t>, transpose_tiles<uint32_t>};
    default:
      return {copy_row<uint64_t>, transpose_tiles<uint64_t>};
  }
}

std::vector<CopyAxis> merged(const std::vector<CopyAxis>& axes) {
  std::vector<CopyAxis> result;
  for (const CopyAxis& axis : axes) {
    if (axis.size == 1) continue;
    if (!result.empty() && result.back().from_stride == axis.from_stride * axis.size &&
        result.back().to_stride == axis.to_stride * axis.size) {
      result.back() = {result.back().size * axis.size, axis.from_stride, axis.to_stride};
    } else {
      result.push_back(axis);
    }
  }
  return result;
}

/// Calls visit(from, to) for every index of `axes`.
template <typename Visit>
void walk(std::span<const CopyAxis> axes, const char* from, char* to, int64_t width,
          const Visit& visit) {
  std::vector<int64_t> index(axes.size(), 0);
  while (true) {
    visit(from, to);
    size_t axis = axes.size();
    while (axis > 0) {
      --axis;
      from += axes[axis].from_stride * width;
      to += axes[axis].to_stride * width;
      if (++index[axis] < axes[axis].size) break;
      from -= axes[axis].from_stride * width * axes[axis].size;
      to -= axes[axis].to_stride * width * axes[axis].size;
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (axes.empty()) return;
  }
}

}  // namespace

void copy_strided(std::vector<CopyAxis> axes, const void* from, void* to, size_t width) {
  for (const CopyAxis& axis : axes) {
    if (axis.size == 0) return;
  }
  axes = merged(axes);
  const auto* x = static_cast<const char*>(from);
  auto* y = static_cast<char*>(to);
  const auto bytes = static_cast<int64_t>(width);
  if (axes.empty()) {
    std::memcpy(y, x, width);
    return;
  }
  const CopyAxis row = axes.back();
  axes.pop_back();
  if (row.from_stride == 1 && row.to_stride == 1) {
    const size_t length = static_cast<size_t>(row.size) * width;
    walk(axes, x, y, bytes, [&](const char* a, char* b) { std::memcpy(b, a, length); });
    return;
  }
  const Copies copies = copies_of(width);
  const auto across = std::find_if(axes.begin(), axes.end(),
                                   [](const CopyAxis& axis) { return axis.from_stride == 1; });
  if (row.to_stride == 1 && across != axes.end()) {
    const CopyAxis other = *across;
    axes.erase(across);
    walk(axes, x, y, bytes, [&](const char* a, char* b) { copies.tiles(other, row, a, b); });
    return;
  }
  walk(axes, x, y, bytes, [&](const char* a, char* b) { copies.row(row, a, b); });
}

std::vector<int64_t> dense_strides(const Shape& shape) {
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()), 1);
  for (int axis = shape.rank() - 2; axis >= 0; --axis) {
    const auto i = static_cast<size_t>(axis);
    strides[i] = strides[i + 1] * shape[axis + 1];
  }
  return strides;
}

size_t element_width(DType dtype, std::string_view op) {
  const size_t width = dtype_bytes(dtype);
  if (width == 0) {
    fail({"op.bad_type",
          std::string(op) + " does not move elements of type " + std::string(dtype_name(dtype)), "",
          "insert a Cast to i8 before it"});
  }
  return width;
}

}  // namespace ingot
