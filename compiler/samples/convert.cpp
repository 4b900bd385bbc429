// Arrays to other types: see the header.
#include "compiler/samples/convert.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/tensor/dtype.h"
#include "ops/conversion.h"

namespace ingot {
namespace {

Tensor converted(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  Tensor result = Tensor::allocate(dtype, tensor.shape());
  convert_elements(tensor.view(), result.mutable_view(), true);
  return result;
}

Array to_array(const Tensor& tensor) {
  return {tensor.dtype(), tensor.shape(), {tensor.owner(), tensor.data()}};
}

std::string_view numpy_name(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "float32";
    case DType::kF16:
      return "float16";
    case DType::kI64:
      return "int64";
    case DType::kI32:
      return "int32";
    case DType::kU8:
      return "uint8";
    case DType::kI8:
      return "int8";
    default:
      return dtype_name(dtype);
  }
}

}  // namespace

Array convert(const Array& array, const TensorInfo& input, const std::string& path) {
  if (array.dtype == input.dtype) return array;
  const Tensor tensor(array.dtype, array.shape, array.data.get(), array.data);
  if (is_float(array.dtype) == is_float(input.dtype)) {
    const Tensor result = converted(tensor, input.dtype);
    if (is_float(input.dtype) || same_content(converted(result, array.dtype), tensor)) {
      return to_array(result);
    }
  }
  fail({"sample.wrong_type",
        fmt::format("the array holds {}, input \"{}\" takes {}", dtype_name(array.dtype),
                    input.name, dtype_name(input.dtype)),
        path,
        fmt::format("prepare the data as the model wants them and save array.astype(\"{}\")",
                    numpy_name(input.dtype))});
}

Array pixels_as(const Tensor& floats, const TensorInfo& input) {
  if (is_float(input.dtype)) return to_array(converted(floats, input.dtype));
  float low = 0, high = 255;
  if (input.dtype == DType::kI8) {
    low = -128;
    high = 127;
  }
  Tensor rounded = Tensor::allocate(DType::kF32, floats.shape());
  const auto from = floats.as<float>();
  const auto to = rounded.mutable_view().as<float>();
  for (size_t i = 0; i < to.size(); ++i) to[i] = std::clamp(std::nearbyint(from[i]), low, high);
  return to_array(converted(rounded, input.dtype));
}

}  // namespace ingot
