// Tensors of any element type, read and written as the type that an evaluation computes in: float,
// or double for f64. Most evaluations are written once, for these two.
#pragma once

#include <vector>

#include "ops/reference.h"

namespace ingot {

/// Calls function.template operator()<T>() with double for f64 and float for everything else.
template <typename Function>
void with_compute_type(DType dtype, Function&& function) {
  if (dtype == DType::kF64) {
    function.template operator()<double>();
  } else {
    function.template operator()<float>();
  }
}

/// Copies all elements, converted. `T` is float or double.
template <typename T>
void load_elements(const TensorView& from, T* to);

/// Stores converted elements; integer types round to nearest even and saturate.
template <typename T>
void store_elements(const T* from, const TensorView& to);

/// The elements of a tensor as T: its own memory where the type fits, else a converted copy.
template <typename T>
class Elements {
 public:
  explicit Elements(const TensorView& tensor) {
    if (tensor.dtype == kDTypeOf<T>) {
      data_ = static_cast<const T*>(tensor.data);
    } else if (tensor.dtype != DType::kUndefined) {
      copy_.resize(static_cast<size_t>(tensor.elements()));
      load_elements(tensor, copy_.data());
      data_ = copy_.data();
    }
  }
  Elements(const Elements&) = delete;
  Elements& operator=(const Elements&) = delete;

  /// Null for an absent tensor.
  const T* data() const { return data_; }
  const T& operator[](int64_t i) const { return data_[i]; }

 private:
  const T* data_ = nullptr;
  std::vector<T> copy_;
};

/// Memory for the elements of an output as T, zeroed; stored into the output at the end of the
/// scope. An absent output takes no notice.
template <typename T>
class ElementsToStore {
 public:
  explicit ElementsToStore(const TensorView& tensor) : tensor_(tensor) {
    const auto count = static_cast<size_t>(tensor.elements());
    if (tensor.dtype == kDTypeOf<T>) {
      data_ = static_cast<T*>(tensor.data);
      std::fill_n(data_, count, T{0});
    } else {
      copy_.resize(count);
      data_ = copy_.data();
    }
  }
  ~ElementsToStore() {
    if (!copy_.empty() && tensor_.dtype != DType::kUndefined) store_elements(copy_.data(), tensor_);
  }
  ElementsToStore(const ElementsToStore&) = delete;
  ElementsToStore& operator=(const ElementsToStore&) = delete;

  T* data() { return data_; }
  T& operator[](int64_t i) { return data_[i]; }

 private:
  TensorView tensor_;
  T* data_ = nullptr;
  std::vector<T> copy_;
};

/// A shape seen from one axis: elements before it, along it, and after it.
struct AxisSplit {
  int64_t outer = 1, length = 1, inner = 1;
  /// `axis` must be in range.
  static AxisSplit at(const Shape& shape, int axis);
  /// Axes [0, axis) are outer; all others together are `length`.
  static AxisSplit from(const Shape& shape, int axis);
};

/// Fails with "op.bad_type" unless input i is a float tensor.
void require_float(const InferContext& node, int i);

/// The shape rule of operators whose only output has the type of input 0, which must be float.
void infer_same_float(InferContext& node);

/// Fails with "op.bad_shape" where two dims are known and differ.
void require_equal(const InferContext& node, const Dim& a, const Dim& b, std::string_view what);

}  // namespace ingot
