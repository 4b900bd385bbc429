// A stream of the driver, with recording into CUDA graphs.
#pragma once

#include <exception>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "runtime/cuda/driver/cuda_device.h"
#include "runtime/cuda/driver/graph_parts.h"

namespace ingot {

/// What host calls of a queue threw first, until it is asked for.
class FirstFailure {
 public:
  void keep(std::exception_ptr failure);
  bool any() const;
  void rethrow_and_forget();

 private:
  mutable std::mutex mutex_;
  std::exception_ptr failure_;
};

class CudaQueue : public DeviceQueue {
 public:
  explicit CudaQueue(std::shared_ptr<CudaDevice> device);
  ~CudaQueue() override;
  CudaQueue(const CudaQueue&) = delete;
  CudaQueue& operator=(const CudaQueue&) = delete;

  void* stream() const override;
  void use_stream(void* stream) override;
  void copy(void* to, const void* from, size_t bytes) override;
  void call(std::function<void()> work) override;
  void synchronize() override;
  void begin_recording() override;
  std::unique_ptr<Recording> end_recording() override;
  void abandon_recording() noexcept override;
  void replay(Recording& recording) override;
  void begin_part(int part) override;
  bool change_parts(Recording& recording, std::span<const int> parts,
                    const std::function<void(int part)>& queue_part) override;
  void mark(int number) override;
  void wait(int mark) override;
  float milliseconds(int from, int to) override;
  void name_range(std::string_view name) override;

 private:
  struct HostCall {
    std::function<void()> work;
    std::shared_ptr<FirstFailure> failure;
  };
  using HostCalls = std::vector<std::unique_ptr<HostCall>>;
  struct GraphDeleter {
    void operator()(CUgraph graph) const { cuda().cuGraphDestroy(graph); }
  };
  using GraphPointer = std::unique_ptr<std::remove_pointer_t<CUgraph>, GraphDeleter>;
  class Graph;

  static void run(HostCall* call);
  CUstream current() const { return static_cast<CUstream>(stream()); }
  CUevent event(int number);
  GraphPointer end_capture();

  std::shared_ptr<CudaDevice> device_;
  CUstream own_ = nullptr, given_ = nullptr;
  bool recording_ = false, range_open_ = false;
  HostCalls recorded_calls_;
  RecordedParts recorded_parts_;
  std::shared_ptr<FirstFailure> failure_ = std::make_shared<FirstFailure>();
  std::vector<CUevent> events_;
};

}  // namespace ingot
