// Making and releasing cuBLASLt's handle.
#include "runtime/cuda/cublaslt/handle.h"

#include <fmt/core.h>

#include "core/base/error.h"

namespace ingot {

std::shared_ptr<CublasLtHandle> CublasLtHandle::of(Device* device) {
  return std::static_pointer_cast<CublasLtHandle>(
      device->kept("cublaslt.handle", [&] { return std::make_shared<CublasLtHandle>(device); }));
}

CublasLtHandle::CublasLtHandle(Device* device) : device_(device) {
  const DeviceScope scope(device_);
  check_cublaslt(cublaslt_library().cublasLtCreate(&handle_), "it cannot be started");
}

CublasLtHandle::~CublasLtHandle() {
  const DeviceScope scope(device_);
  cublaslt_library().cublasLtDestroy(handle_);
}

void check_cublaslt(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail({"cuda.cublaslt_failed",
        fmt::format("cuBLASLt: {} (status {})", what, static_cast<int>(status)), "",
        "report it with the version of cuBLASLt; --tactics=-cublaslt.* goes without"});
}

}  // namespace ingot
