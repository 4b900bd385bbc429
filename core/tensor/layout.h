// How a value's elements lie in memory. Everything at the border of an engine, and everything that
// a reference step touches, is kPlain.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/tensor/dim.h"
#include "ingot/types.h"

namespace ingot {

inline constexpr int kLayoutCount = 5;

enum class Layout : uint8_t {
  kPlain,         ///< row-major: "plain"
  kChannelsLast,  ///< axis 1 moved to the end (NHWC): "nhwc"
  kBlocked8,      ///< axis 1 in blocks of 8 at the end (nChw8c), padded with zeros: "c8"
  kBlocked16,     ///< the same with 16 (nChw16c): "c16"
  kHost,          ///< row-major in the host's memory, where the other layouts mean a GPU's: "host"
};

std::string_view layout_name(Layout layout);
/// Throws Error ("layout.unknown").
Layout layout_from_name(std::string_view name);

/// Channels of one block: 8, 16, or 1.
int layout_block(Layout layout);

/// Row-major, wherever it lies: kPlain and kHost.
inline bool is_row_major(Layout layout) {
  return layout == Layout::kPlain || layout == Layout::kHost;
}

/// True when a tensor of these dims has the same bytes in both layouts, whatever its symbols are.
bool same_bytes(const SymbolicShape& dims, Layout a, Layout b);

/// Elements that a buffer of this layout holds, block padding included.
int64_t padded_elements(const Shape& shape, Layout layout);

/// Distance in elements between neighbours along each logical axis; for blocked layouts, axis 1's
/// entry is the distance between blocks (elements of one block lie side by side).
/// `parent` is the shape of the buffer that `shape` is a window of (the same shape if it is dense).
Shape layout_strides(const Shape& parent, Layout layout);

/// Offset in elements of a window that begins at `offset` along `axis` of a buffer of shape
/// `parent`. For blocked layouts along axis 1, offset must be a multiple of the block.
int64_t window_offset(const Shape& parent, Layout layout, int axis, int64_t offset);

}  // namespace ingot
