// A picture of classes: see the header.
#include "apps/ingot/eval/mask_file.h"

#include "ingot/samples.h"

namespace ingot::apps {

std::vector<int64_t> read_mask(const std::string& path, int64_t height, int64_t width) {
  TensorInfo info;
  info.name = "mask";
  info.dtype = DType::kI64;
  info.dims = {1, height, width};
  if (SampleReader::is_image(path)) info.dims = {1, 1, height, width};
  const SampleReader reader({info}, {.preprocess = "filter=nearest,color=gray,scale=1"});
  const Array array = reader.read(path).at("mask");
  const auto* values = static_cast<const int64_t*>(array.data.get());
  return {values, values + height * width};
}

}  // namespace ingot::apps
