// Cubins in a GPU, and the kernels in them.
#pragma once

#include <string>

#include "runtime/cuda/driver/cuda_device.h"

namespace ingot {

/// A loaded cubin; unloaded with its last kernel.
class CudaLibrary {
 public:
  CudaLibrary(std::shared_ptr<const CudaDevice> device, std::span<const std::byte> cubin);
  ~CudaLibrary();
  CudaLibrary(const CudaLibrary&) = delete;
  CudaLibrary& operator=(const CudaLibrary&) = delete;

  const CudaDevice& device() const { return *device_; }
  CUfunction function(const std::string& entry) const;

 private:
  std::shared_ptr<const CudaDevice> device_;
  CUlibrary library_ = nullptr;
};

class CudaKernel : public DeviceKernel {
 public:
  CudaKernel(std::shared_ptr<const CudaLibrary> library, const std::string& entry);

  void launch(void* stream, const LaunchShape& shape, const void* params,
              size_t params_bytes) const override;
  int blocks_per_multiprocessor(uint32_t threads, uint32_t shared_bytes) const override;

 private:
  [[noreturn]] void refuse(const std::string& why, const LaunchShape& shape) const;

  std::shared_ptr<const CudaLibrary> library_;
  std::string entry_;
  CUfunction function_ = nullptr;
  size_t params_bytes_ = 0;  // what the kernel takes; 0 where the driver does not tell
};

}  // namespace ingot
