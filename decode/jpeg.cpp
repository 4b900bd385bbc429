// JPEG by libjpeg-turbo.
#include <turbojpeg.h>

#include <cstring>
#include <memory>

#include "decode/formats.h"

namespace ingot {

bool decode_jpeg(const unsigned char* file, size_t size, const Target& target) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (!decoder) return target.fails("libjpeg-turbo has no memory");
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), file, size, &width, &height, &subsampling, &colours) !=
      0) {
    return target.fails(tjGetErrorStr2(decoder.get()));
  }
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    return target.fails("it has the colours of print (CMYK); convert it to RGB");
  }
  auto* pixels = static_cast<unsigned char*>(target.allocate(target.user, width, height));
  if (!pixels) return target.fails("it is too large");
  if (tjDecompress2(decoder.get(), file, size, pixels, width, 0, height, TJPF_RGB,
                    TJFLAG_ACCURATEDCT) == 0) {
    return true;
  }
  // Warnings are of little harm, as of bytes too much; but what was cut off has grey where it ends.
  const char* why = tjGetErrorStr2(decoder.get());
  const bool whole = std::strstr(why, "Premature end") == nullptr;
  return (tjGetErrorCode(decoder.get()) == TJERR_WARNING && whole) || target.fails(why);
}

}  // namespace ingot
