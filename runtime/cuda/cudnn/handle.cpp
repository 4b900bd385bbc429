// Making, lending and releasing cuDNN's handles.
#include "runtime/cuda/cudnn/handle.h"

#include "core/base/error.h"
#include "runtime/cuda/cudnn/descriptor.h"

namespace ingot {

std::shared_ptr<CudnnHandles> CudnnHandles::of(Device* device) {
  return std::static_pointer_cast<CudnnHandles>(
      device->kept("cudnn.handles", [&] { return std::make_shared<CudnnHandles>(device); }));
}

CudnnHandles::~CudnnHandles() {
  device_->make_current();
  for (const cudnnHandle_t handle : free_) cudnn_library().cudnnDestroy(handle);
}

cudnnHandle_t CudnnHandles::take() {
  device_->make_current();
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      const cudnnHandle_t handle = free_.back();
      free_.pop_back();
      return handle;
    }
  }
  cudnnHandle_t handle = nullptr;
  const cudnnStatus_t status = cudnn_library().cudnnCreate(&handle);
  if (status != CUDNN_STATUS_SUCCESS) {
    fail({"cuda.cudnn_failed", "cuDNN cannot be started: " + cudnn_error_text(status), "",
          "free memory of the GPU, or go without: --tactics=-cudnn.*"});
  }
  return handle;
}

void CudnnHandles::give_back(cudnnHandle_t handle) {
  const std::lock_guard lock(mutex_);
  free_.push_back(handle);
}

}  // namespace ingot
