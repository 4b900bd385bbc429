// Text, size and unpacking of packed weights: what a plan needs to know of a library's layout.
#include "core/tensor/packed_format.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>

#include "core/base/error.h"

namespace ingot {
namespace {

[[noreturn]] void bad_syntax(std::string_view text, std::string_view why) {
  fail({"packed_format.syntax", fmt::format("packed format \"{}\": {}", text, why), "",
        "write it as in \"f32 dims=64x3x7x7 padded=64x3x7x7 strides=1176x392x56x8 blocks=8@0\""});
}

std::string join(const Shape& shape) {
  return fmt::format("{}", fmt::join(shape.begin(), shape.end(), "x"));
}

// Reads pieces of one text, and complains with the whole of it.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text), rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool skip(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }
  void expect(std::string_view prefix) {
    if (!skip(prefix)) bad_syntax(text_, fmt::format("expected \"{}\" at \"{}\"", prefix, rest_));
  }
  std::string_view word() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    return word;
  }
  int64_t number() {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value < 0) {
      bad_syntax(text_, fmt::format("expected a number at \"{}\"", rest_));
    }
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }
  Shape shape() {
    Shape shape;
    do {
      if (shape.rank() == Shape::kMaxRank) bad_syntax(text_, "more than 8 axes");
      shape.push_back(number());
    } while (skip("x"));
    return shape;
  }
  [[noreturn]] void bad(std::string_view why) const { bad_syntax(text_, why); }

 private:
  std::string_view text_, rest_;
};

// Elements of all blocks along each axis; false on overflow or a block of no size.
bool block_extents(const PackedFormat& format, Shape* extents) {
  *extents = format.dims;
  for (int axis = 0; axis < extents->rank(); ++axis) (*extents)[axis] = 1;
  for (const auto& block : format.blocks) {
    if (block.axis < 0 || block.axis >= format.dims.rank() || block.size < 1) return false;
    int64_t& extent = (*extents)[block.axis];
    if (__builtin_mul_overflow(extent, block.size, &extent)) return false;
  }
  return true;
}

}  // namespace

std::string PackedFormat::to_string() const {
  std::string text = fmt::format("{} dims={} padded={} strides={}", dtype_name(dtype), join(dims),
                                 join(padded), join(strides));
  for (size_t i = 0; i < blocks.size(); ++i) {
    text += fmt::format("{}{}@{}", i == 0 ? " blocks=" : ",", blocks[i].size, blocks[i].axis);
  }
  if (extra_bytes) text += fmt::format(" extra={} bytes", extra_bytes);
  return text;
}

PackedFormat PackedFormat::parse(std::string_view text) {
  Scanner scan(text);
  PackedFormat format;
  format.dtype = dtype_from_name(scan.word());
  if (format.dtype == DType::kUndefined) scan.bad("unknown element type");
  scan.expect(" dims=");
  format.dims = scan.shape();
  scan.expect(" padded=");
  format.padded = scan.shape();
  scan.expect(" strides=");
  format.strides = scan.shape();
  const int rank = format.dims.rank();
  if (format.padded.rank() != rank || format.strides.rank() != rank) {
    scan.bad("dims, padded and strides differ in rank");
  }
  if (scan.skip(" blocks=")) {
    do {
      Block block{scan.number(), 0};
      scan.expect("@");
      const int64_t axis = scan.number();
      if (axis >= rank || block.size < 1) scan.bad("a block of no size or of no axis");
      block.axis = static_cast<int>(axis);
      format.blocks.push_back(block);
    } while (scan.skip(","));
  }
  if (scan.skip(" extra=")) {
    format.extra_bytes = static_cast<size_t>(scan.number());
    scan.expect(" bytes");
  }
  if (!scan.done()) scan.bad("something follows the end");
  return format;
}

size_t PackedFormat::bytes() const {
  const size_t element = dtype_bytes(dtype);
  Shape extents;
  if (element == 0 || dims.rank() == 0 || padded.rank() != dims.rank() ||
      strides.rank() != dims.rank() || !block_extents(*this, &extents)) {
    return 0;
  }
  int64_t elements = 1;  // of one block of all axes
  for (const Block& block : blocks) {
    if (__builtin_mul_overflow(elements, block.size, &elements)) return 0;
  }
  for (int axis = 0; axis < dims.rank(); ++axis) {
    if (dims[axis] < 1 || padded[axis] < dims[axis] || padded[axis] % extents[axis] != 0 ||
        strides[axis] < 0) {
      return 0;
    }
    int64_t reach = 0;
    if (__builtin_mul_overflow(padded[axis] / extents[axis] - 1, strides[axis], &reach) ||
        __builtin_add_overflow(elements, reach, &elements)) {
      return 0;
    }
  }
  size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<size_t>(elements), element, &bytes) ||
      __builtin_add_overflow(bytes, extra_bytes, &bytes)) {
    return 0;
  }
  return bytes;
}

void PackedFormat::unpack(const void* packed, const TensorView& plain) const {
  INGOT_CHECK(plain.dtype == dtype && plain.shape == dims && bytes() != 0);
  const size_t element = dtype_bytes(dtype);
  const auto* source = static_cast<const std::byte*>(packed);
  auto* target = static_cast<std::byte*>(plain.data);
  const int rank = dims.rank();

  // An element's offset is a sum of one term per axis, so the terms are tabulated once.
  std::array<std::vector<int64_t>, Shape::kMaxRank> terms;
  for (int axis = 0; axis < rank; ++axis) {
    auto& term = terms[static_cast<size_t>(axis)];
    term.resize(static_cast<size_t>(dims[axis]));
    for (int64_t i = 0; i < dims[axis]; ++i) {
      int64_t position = i, offset = 0, inner_stride = 1;
      for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
        if (block->axis == axis) {
          offset += position % block->size * inner_stride;
          position /= block->size;
        }
        inner_stride *= block->size;
      }
      term[static_cast<size_t>(i)] = offset + position * strides[axis];
    }
  }
  std::array<int64_t, Shape::kMaxRank> index{};
  const auto& last = terms[static_cast<size_t>(rank - 1)];
  while (true) {
    int64_t base = 0;
    for (int axis = 0; axis + 1 < rank; ++axis) {
      base +=
          terms[static_cast<size_t>(axis)][static_cast<size_t>(index[static_cast<size_t>(axis)])];
    }
    for (const int64_t term : last) {
      std::memcpy(target, source + static_cast<size_t>(base + term) * element, element);
      target += element;
    }
    int axis = rank - 2;
    for (; axis >= 0; --axis) {
      auto& i = index[static_cast<size_t>(axis)];
      if (++i < dims[axis]) break;
      i = 0;
    }
    if (axis < 0) break;
  }
}

}  // namespace ingot
