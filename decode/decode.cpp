// Which decoder a file needs is told by its first bytes; deflate.
#include "decode/decode.h"

#include <zlib.h>

#include <cstdio>
#include <cstring>

#include "decode/formats.h"

namespace ingot {
namespace {

bool decode_image(const void* file, size_t size,
                  void* (*allocate)(void* user, int width, int height), void* user, char* message,
                  size_t message_size) {
  const Target target{allocate, user, message, message_size};
  const auto* bytes = static_cast<const unsigned char*>(file);
  if (size >= 3 && std::memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
    return decode_jpeg(bytes, size, target);
  if (size >= 8 && std::memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0) {
    return decode_png(bytes, size, target);
  }
  return target.fails("it is neither a JPEG nor a PNG");
}

bool inflate_all(const void* data, size_t data_size, void* to, size_t size, char* message,
                 size_t message_size) {
  const auto fails = [&](const char* why) {
    std::snprintf(message, message_size, "%s", why);
    return false;
  };
  z_stream stream{};
  constexpr int kRaw = -15;
  if (inflateInit2(&stream, kRaw) != Z_OK) return fails("zlib has no memory");
  stream.next_in = static_cast<Bytef*>(const_cast<void*>(data));
  stream.next_out = static_cast<Bytef*>(to);
  size_t left_in = data_size, left_out = size;
  constexpr size_t kMost = size_t{1} << 30;
  int state = Z_OK;
  while (state == Z_OK) {
    const size_t in = left_in < kMost ? left_in : kMost, out = left_out < kMost ? left_out : kMost;
    stream.avail_in = static_cast<uInt>(in);
    stream.avail_out = static_cast<uInt>(out);
    state = inflate(&stream, Z_NO_FLUSH);
    left_in -= in - stream.avail_in;
    left_out -= out - stream.avail_out;
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) return fails("the compressed data are damaged or cut off");
  if (left_out != 0) return fails("the compressed data are shorter than they should be");
  return true;
}

}  // namespace

bool Target::fails(const char* why) const {
  std::snprintf(message, message_size, "%s", why);
  return false;
}

}  // namespace ingot

extern "C" const ingot::Decoder* ingot_decoder() {
  static const ingot::Decoder decoder = {ingot::decode_image, ingot::inflate_all};
  return &decoder;
}
