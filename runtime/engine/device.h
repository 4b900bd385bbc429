// What an engine asks of a GPU: memory, queues of work, kernels. A backend whose steps run there
// implements it (runtime/cuda); the CPU backend has none, its steps run on the calling thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace ingot {

/// What the compiler and the fingerprint of a plan need to know of a GPU.
struct DeviceFacts {
  std::string name;            ///< "NVIDIA H100 80GB HBM3"
  std::string architecture;    ///< what kernels are compiled for: "sm_90a"
  int compute_capability = 0;  ///< 10 * major + minor: 90
  int multiprocessors = 0;
  size_t memory_bytes = 0, l2_bytes = 0;
  size_t shared_bytes = 0;  ///< shared memory that one block may ask for
  std::string driver;       ///< version of CUDA that the driver has: "13.0"
};

/// Libraries beside the driver. Who asks opens them, which can take half a second: an engine of our
/// own kernels does not ask.
struct LibraryFacts {
  std::string cudnn;  ///< version, or empty with the reason below
  std::string cudnn_missing;
  std::string cublaslt;
  std::string cublaslt_missing;
};

struct Dim3 {
  uint32_t x = 1, y = 1, z = 1;
};

/// How a kernel is launched.
struct LaunchShape {
  Dim3 grid, block;
  uint32_t shared_bytes = 0;  ///< dynamic shared memory
  /// The kernel may begin while the one before it ends (Hopper on; elsewhere it has no effect). All
  /// its threads must call wait_for_previous_grid (kernels/ptx) before they touch global memory
  /// that is not constant.
  bool overlaps = false;
};

/// An entry of a loaded cubin. It takes one struct by value (kernels/params).
class DeviceKernel {
 public:
  virtual ~DeviceKernel() = default;
  /// Puts a launch at the end of `stream`. Throws Error ("cuda.launch_failed").
  virtual void launch(void* stream, const LaunchShape& shape, const void* params,
                      size_t params_bytes) const = 0;
  /// Blocks of this size that one multiprocessor holds at a time.
  virtual int blocks_per_multiprocessor(uint32_t threads, uint32_t shared_bytes) const = 0;
};

/// Work recorded once and replayed: a CUDA graph. Belongs to the queue that recorded it.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual int node_count() const = 0;
};

/// Work in order: a stream. One thread at a time.
class DeviceQueue {
 public:
  virtual ~DeviceQueue() = default;
  virtual void* stream() const = 0;  ///< a CUstream
  /// The queue goes on in this stream of the caller's; null: its own again.
  virtual void use_stream(void* stream) = 0;

  /// Copies between any two of host and device memory, in order with the other work.
  virtual void copy(void* to, const void* from, size_t bytes) = 0;
  /// Calls `work` on a thread of the driver's when what was queued before has ended. What it throws
  /// comes out of the next synchronize(). While recording, it becomes part of the recording.
  virtual void call(std::function<void()> work) = 0;
  /// Waits until everything is done. Throws Error ("cuda.fault") if a kernel failed.
  virtual void synchronize() = 0;

  /// What is queued between these two is recorded, not run.
  virtual void begin_recording() = 0;
  virtual std::unique_ptr<Recording> end_recording() = 0;
  virtual void abandon_recording() noexcept = 0;
  virtual void replay(Recording& recording) = 0;
  /// What is recorded from here on, until the next call, is this part of the recording.
  virtual void begin_part(int part) = 0;
  /// Records the parts anew, each by queue_part(part), and gives their kernels and copies in
  /// `recording` what they work on now. False if they are not the same kernels and copies: the
  /// recording is good for nothing then.
  virtual bool change_parts(Recording& recording, std::span<const int> parts,
                            const std::function<void(int part)>& queue_part) = 0;

  /// Puts a time stamp into the queue: marks are numbered from 0, and reused.
  virtual void mark(int number) = 0;
  /// Waits until everything before this mark is done; throws as synchronize does.
  virtual void wait(int mark) = 0;
  /// Milliseconds between two marks that have passed.
  virtual float milliseconds(int from, int to) = 0;

  /// Names what follows until the next call for profilers (NVTX); empty: nothing.
  virtual void name_range(std::string_view) {}
};

/// A GPU. Thread-safe. Engines share the one of their index.
class Device {
 public:
  virtual ~Device() = default;
  virtual const DeviceFacts& facts() const = 0;
  virtual const LibraryFacts& libraries() const = 0;

  /// Device memory, released with its last owner. Throws Error ("memory.out_of_memory") with sizes.
  virtual std::shared_ptr<void> allocate(size_t bytes) = 0;
  /// Host memory that copies fast (pinned).
  virtual std::shared_ptr<void> allocate_host(size_t bytes) = 0;
  /// Copies from host to device memory and returns when it is there.
  virtual void upload(void* to, const void* from, size_t bytes) = 0;
  /// Puts a copy between any two of host and device memory at the end of `stream`.
  virtual void copy(void* stream, void* to, const void* from, size_t bytes) = 0;
  virtual bool is_device_address(const void* address) const = 0;
  /// Free device memory now.
  virtual size_t free_bytes() const = 0;

  /// What a library keeps for this GPU (a handle): made when `key` is first asked for, released with
  /// the device.
  std::shared_ptr<void> kept(const std::string& key,
                             const std::function<std::shared_ptr<void>()>& make);

  virtual std::unique_ptr<DeviceQueue> make_queue() = 0;
  /// Loads `entry` of a cubin; a cubin is loaded once. Throws Error ("cuda.kernel_load_failed").
  virtual std::shared_ptr<const DeviceKernel> load_kernel(std::span<const std::byte> cubin,
                                                          const std::string& entry) = 0;

 protected:
  friend class DeviceScope;
  /// Makes this the current GPU of the calling thread; false if there is nothing to leave again.
  virtual bool enter() noexcept { return false; }
  virtual void leave() noexcept {}
  /// Called first by the destructors of devices: what is kept may need the device to go.
  void release_kept();

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<void>> kept_;
};

/// While it lives, the GPU is the calling thread's current one, which libraries work on. Then the
/// caller's is that again.
class DeviceScope {
 public:
  explicit DeviceScope(Device* device) : device_(device), entered_(device->enter()) {}
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;
  ~DeviceScope() {
    if (entered_) device_->leave();
  }

 private:
  Device* device_;
  bool entered_;
};

}  // namespace ingot
