// Families of element types.
#include "core/tensor/dtype.h"

namespace ingot {

bool is_float(DType dtype) {
  switch (dtype) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kF64:
    case DType::kF8E4M3:
    case DType::kF8E5M2:
      return true;
    default:
      return false;
  }
}

bool is_integer(DType dtype) {
  return dtype != DType::kUndefined && dtype != DType::kBool && !is_float(dtype);
}

bool is_signed_integer(DType dtype) {
  switch (dtype) {
    case DType::kI4:
    case DType::kI8:
    case DType::kI16:
    case DType::kI32:
    case DType::kI64:
      return true;
    default:
      return false;
  }
}

size_t dtype_bytes(DType dtype) { return static_cast<size_t>(dtype_bits(dtype)) / 8; }

}  // namespace ingot
