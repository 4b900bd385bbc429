// cuDNN's handles: one thread at a time may use one. Plans are made with handles of their own, which
// takes seconds for some; runs, which only queue work, share one and wait for each other.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "runtime/cuda/cudnn/functions.h"
#include "runtime/engine/device.h"

namespace ingot {

/// The handles of one GPU. Thread-safe.
class CudnnHandles {
 public:
  /// Those of `device`, released with it.
  static std::shared_ptr<CudnnHandles> of(Device* device);
  /// Throws Error ("cuda.cudnn_failed").
  explicit CudnnHandles(Device* device);
  CudnnHandles(const CudnnHandles&) = delete;
  CudnnHandles& operator=(const CudnnHandles&) = delete;
  ~CudnnHandles();

 private:
  friend class CudnnPlanning;
  friend class CudnnRunning;
  cudnnHandle_t take();
  void give_back(cudnnHandle_t handle);

  Device* device_;
  std::mutex free_mutex_, run_mutex_;
  std::vector<cudnnHandle_t> free_;  ///< of those for planning; as many as were used at one time
  cudnnHandle_t run_ = nullptr;      ///< made beforehand: a recording must not make one
};

/// A handle to make plans with, while this lives. Throws Error ("cuda.cudnn_failed").
class CudnnPlanning {
 public:
  explicit CudnnPlanning(CudnnHandles* handles)
      : scope_(handles->device_), handles_(handles), handle_(handles->take()) {}
  CudnnPlanning(const CudnnPlanning&) = delete;
  CudnnPlanning& operator=(const CudnnPlanning&) = delete;
  ~CudnnPlanning() { handles_->give_back(handle_); }
  cudnnHandle_t handle() const { return handle_; }

 private:
  DeviceScope scope_;
  CudnnHandles* handles_;
  cudnnHandle_t handle_;
};

/// The handle that runs, while this lives.
class CudnnRunning {
 public:
  explicit CudnnRunning(CudnnHandles* handles)
      : scope_(handles->device_), lock_(handles->run_mutex_), handle_(handles->run_) {}
  cudnnHandle_t handle() const { return handle_; }

 private:
  DeviceScope scope_;
  std::lock_guard<std::mutex> lock_;
  cudnnHandle_t handle_;
};

}  // namespace ingot
