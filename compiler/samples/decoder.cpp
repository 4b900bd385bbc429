// Finds and loads the decoding library: see the header.
#include "compiler/samples/decoder.h"

#include <dlfcn.h>
#include <fmt/core.h>

#include <algorithm>
#include <new>

#include "core/base/code_folder.h"
#include "core/base/error.h"
#include "decode/decode.h"

namespace ingot {
namespace {

const Decoder& load_decoder() {
  const std::string path =
      folder_of_code(reinterpret_cast<const void*>(&load_decoder)) + "/libingot_decode.so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  using Entry = const Decoder* (*)();
  const auto entry =
      library ? reinterpret_cast<Entry>(dlsym(library, "ingot_decoder")) : Entry{nullptr};
  if (!entry) {
    const char* why = dlerror();
    fail(
        {"decoder.not_found",
         fmt::format("images and compressed arrays cannot be read: {}", why ? why : "no entry"),
         path,
         "install libturbojpeg, libpng16 and zlib, and Ingot's libingot_decode.so beside its other "
         "libraries; .npy and .raw files need none of them"});
  }
  return *entry();
}

const Decoder& decoder() {
  static const Decoder& loaded = load_decoder();
  return loaded;
}

/// Larger ones are no photographs but a mistake, or worse; and no format packs more into a byte.
constexpr int64_t kMostPixels = int64_t{1} << 28, kMostPixelsOfAByte = 1 << 14;

struct Decoding {
  Image* image;
  int64_t file_bytes;
};

void* allocate_pixels(void* user, int width, int height) {
  const auto* decoding = static_cast<const Decoding*>(user);
  const int64_t most = std::min(kMostPixels, decoding->file_bytes * kMostPixelsOfAByte);
  if (width <= 0 || height <= 0 || int64_t{width} * height > most) return nullptr;
  Image* image = decoding->image;
  image->width = width;
  image->height = height;
  // No exception may pass through the decoders, which are C.
  try {
    image->pixels.resize(image->row_bytes() * static_cast<size_t>(height));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return image->pixels.data();
}

}  // namespace

Image decode_image(std::span<const std::byte> file, const std::string& path) {
  Image image;
  Decoding decoding{&image, static_cast<int64_t>(file.size())};
  char message[256] = "";
  if (decoder().decode_image(file.data(), file.size(), allocate_pixels, &decoding, message,
                             sizeof message)) {
    return image;
  }
  fail({"sample.bad_image", fmt::format("the image cannot be read: {}", message), path,
        "give whole JPEG or PNG files; what opens elsewhere can be saved anew as PNG"});
}

void inflate(std::span<const std::byte> data, void* to, size_t size, const std::string& path) {
  char message[256] = "";
  if (decoder().inflate(data.data(), data.size(), to, size, message, sizeof message)) return;
  fail({"sample.bad_array", message, path, "save the file anew with numpy.savez"});
}

}  // namespace ingot
