// PNG by libpng. Its errors are jumps: nothing here may own memory while they can happen.
#include <png.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>

#include "decode/formats.h"

namespace ingot {
namespace {

struct Reading {
  const unsigned char* next;
  size_t left;
  const Target* target;
};

void read_bytes(png_structp png, png_bytep to, size_t count) {
  auto* reading = static_cast<Reading*>(png_get_io_ptr(png));
  if (count > reading->left) png_error(png, "the file is cut off");
  std::memcpy(to, reading->next, count);
  reading->next += count;
  reading->left -= count;
}

[[noreturn]] void on_error(png_structp png, png_const_charp why) {
  static_cast<Reading*>(png_get_error_ptr(png))->target->fails(why);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

/// Any kind of PNG becomes RGB of 8 bits.
void ask_for_rgb(png_structp png) {
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
}

void read_pixels(png_structp png, png_infop info, Reading* reading, png_bytep** rows) {
  constexpr png_uint_32 kLongestSide = 1 << 20;
  png_set_user_limits(png, kLongestSide, kLongestSide);
  png_read_info(png, info);
  ask_for_rgb(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const auto width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  if (png_get_rowbytes(png, info) != size_t{3} * width) png_error(png, "it does not become RGB");
  const Target& target = *reading->target;
  auto* pixels = static_cast<png_bytep>(
      target.allocate(target.user, static_cast<int>(width), static_cast<int>(height)));
  if (!pixels) png_error(png, "it is too large");
  *rows = static_cast<png_bytep*>(std::malloc(height * sizeof(png_bytep)));
  if (!*rows) png_error(png, "there is no memory for its rows");
  for (png_uint_32 y = 0; y < height; ++y) (*rows)[y] = pixels + size_t{3} * width * y;
  for (int pass = 0; pass < passes; ++pass) png_read_rows(png, *rows, nullptr, height);
  png_read_end(png, nullptr);
}

}  // namespace

bool decode_png(const unsigned char* file, size_t size, const Target& target) {
  Reading reading{file, size, &target};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, on_error, on_warning);
  if (!png) return target.fails("libpng has no memory");
  png_infop info = png_create_info_struct(png);
  png_bytep* volatile rows = nullptr;
  bool read = false;
  if (info && setjmp(png_jmpbuf(png)) == 0) {
    png_set_read_fn(png, &reading, read_bytes);
    read_pixels(png, info, &reading, const_cast<png_bytep**>(&rows));
    read = true;
  }
  std::free(rows);
  png_destroy_read_struct(&png, &info, nullptr);
  return read;
}

}  // namespace ingot
