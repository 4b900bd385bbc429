// Tensors: `Tensor` is an immutable constant that shares its memory (often a mapped file);
// `TensorView` is somebody else's memory, dense and row-major.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/dtype.h"
#include "ingot/types.h"

namespace ingot {

struct TensorView {
  DType dtype = DType::kUndefined;
  Shape shape;
  void* data = nullptr;

  int64_t elements() const { return shape.elements(); }
  size_t bytes() const { return dense_bytes(dtype, shape); }
  /// The caller has checked the dtype. Memory may be unaligned only in mapped ONNX files: copy.
  template <typename T>
  std::span<T> as() const {
    return {static_cast<T*>(data), static_cast<size_t>(elements())};
  }
};

class Tensor {
 public:
  Tensor() = default;
  /// Shares memory that `owner` keeps alive.
  Tensor(DType dtype, Shape shape, const void* data, std::shared_ptr<const void> owner);
  /// New zeroed memory, 64-byte aligned; fill it through `mutable_view` before sharing it.
  static Tensor allocate(DType dtype, const Shape& shape);
  static Tensor from_integers(std::span<const int64_t> values);  ///< i64, one axis
  static Tensor from_floats(std::span<const float> values, const Shape& shape);
  static Tensor scalar_f32(float value);
  static Tensor scalar_i64(int64_t value);

  explicit operator bool() const { return data_ != nullptr || dtype_ != DType::kUndefined; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t elements() const { return shape_.elements(); }
  size_t bytes() const { return dense_bytes(dtype_, shape_); }
  const void* data() const { return data_; }
  /// For reading. `Tensor`s are 64-byte aligned except those that view a mapped file: use
  /// `aligned` first where T needs it.
  TensorView view() const { return {dtype_, shape_, const_cast<void*>(data_)}; }
  TensorView mutable_view() { return view(); }
  template <typename T>
  std::span<const T> as() const {
    return {static_cast<const T*>(data_), static_cast<size_t>(elements())};
  }
  /// The same tensor if its memory is aligned to its element, else a copy that is.
  Tensor aligned() const;
  /// The same data with another shape of as many elements.
  Tensor reshaped(const Shape& shape) const;

  /// All elements as integers or floats, whatever the dtype (small tensors: axes, shapes, scales).
  std::vector<int64_t> to_integers() const;
  std::vector<float> to_floats() const;
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  DType dtype_ = DType::kUndefined;
  Shape shape_;
  const void* data_ = nullptr;
  std::shared_ptr<const void> owner_;
};

/// Bit-equal content, dtype and shape.
bool same_content(const Tensor& a, const Tensor& b);

/// 64-byte aligned memory, zeroed if asked; throws Error ("memory.out_of_memory") with the size.
std::shared_ptr<void> allocate_aligned(size_t bytes, bool zeroed = false);

}  // namespace ingot
