// Strides and sizes of the layouts.
#include "core/tensor/layout.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace ingot {
namespace {

struct LayoutRow {
  Layout layout;
  std::string_view name;
  int block;
};
constexpr LayoutRow kRows[] = {
    {Layout::kPlain, "plain", 1}, {Layout::kChannelsLast, "nhwc", 1},
    {Layout::kBlocked8, "c8", 8}, {Layout::kBlocked16, "c16", 16},
    {Layout::kHost, "host", 1},
};

const LayoutRow& row_of(Layout layout) { return kRows[static_cast<size_t>(layout)]; }

/// Without a channel axis every layout is row-major.
bool has_channels(const Shape& shape) { return shape.rank() >= 2; }

int64_t blocks(const Shape& shape, Layout layout) {
  const int block = layout_block(layout);
  return (shape[1] + block - 1) / block;
}

}  // namespace

std::string_view layout_name(Layout layout) { return row_of(layout).name; }

Layout layout_from_name(std::string_view name) {
  std::vector<std::string> known;
  for (const LayoutRow& row : kRows) {
    if (row.name == name) return row.layout;
    known.emplace_back(row.name);
  }
  fail(
      {"layout.unknown", "unknown layout \"" + std::string(name) + "\"", "", suggest(name, known)});
}

int layout_block(Layout layout) { return row_of(layout).block; }

int64_t padded_elements(const Shape& shape, Layout layout) {
  Shape padded = shape;
  if (has_channels(shape)) padded[1] = blocks(shape, layout) * layout_block(layout);
  return padded.elements();
}

Shape layout_strides(const Shape& parent, Layout layout) {
  const int rank = parent.rank();
  Shape strides = parent;
  const bool plain = is_row_major(layout) || !has_channels(parent);
  const bool channels_last = !plain && layout == Layout::kChannelsLast;
  int64_t stride = plain ? 1 : layout_block(layout);
  if (channels_last) {
    strides[1] = 1;
    stride = parent[1];
  }
  for (int axis = rank - 1; axis >= 0; --axis) {
    if (channels_last && axis == 1) continue;
    strides[axis] = stride;
    stride *= !plain && axis == 1 ? blocks(parent, layout) : parent[axis];
  }
  return strides;
}

int64_t window_offset(const Shape& parent, Layout layout, int axis, int64_t offset) {
  const Shape strides = layout_strides(parent, layout);
  if (axis != 1 || layout_block(layout) == 1 || !has_channels(parent)) {
    return offset * strides[axis];
  }
  INGOT_CHECK(offset % layout_block(layout) == 0);
  return offset / layout_block(layout) * strides[axis];
}

bool same_bytes(const SymbolicShape& dims, Layout a, Layout b) {
  if (a == b) return true;
  if (a == Layout::kHost || b == Layout::kHost) return false;  // another memory
  if (dims.size() < 2) return true;
  const int block = std::max(layout_block(a), layout_block(b));
  const Dim& channels = dims[1];
  if (block > 1 && (!channels.is_constant() || channels.constant() % block != 0)) return false;
  const bool one_point =
      std::all_of(dims.begin() + 2, dims.end(), [](const Dim& dim) { return dim == Dim(1); });
  return one_point || (block == 1 && channels == Dim(1));
}

}  // namespace ingot
