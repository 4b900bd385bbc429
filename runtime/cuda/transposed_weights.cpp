// Packing of transposed matrices.
#include "runtime/cuda/transposed_weights.h"

#include <cstring>

#include "core/tensor/packed_format.h"

namespace ingot {
namespace {

/// [rows, columns] to [columns, rows], elements of `bytes` bytes.
void transpose(const char* from, char* to, int64_t rows, int64_t columns, size_t bytes) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      std::memcpy(to + static_cast<size_t>(j * rows + i) * bytes,
                  from + static_cast<size_t>(i * columns + j) * bytes, bytes);
    }
  }
}

}  // namespace

const void* transposed_weights(const StepContext& context) {
  const StepTensor& w = context.inputs()[1];
  const int rank = w.shape.rank();
  const int64_t rows = w.shape[rank - 2], columns = w.shape[rank - 1];
  const size_t bytes = dtype_bytes(w.dtype);
  PackedFormat format;
  format.dtype = w.dtype;
  format.dims = format.padded = w.shape;
  int64_t matrices = 1;
  for (int axis = rank - 3; axis >= 0; --axis) matrices *= w.shape[axis];
  int64_t stride = matrices * rows * columns;
  for (int axis = 0; axis < rank - 2; ++axis) {
    stride /= std::max<int64_t>(w.shape[axis], 1);
    format.strides.push_back(stride);
  }
  format.strides.push_back(1);
  format.strides.push_back(rows);
  const auto pack = [=](const void* plain, void* packed) {
    const auto matrix_bytes = static_cast<size_t>(rows * columns) * bytes;
    for (size_t i = 0; i < static_cast<size_t>(matrices); ++i) {
      transpose(static_cast<const char*>(plain) + i * matrix_bytes,
                static_cast<char*>(packed) + i * matrix_bytes, rows, columns, bytes);
    }
  };
  return context.packed_constant(1, format.to_string(),
                                 static_cast<size_t>(w.shape.elements()) * bytes, pack);
}

}  // namespace ingot
