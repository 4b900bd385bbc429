// cuBLASLt's handle: one for each GPU, shared by threads; and its errors as ours.
#pragma once

#include <memory>
#include <string>

#include "runtime/cuda/cublaslt/functions.h"
#include "runtime/engine/device.h"

namespace ingot {

class CublasLtHandle {
 public:
  /// That of `device`, released with it.
  static std::shared_ptr<CublasLtHandle> of(Device* device);
  /// Throws Error ("cuda.cublaslt_failed").
  explicit CublasLtHandle(Device* device);
  CublasLtHandle(const CublasLtHandle&) = delete;
  CublasLtHandle& operator=(const CublasLtHandle&) = delete;
  ~CublasLtHandle();

  cublasLtHandle_t get() const { return handle_; }
  Device* device() const { return device_; }

 private:
  Device* device_;
  cublasLtHandle_t handle_ = nullptr;
};

/// Throws Error ("cuda.cublaslt_failed") unless the call worked; `what` says what was tried.
void check_cublaslt(cublasStatus_t status, const char* what);

}  // namespace ingot
