// A descriptor of cuDNN's graph API with its owner: typed attributes, errors as ours.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/cuda/cudnn/functions.h"

namespace ingot {

/// How cuDNN calls the C++ type of an attribute's value.
template <cudnnBackendAttributeType_t kName>
using CudnnTypeName = std::integral_constant<cudnnBackendAttributeType_t, kName>;
template <typename T>
struct CudnnType;
template <>
struct CudnnType<int64_t> : CudnnTypeName<CUDNN_TYPE_INT64> {};
template <>
struct CudnnType<bool> : CudnnTypeName<CUDNN_TYPE_BOOLEAN> {};
template <>
struct CudnnType<float> : CudnnTypeName<CUDNN_TYPE_FLOAT> {};
template <>
struct CudnnType<double> : CudnnTypeName<CUDNN_TYPE_DOUBLE> {};
template <>
struct CudnnType<char> : CudnnTypeName<CUDNN_TYPE_CHAR> {};
template <>
struct CudnnType<cudnnHandle_t> : CudnnTypeName<CUDNN_TYPE_HANDLE> {};
template <>
struct CudnnType<cudnnDataType_t> : CudnnTypeName<CUDNN_TYPE_DATA_TYPE> {};
template <>
struct CudnnType<cudnnConvolutionMode_t> : CudnnTypeName<CUDNN_TYPE_CONVOLUTION_MODE> {};
template <>
struct CudnnType<cudnnPointwiseMode_t> : CudnnTypeName<CUDNN_TYPE_POINTWISE_MODE> {};
template <>
struct CudnnType<cudnnBackendHeurMode_t> : CudnnTypeName<CUDNN_TYPE_HEUR_MODE> {};
template <>
struct CudnnType<cudnnBackendKnobType_t> : CudnnTypeName<CUDNN_TYPE_KNOB_TYPE> {};
template <>
struct CudnnType<cudnnBackendNumericalNote_t> : CudnnTypeName<CUDNN_TYPE_NUMERICAL_NOTE> {};
template <>
struct CudnnType<cudnnBackendDescriptor_t> : CudnnTypeName<CUDNN_TYPE_BACKEND_DESCRIPTOR> {};

class CudnnDescriptor {
 public:
  /// Throws Error ("cuda.cudnn_failed") if cuDNN cannot make it.
  explicit CudnnDescriptor(cudnnBackendDescriptorType_t type);
  CudnnDescriptor(CudnnDescriptor&& other) noexcept : descriptor_(other.descriptor_) {
    other.descriptor_ = nullptr;
  }
  CudnnDescriptor& operator=(CudnnDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~CudnnDescriptor();

  cudnnBackendDescriptor_t get() const { return descriptor_; }

  /// Throws Error ("step.unsupported") with cuDNN's own words if it refuses the value.
  template <typename T>
  CudnnDescriptor& set(cudnnBackendAttributeName_t name, T value) {
    return set_raw(name, CudnnType<T>::value, 1, &value);
  }
  template <typename T>
  CudnnDescriptor& set_all(cudnnBackendAttributeName_t name, const std::vector<T>& values) {
    return set_raw(name, CudnnType<T>::value, static_cast<int64_t>(values.size()), values.data());
  }
  CudnnDescriptor& set(cudnnBackendAttributeName_t name, const CudnnDescriptor& value) {
    return set(name, value.get());
  }
  /// Memory (a descriptor is a void* too, so that its type does not tell).
  CudnnDescriptor& set_addresses(cudnnBackendAttributeName_t name,
                                 const std::vector<void*>& addresses) {
    return set_raw(name, CUDNN_TYPE_VOID_PTR, static_cast<int64_t>(addresses.size()),
                   addresses.data());
  }

  /// Throws as `set` does.
  void finalize();
  /// False with cuDNN's reason.
  bool try_finalize(std::string* why);

  /// Of an attribute with one value. Throws Error ("cuda.cudnn_failed").
  template <typename T>
  T value(cudnnBackendAttributeName_t name) const {
    T result{};
    get_raw(name, CudnnType<T>::value, 1, &result);
    return result;
  }
  /// Of an attribute with up to `at_most` values.
  template <typename T>
  std::vector<T> values(cudnnBackendAttributeName_t name, int64_t at_most) const {
    std::vector<T> result(static_cast<size_t>(at_most));
    result.resize(static_cast<size_t>(get_raw(name, CudnnType<T>::value, at_most, result.data())));
    return result;
  }
  /// Of an attribute that is descriptors of `type`: copies of up to `at_most` of them; without it,
  /// of as many as cuDNN counts (it counts no knobs).
  std::vector<CudnnDescriptor> descriptors(cudnnBackendAttributeName_t name,
                                           cudnnBackendDescriptorType_t type,
                                           int64_t at_most = -1) const;

 private:
  CudnnDescriptor& set_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                           int64_t count, const void* values);
  int64_t get_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t count,
                  void* values) const;

  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

/// What cuDNN says of its last error on this thread, on one line.
std::string cudnn_error_text(cudnnStatus_t status);

}  // namespace ingot
