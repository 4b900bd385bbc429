// One decoder for each format of images.
#pragma once

#include <cstddef>

namespace ingot {

/// Where pixels and complaints go: see Decoder::decode_image.
struct Target {
  void* (*allocate)(void* user, int width, int height);
  void* user;
  char* message;
  size_t message_size;

  bool fails(const char* why) const;  ///< tells why and gives false
};

bool decode_jpeg(const unsigned char* file, size_t size, const Target& target);
bool decode_png(const unsigned char* file, size_t size, const Target& target);

}  // namespace ingot
