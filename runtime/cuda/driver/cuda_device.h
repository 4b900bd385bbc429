// A GPU through the driver API: its primary context, which it shares with PyTorch and the like.
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "runtime/cuda/driver/api.h"
#include "runtime/engine/device.h"

namespace ingot {

class CudaLibrary;

class CudaDevice : public Device, public std::enable_shared_from_this<CudaDevice> {
 public:
  /// Throws Error ("device.not_available").
  explicit CudaDevice(int index);
  ~CudaDevice() override;
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;

  const DeviceFacts& facts() const override { return facts_; }
  const LibraryFacts& libraries() const override;

  std::shared_ptr<void> allocate(size_t bytes) override;
  std::shared_ptr<void> allocate_host(size_t bytes) override;
  void upload(void* to, const void* from, size_t bytes) override;
  void copy(void* stream, void* to, const void* from, size_t bytes) override;
  bool is_device_address(const void* address) const override;
  size_t free_bytes() const override;

  std::unique_ptr<DeviceQueue> make_queue() override;
  std::shared_ptr<const DeviceKernel> load_kernel(std::span<const std::byte> cubin,
                                                  const std::string& entry) override;

  /// Throws Error (`id`) unless the call worked; `what` says what was tried. A fault breaks the
  /// device: from then on everything throws "cuda.fault" with the first cause.
  void check(CUresult result, std::string_view what, std::string_view id = "cuda.failed") const;

  CUcontext context() const { return context_; }
  /// Whether the next launch in `stream` may begin before the one before it has ended: that must be
  /// a kernel, in recordings too.
  bool can_overlap(CUstream stream) const;

 protected:
  bool enter() noexcept override;
  void leave() noexcept override;

 private:
  DeviceFacts read_facts() const;
  int attribute(CUdevice_attribute which) const;
  void throw_if_broken() const;

  int index_;
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  DeviceFacts facts_;
  mutable std::once_flag libraries_asked_;
  mutable LibraryFacts libraries_;
  mutable std::mutex fault_mutex_;
  mutable std::string fault_;  // the first; empty while the context works

  std::mutex upload_mutex_;
  CUstream upload_stream_ = nullptr;

  std::mutex libraries_mutex_;
  std::map<std::pair<uint64_t, size_t>, std::weak_ptr<CudaLibrary>> loaded_;  // by hash and size
};

/// Makes a device's context the calling thread's for a scope, and leaves the caller's as it was.
class ContextScope {
 public:
  explicit ContextScope(const CudaDevice& device);
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  bool pushed_ = false;
};

}  // namespace ingot
