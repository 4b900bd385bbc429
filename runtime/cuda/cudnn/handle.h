// cuDNN's handles: one thread at a time may use one, so they are lent.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "runtime/cuda/cudnn/functions.h"
#include "runtime/engine/device.h"

namespace ingot {

/// The handles of one GPU. Thread-safe. There are as many as were in use at one time.
class CudnnHandles {
 public:
  /// Those of `device`, released with it.
  static std::shared_ptr<CudnnHandles> of(Device* device);
  explicit CudnnHandles(Device* device) : device_(device) {}
  ~CudnnHandles();

 private:
  friend class CudnnLease;
  cudnnHandle_t take();
  void give_back(cudnnHandle_t handle);

  Device* device_;
  std::mutex mutex_;
  std::vector<cudnnHandle_t> free_;
};

/// A handle while this lives. Throws Error ("cuda.cudnn_failed") if there can be no more.
class CudnnLease {
 public:
  explicit CudnnLease(CudnnHandles* handles) : handles_(handles), handle_(handles->take()) {}
  CudnnLease(const CudnnLease&) = delete;
  CudnnLease& operator=(const CudnnLease&) = delete;
  ~CudnnLease() { handles_->give_back(handle_); }
  cudnnHandle_t get() const { return handle_; }

 private:
  CudnnHandles* handles_;
  cudnnHandle_t handle_;
};

}  // namespace ingot
