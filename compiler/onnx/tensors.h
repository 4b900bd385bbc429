// ONNX tensors as Ingot's: raw data is viewed in the mapped file where it is aligned, all else is
// decoded or copied. Sizes are checked against shapes before anything is allocated.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "compiler/onnx/external_data.h"
#include "compiler/onnx/wire.h"
#include "core/tensor/tensor.h"

namespace ingot::onnx {

/// The element type, or kUndefined for those that Ingot has not (strings, complex numbers, ...).
DType dtype_of(int32_t element_type);

/// "FLOAT", as in the ONNX specification; "type 99" for numbers that it does not have.
std::string element_type_name(int32_t element_type);

/// The type of that name ("FLOAT", as Cast wrote it before opset 6), or kUndefined.
DType dtype_from_onnx_name(std::string_view name);

class TensorReader {
 public:
  /// `owner` keeps the model's bytes alive.
  TensorReader(std::shared_ptr<const void> owner, ExternalData external)
      : owner_(std::move(owner)), external_(std::move(external)) {}

  /// Throws Error whose text calls the tensor `label` ('initializer "w"') and names `where`.
  Tensor read(const TensorProto& tensor, const std::string& label, const std::string& where);

 private:
  std::shared_ptr<const void> owner_;
  ExternalData external_;
};

/// Elements of a float tensor that are NaN or infinite.
struct NonFinite {
  int64_t nan = 0, plus_infinity = 0, minus_infinity = 0;
};
NonFinite count_non_finite(const Tensor& tensor);

}  // namespace ingot::onnx
