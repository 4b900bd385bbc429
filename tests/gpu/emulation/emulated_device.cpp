// The CPU as a device: see the header.
#include "tests/gpu/emulation/emulated_device.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "tests/gpu/emulation/emulated_compiler.h"

namespace ingot {
namespace {

// As in prelude.h.
struct EmulatedLaunch {
  void* entry;
  const void* params;
  size_t params_bytes;
  Dim3 grid, block;
  size_t shared_bytes;
  char* stacks;
  size_t stack_bytes;
  bool backwards;
  char error[256];
};
constexpr size_t kThreads = 1024, kStackBytes = size_t{128} << 10;
constexpr size_t kGuard = 256;
constexpr unsigned char kGuardByte = 0xa7;

bool backwards = false;

[[noreturn]] void fault(const std::string& what, const std::string& where) {
  fail({"cuda.fault", what, where, "see the kernel"});
}

/// What was allocated, with guards before and after.
class Memory {
 public:
  std::shared_ptr<void> allocate(size_t bytes) {
    const size_t rounded = (bytes + 255) / 256 * 256;
    auto* start = static_cast<unsigned char*>(std::aligned_alloc(256, rounded + 2 * kGuard));
    if (!start) {
      fail({"memory.out_of_memory", fmt::format("{} bytes cannot be allocated", bytes), "", ""});
    }
    std::memset(start, kGuardByte, rounded + 2 * kGuard);
    std::memset(start + kGuard, 0xff, bytes);
    const std::lock_guard lock(mutex_);
    blocks_[start + kGuard] = bytes;
    return {start + kGuard, [this](void* data) {
              const std::lock_guard guard(mutex_);
              blocks_.erase(static_cast<unsigned char*>(data));
              std::free(static_cast<unsigned char*>(data) - kGuard);
            }};
  }

  /// Throws if something was written outside of a block.
  void check(const std::string& where) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [data, bytes] : blocks_) {
      const auto wrong = [](unsigned char byte) { return byte != kGuardByte; };
      const unsigned char* before = std::find_if(data - kGuard, data, wrong);
      if (before != data) {
        fault(fmt::format("{} bytes before memory of {} bytes were written", data - before, bytes),
              where);
      }
      const unsigned char* end = data + (bytes + 255) / 256 * 256 + kGuard;
      const auto* after = std::find_if<const unsigned char*>(data + bytes, end, wrong);
      if (after != end) {
        fault(fmt::format("byte {} of memory of {} bytes was written", after - data, bytes), where);
      }
    }
  }

  bool owns(const void* address) const {
    const std::lock_guard lock(mutex_);
    auto next = blocks_.upper_bound(static_cast<unsigned char*>(const_cast<void*>(address)));
    if (next == blocks_.begin()) return false;
    const auto& [data, bytes] = *std::prev(next);
    return static_cast<const unsigned char*>(address) < data + std::max<size_t>(bytes, 1);
  }

 private:
  mutable std::mutex mutex_;
  std::map<unsigned char*, size_t> blocks_;
};

/// A shared object of one kernel's text.
struct Object {
  int file = -1;  ///< open while the object is loaded: dlopen knows objects by their names
  void* handle = nullptr;
  void (*launch)(EmulatedLaunch*) = nullptr;

  explicit Object(std::span<const std::byte> bytes) {
    file = memfd_create("kernel", MFD_CLOEXEC);
    size_t written = 0;
    while (written < bytes.size()) {
      const ssize_t n = ::write(file, bytes.data() + written, bytes.size() - written);
      if (n <= 0) break;
      written += static_cast<size_t>(n);
    }
    handle = dlopen(fmt::format("/proc/self/fd/{}", file).c_str(), RTLD_NOW | RTLD_LOCAL);
    const char* error = handle ? nullptr : dlerror();
    if (handle) {
      launch = reinterpret_cast<void (*)(EmulatedLaunch*)>(dlsym(handle, "ingot_emulated_launch"));
    }
    if (!launch) {
      fail({"cuda.kernel_load_failed", fmt::format("no emulated kernel: {}", error ? error : "?"),
            "", "give what compile_emulated made"});
    }
  }
  ~Object() {
    if (handle) dlclose(handle);
    ::close(file);
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
};

class EmulatedRecording : public Recording {
 public:
  std::vector<std::function<void()>> work;
  std::map<int, size_t> begins;  // of parts, in the work
  int node_count() const override { return static_cast<int>(work.size()); }
};

class EmulatedQueue : public DeviceQueue {
 public:
  explicit EmulatedQueue(std::shared_ptr<Memory> memory) : memory_(std::move(memory)) {}

  void add(std::function<void()> work) {
    if (recording_) {
      recording_->work.push_back(std::move(work));
    } else {
      work();
    }
  }

  void* stream() const override {
    return other_ ? other_ : const_cast<void*>(static_cast<const void*>(this));
  }
  void use_stream(void* stream) override { other_ = stream; }
  void copy(void* to, const void* from, size_t bytes) override {
    add([=] { std::memmove(to, from, bytes); });
  }
  void call(std::function<void()> work) override {
    add([this, work = std::move(work)] {
      try {
        work();
      } catch (...) {
        if (!thrown_) thrown_ = std::current_exception();
      }
    });
  }
  void synchronize() override {
    INGOT_CHECK(recording_ == nullptr);
    memory_->check("synchronize");
    if (auto thrown = std::exchange(thrown_, nullptr)) std::rethrow_exception(thrown);
  }
  void begin_recording() override {
    INGOT_CHECK(recording_ == nullptr);
    recording_ = std::make_unique<EmulatedRecording>();
  }
  std::unique_ptr<Recording> end_recording() override {
    INGOT_CHECK(recording_ != nullptr);
    return std::move(recording_);
  }
  void abandon_recording() noexcept override { recording_.reset(); }
  void replay(Recording& recording) override {
    for (const auto& work : static_cast<EmulatedRecording&>(recording).work) add(work);
  }
  void begin_part(int part) override {
    INGOT_CHECK(recording_ != nullptr);
    recording_->begins[part] = recording_->work.size();
  }
  bool change_parts(Recording& recording, std::span<const int> parts,
                    const std::function<void(int part)>& queue_part) override {
    auto& changed = static_cast<EmulatedRecording&>(recording);
    for (const int part : parts) {
      begin_recording();
      queue_part(part);
      const auto anew = std::exchange(recording_, nullptr);
      const auto next = changed.begins.upper_bound(part);
      const size_t begin = changed.begins.at(part);
      const size_t end = next == changed.begins.end() ? changed.work.size() : next->second;
      if (end - begin != anew->work.size()) return false;
      std::copy(anew->work.begin(), anew->work.end(),
                changed.work.begin() + static_cast<std::ptrdiff_t>(begin));
    }
    return true;
  }
  void mark(int number) override {
    add([this, number] { marks_[number] = std::chrono::steady_clock::now(); });
  }
  void wait(int) override { synchronize(); }
  float milliseconds(int from, int to) override {
    return std::chrono::duration<float, std::milli>(marks_.at(to) - marks_.at(from)).count();
  }

 private:
  std::shared_ptr<Memory> memory_;
  void* other_ = nullptr;
  std::unique_ptr<EmulatedRecording> recording_;
  std::exception_ptr thrown_;
  std::map<int, std::chrono::steady_clock::time_point> marks_;
};

/// One at a time: the stacks of the threads are shared.
void run_kernel(EmulatedLaunch launch, const Object& object, const std::string& name) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static char* const stacks = [] {
    void* memory = mmap(nullptr, kThreads * kStackBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    INGOT_CHECK(memory != MAP_FAILED);
    return static_cast<char*>(memory);
  }();
  launch.stacks = stacks;
  launch.stack_bytes = kStackBytes;
  launch.backwards = backwards;
  object.launch(&launch);
  if (launch.error[0]) fault(launch.error, name);
}

class EmulatedKernel : public DeviceKernel {
 public:
  EmulatedKernel(std::shared_ptr<Object> object, void* entry, std::string name,
                 std::shared_ptr<Memory> memory)
      : object_(std::move(object)),
        entry_(entry),
        name_(std::move(name)),
        memory_(std::move(memory)) {}

  void launch(void* stream, const LaunchShape& shape, const void* params,
              size_t params_bytes) const override {
    const Dim3 grid = shape.grid, block = shape.block;
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.y > 65535 || grid.z > 65535 ||
        block.x == 0 || block.y == 0 || block.z == 0 ||
        uint64_t{block.x} * block.y * block.z > kThreads || params_bytes > 4096) {
      fail({"cuda.launch_failed",
            fmt::format("a grid of {}x{}x{} blocks of {}x{}x{} threads, {} bytes of parameters",
                        grid.x, grid.y, grid.z, block.x, block.y, block.z, params_bytes),
            name_, "see CUDA's limits"});
    }
    const auto* bytes = static_cast<const std::byte*>(params);
    static_cast<EmulatedQueue*>(stream)->add(
        [*this, shape, copy = std::vector<std::byte>(bytes, bytes + params_bytes)] {
          EmulatedLaunch launch = {};
          launch.entry = entry_;
          launch.params = copy.data();
          launch.params_bytes = copy.size();
          launch.grid = shape.grid;
          launch.block = shape.block;
          launch.shared_bytes = shape.shared_bytes;
          run_kernel(launch, *object_, name_);
          memory_->check(name_);
        });
  }
  int blocks_per_multiprocessor(uint32_t threads, uint32_t shared_bytes) const override {
    const auto by_threads = static_cast<int>(2048 / std::max(threads, 1U));
    const auto by_shared = shared_bytes ? static_cast<int>(232448 / shared_bytes) : 32;
    return std::min({by_threads, by_shared, 32});
  }

 private:
  std::shared_ptr<Object> object_;
  void* entry_;
  std::string name_;
  std::shared_ptr<Memory> memory_;
};

class EmulatedDevice : public Device {
 public:
  EmulatedDevice() {
    facts_.name = "emulated on the CPU";
    facts_.architecture = kEmulated;
    facts_.compute_capability = 89;
    facts_.multiprocessors = 4;
    facts_.memory_bytes = size_t{1} << 32;
    facts_.l2_bytes = size_t{1} << 24;
    facts_.shared_bytes = 232448;
    facts_.driver = "none";
    libraries_.cudnn_missing = "the CPU stands for the GPU here";
    libraries_.cublaslt_missing = libraries_.cudnn_missing;
  }
  const DeviceFacts& facts() const override { return facts_; }
  const LibraryFacts& libraries() const override { return libraries_; }
  std::shared_ptr<void> allocate(size_t bytes) override { return shared(memory_->allocate(bytes)); }
  std::shared_ptr<void> allocate_host(size_t bytes) override {
    return {std::aligned_alloc(64, (bytes + 127) / 64 * 64), std::free};
  }
  void upload(void* to, const void* from, size_t bytes) override {
    INGOT_CHECK(memory_->owns(to));
    std::memcpy(to, from, bytes);
  }
  void copy(void* stream, void* to, const void* from, size_t bytes) override {
    static_cast<EmulatedQueue*>(stream)->copy(to, from, bytes);
  }
  bool is_device_address(const void* address) const override { return memory_->owns(address); }
  size_t free_bytes() const override { return facts_.memory_bytes; }
  std::unique_ptr<DeviceQueue> make_queue() override {
    return std::make_unique<EmulatedQueue>(memory_);
  }
  std::shared_ptr<const DeviceKernel> load_kernel(std::span<const std::byte> cubin,
                                                  const std::string& entry) override {
    const std::lock_guard lock(mutex_);
    auto& object = objects_[hash128_hex(cubin)];
    if (!object) object = std::make_shared<Object>(cubin);
    void* symbol = dlsym(object->handle, entry.c_str());
    if (!symbol) {
      fail({"cuda.kernel_load_failed", "the kernel has no entry \"" + entry + "\"", "", ""});
    }
    return std::make_shared<EmulatedKernel>(object, symbol, entry, memory_);
  }

 private:
  /// Memory lives as long as what was allocated from it.
  std::shared_ptr<void> shared(std::shared_ptr<void> block) {
    void* data = block.get();
    return {data, [block = std::move(block), memory = memory_](void*) mutable {
              block.reset();
              memory.reset();
            }};
  }

  DeviceFacts facts_;
  LibraryFacts libraries_;
  std::shared_ptr<Memory> memory_ = std::make_shared<Memory>();
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Object>> objects_;
};

}  // namespace

std::shared_ptr<Device> make_emulated_device() { return std::make_shared<EmulatedDevice>(); }

void run_emulated_threads_backwards(bool value) { backwards = value; }

}  // namespace ingot
