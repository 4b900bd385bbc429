// Images and compressed data in memory, by libingot_decode.so (decode/), loaded when first used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ingot {

/// RGB or grey, 8 bits each, rows without gaps.
struct Image {
  int width = 0, height = 0, channels = 3;
  std::vector<uint8_t> pixels;
  size_t row_bytes() const { return static_cast<size_t>(width) * static_cast<size_t>(channels); }
};

/// A JPEG or PNG as RGB. Throws Error ("sample.bad_image", "decoder.not_found") naming the path.
Image decode_image(std::span<const std::byte> file, const std::string& path);

/// Raw deflate data that become `size` bytes at `to`. Throws Error ("sample.bad_array").
void inflate(std::span<const std::byte> data, void* to, size_t size, const std::string& path);

}  // namespace ingot
