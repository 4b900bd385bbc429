// Attributes of cuDNN's descriptors, and its errors.
#include "runtime/cuda/cudnn/descriptor.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/error.h"

namespace ingot {
namespace {

[[noreturn]] void cannot(const char* what, cudnnStatus_t status) {
  fail({"step.unsupported", fmt::format("cuDNN cannot {}: {}", what, cudnn_error_text(status)), "",
        "another tactic serves; if none does, this is a bug of Ingot"});
}

[[noreturn]] void broken(const char* what, cudnnStatus_t status) {
  fail({"cuda.cudnn_failed", fmt::format("cuDNN: {}: {}", what, cudnn_error_text(status)), "",
        "report it with the version of cuDNN; --tactics=-cudnn.* goes without"});
}

}  // namespace

std::string cudnn_error_text(cudnnStatus_t status) {
  const CudnnLibrary& cudnn = cudnn_library();
  char text[512] = {};
  cudnn.cudnnGetLastErrorString(text, sizeof text - 1);
  std::string message = text;
  std::replace(message.begin(), message.end(), '\n', ' ');
  const char* name = cudnn.cudnnGetErrorString(status);
  return message.empty() ? std::string(name) : fmt::format("{}: {}", name, message);
}

CudnnDescriptor::CudnnDescriptor(cudnnBackendDescriptorType_t type) {
  const cudnnStatus_t status = cudnn_library().cudnnBackendCreateDescriptor(type, &descriptor_);
  if (status != CUDNN_STATUS_SUCCESS) broken("a descriptor could not be made", status);
}

CudnnDescriptor::~CudnnDescriptor() {
  if (descriptor_) cudnn_library().cudnnBackendDestroyDescriptor(descriptor_);
}

CudnnDescriptor& CudnnDescriptor::set_raw(cudnnBackendAttributeName_t name,
                                          cudnnBackendAttributeType_t type, int64_t count,
                                          const void* values) {
  const cudnnStatus_t status =
      cudnn_library().cudnnBackendSetAttribute(descriptor_, name, type, count, values);
  if (status != CUDNN_STATUS_SUCCESS) cannot("take an attribute", status);
  return *this;
}

int64_t CudnnDescriptor::get_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                 int64_t count, void* values) const {
  int64_t found = 0;
  const cudnnStatus_t status =
      cudnn_library().cudnnBackendGetAttribute(descriptor_, name, type, count, &found, values);
  if (status != CUDNN_STATUS_SUCCESS) broken("an attribute could not be read", status);
  return found;
}

void CudnnDescriptor::finalize() {
  const cudnnStatus_t status = cudnn_library().cudnnBackendFinalize(descriptor_);
  if (status != CUDNN_STATUS_SUCCESS) cannot("do this", status);
}

bool CudnnDescriptor::try_finalize(std::string* why) {
  const cudnnStatus_t status = cudnn_library().cudnnBackendFinalize(descriptor_);
  if (status == CUDNN_STATUS_SUCCESS) return true;
  *why = cudnn_error_text(status);
  return false;
}

std::vector<CudnnDescriptor> CudnnDescriptor::descriptors(cudnnBackendAttributeName_t name,
                                                          cudnnBackendDescriptorType_t type,
                                                          int64_t at_most) const {
  const int64_t count =
      at_most >= 0 ? at_most : get_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
  std::vector<CudnnDescriptor> result;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (int64_t i = 0; i < count; ++i) {
    result.emplace_back(type);
    raw.push_back(result.back().get());
  }
  if (count > 0) {
    const int64_t filled = get_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, count, raw.data());
    result.erase(result.begin() + std::min(filled, count), result.end());
  }
  return result;
}

}  // namespace ingot
