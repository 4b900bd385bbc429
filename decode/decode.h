// Decoding of JPEG, PNG and deflate: the border of libingot_decode.so, which is loaded when a file of
// these kinds is first read, so that nothing else needs libjpeg-turbo, libpng and zlib.
#pragma once

#include <cstddef>

namespace ingot {

/// Functions give true, or false with a sentence in `message` (always ended by a zero).
struct Decoder {
  /// Pixels of an image as RGB, 8 bits each, rows without gaps: into the memory that `allocate`
  /// returns for width * height * 3 bytes (null: it refuses the size). Grey images are spread over
  /// the three colours, transparency is left out.
  bool (*decode_image)(const void* file, size_t size,
                       void* (*allocate)(void* user, int width, int height), void* user,
                       char* message, size_t message_size);
  /// Raw deflate data into exactly `size` bytes.
  bool (*inflate)(const void* data, size_t data_size, void* to, size_t size, char* message,
                  size_t message_size);
};

}  // namespace ingot

/// The entry that the loader looks up.
extern "C" const ingot::Decoder* ingot_decoder();
