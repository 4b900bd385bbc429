// Making, lending and releasing cuDNN's handles.
#include "runtime/cuda/cudnn/handle.h"

#include "core/base/error.h"
#include "runtime/cuda/cudnn/descriptor.h"

namespace ingot {
namespace {

cudnnHandle_t make_handle() {
  cudnnHandle_t handle = nullptr;
  const cudnnStatus_t status = cudnn_library().cudnnCreate(&handle);
  if (status != CUDNN_STATUS_SUCCESS) {
    fail({"cuda.cudnn_failed", "cuDNN cannot be started: " + cudnn_error_text(status), "",
          "free memory of the GPU, or go without: --tactics=-cudnn.*"});
  }
  return handle;
}

}  // namespace

std::shared_ptr<CudnnHandles> CudnnHandles::of(Device* device) {
  return std::static_pointer_cast<CudnnHandles>(
      device->kept("cudnn.handles", [&] { return std::make_shared<CudnnHandles>(device); }));
}

CudnnHandles::CudnnHandles(Device* device) : device_(device) {
  const DeviceScope scope(device_);
  run_ = make_handle();
}

CudnnHandles::~CudnnHandles() {
  const DeviceScope scope(device_);
  for (const cudnnHandle_t handle : free_) cudnn_library().cudnnDestroy(handle);
  cudnn_library().cudnnDestroy(run_);
}

cudnnHandle_t CudnnHandles::take() {
  {
    const std::lock_guard lock(free_mutex_);
    if (!free_.empty()) {
      const cudnnHandle_t handle = free_.back();
      free_.pop_back();
      return handle;
    }
  }
  return make_handle();
}

void CudnnHandles::give_back(cudnnHandle_t handle) {
  const std::lock_guard lock(free_mutex_);
  free_.push_back(handle);
}

}  // namespace ingot
