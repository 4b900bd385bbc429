// Opens a GPU; gives memory and loads kernels.
#include "runtime/cuda/driver/cuda_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "runtime/cuda/driver/cuda_kernel.h"
#include "runtime/cuda/driver/cuda_queue.h"
#include "runtime/cuda/driver/devices.h"
#include "runtime/cuda/library.h"
#include "runtime/cuda/open_device.h"

namespace ingot {
namespace {

CUdeviceptr device_pointer(const void* address) { return reinterpret_cast<CUdeviceptr>(address); }

// "sm_90a": from 9.0 on the GPU's own instructions need the suffix.
std::string architecture_of(int major, int minor) {
  return fmt::format("sm_{}{}{}", major, minor, major >= 9 ? "a" : "");
}

[[noreturn]] void not_available(const std::string& what, const std::string& fix) {
  fail({"device.not_available", what, "", fix});
}

}  // namespace

ContextScope::ContextScope(const CudaDevice& device) {
  CUcontext current = nullptr;
  if (cuda().cuCtxGetCurrent(&current) == CUDA_SUCCESS && current == device.context()) return;
  device.check(cuda().cuCtxPushCurrent(device.context()), "entering the GPU's context");
  pushed_ = true;
}

ContextScope::~ContextScope() {
  CUcontext ignored = nullptr;
  if (pushed_) cuda().cuCtxPopCurrent(&ignored);
}

CudaDevice::CudaDevice(int index) : index_(index) {
  require_a_device();
  const int count = device_count();
  if (index < 0 || index >= count) {
    not_available(fmt::format("there is no GPU {} here; there {} {}", index,
                              count == 1 ? "is" : "are", all_devices()),
                  "give --device one of these numbers, or --device=cpu");
  }
  check(cuda().cuDeviceGet(&device_, index), "asking for the GPU", "device.not_available");
  facts_ = read_facts();
  constexpr int kOldestCapability = 75;
  if (facts_.compute_capability < kOldestCapability) {
    not_available(
        fmt::format("GPU {} ({}) has compute capability {}.{}; Ingot needs 7.5 or newer", index,
                    facts_.name, facts_.compute_capability / 10, facts_.compute_capability % 10),
        "choose another GPU with --device, or give --device=cpu");
  }
  check(cuda().cuDevicePrimaryCtxRetain(&context_, device_),
        fmt::format("starting GPU {} ({})", index, facts_.name), "device.not_available");
}

CudaDevice::~CudaDevice() {
  release_kept();
  if (upload_stream_) cuda().cuStreamDestroy(upload_stream_);
  cuda().cuDevicePrimaryCtxRelease(device_);
}

int CudaDevice::attribute(CUdevice_attribute which) const {
  int value = 0;
  check(cuda().cuDeviceGetAttribute(&value, which, device_), "asking for a property of the GPU");
  return value;
}

DeviceFacts CudaDevice::read_facts() const {
  DeviceFacts facts;
  facts.name = device_name(device_);
  const int major = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  const int minor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  facts.architecture = architecture_of(major, minor);
  facts.compute_capability = 10 * major + minor;
  facts.multiprocessors = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  facts.l2_bytes = static_cast<size_t>(attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE));
  facts.shared_bytes =
      static_cast<size_t>(attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  check(cuda().cuDeviceTotalMem(&facts.memory_bytes, device_), "asking for the GPU's memory");
  facts.driver = cuda_version_text(cuda().version);
  return facts;
}

const LibraryFacts& CudaDevice::libraries() const {
  std::call_once(libraries_asked_, [this] { libraries_ = nvidia_libraries(); });
  return libraries_;
}

bool CudaDevice::enter() noexcept {
  CUcontext current = nullptr;
  if (cuda().cuCtxGetCurrent(&current) == CUDA_SUCCESS && current == context_) return false;
  return cuda().cuCtxPushCurrent(context_) == CUDA_SUCCESS;
}

void CudaDevice::leave() noexcept {
  CUcontext ignored = nullptr;
  cuda().cuCtxPopCurrent(&ignored);
}

void CudaDevice::throw_if_broken() const {
  const std::lock_guard lock(fault_mutex_);
  if (fault_.empty()) return;
  fail({"cuda.fault",
        fmt::format("GPU {} cannot be used any more by this process: {}", index_, fault_),
        facts_.name,
        "start the program again; compute-sanitizer names the kernel that fails (please report "
        "it)"});
}

void CudaDevice::check(CUresult result, std::string_view what, std::string_view id) const {
  if (result == CUDA_SUCCESS) return;
  if (is_fault(result)) {
    {
      const std::lock_guard lock(fault_mutex_);
      if (fault_.empty()) fault_ = fmt::format("a kernel failed ({})", describe(result));
    }
    throw_if_broken();
  }
  fail({std::string(id), fmt::format("{} failed: {}", what, describe(result)), facts_.name,
        "`ingot env` shows the driver and the GPUs; please report this if they look right"});
}

bool CudaDevice::can_overlap(CUstream stream) const {
  constexpr int kFirstCapability = 90, kFirstVersion = 12040;  // in graphs as well
  if (facts_.compute_capability < kFirstCapability || cuda().version < kFirstVersion) return false;
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  cuuint64_t id = 0;
  CUgraph graph = nullptr;
  const CUgraphNode* before = nullptr;
  size_t count = 0;
  if (cuda().stream_capture_info(stream, &status, &id, &graph, &before, &count) != CUDA_SUCCESS) {
    return false;
  }
  if (status == CU_STREAM_CAPTURE_STATUS_NONE) return true;
  CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
  return count == 1 && cuda().cuGraphNodeGetType(before[0], &type) == CUDA_SUCCESS &&
         type == CU_GRAPH_NODE_TYPE_KERNEL;
}

std::shared_ptr<void> CudaDevice::allocate(size_t bytes) {
  throw_if_broken();
  const ContextScope scope(*this);
  CUdeviceptr address = 0;
  const CUresult result = cuda().cuMemAlloc(&address, std::max<size_t>(bytes, 1));
  if (result == CUDA_ERROR_OUT_OF_MEMORY) {
    fail({"memory.out_of_memory",
          fmt::format("GPU {} has no {} bytes of memory: {} of {} are free", index_, bytes,
                      free_bytes(), facts_.memory_bytes),
          facts_.name,
          "smaller shapes or a smaller batch need less; `nvidia-smi` shows who uses the rest"});
  }
  check(result, fmt::format("allocating {} bytes", bytes));
  return {reinterpret_cast<void*>(address), [device = shared_from_this()](void* memory) {
            try {
              const ContextScope inner(*device);
              cuda().cuMemFree(device_pointer(memory));
            } catch (const Error&) {
              // A broken context has lost its memory with everything else.
            }
          }};
}

std::shared_ptr<void> CudaDevice::allocate_host(size_t bytes) {
  throw_if_broken();
  const ContextScope scope(*this);
  void* memory = nullptr;
  const CUresult result =
      cuda().cuMemHostAlloc(&memory, std::max<size_t>(bytes, 1), CU_MEMHOSTALLOC_PORTABLE);
  if (result == CUDA_ERROR_OUT_OF_MEMORY) {
    fail({"memory.out_of_memory", fmt::format("the host has no {} bytes of pinned memory", bytes),
          facts_.name, "smaller shapes or a smaller batch need less"});
  }
  check(result, fmt::format("allocating {} bytes of pinned memory", bytes));
  return {memory, [device = shared_from_this()](void* address) {
            try {
              const ContextScope inner(*device);
              cuda().cuMemFreeHost(address);
            } catch (const Error&) {
              // As above.
            }
          }};
}

void CudaDevice::upload(void* to, const void* from, size_t bytes) {
  if (bytes == 0) return;
  throw_if_broken();
  const ContextScope scope(*this);
  // On a stream of its own: the default one would wait for, and disturb, what others do.
  const std::lock_guard lock(upload_mutex_);
  if (!upload_stream_) {
    check(cuda().cuStreamCreate(&upload_stream_, CU_STREAM_NON_BLOCKING), "making a stream");
  }
  check(cuda().cuMemcpyAsync(device_pointer(to), device_pointer(from), bytes, upload_stream_),
        fmt::format("copying {} bytes to the GPU", bytes));
  check(cuda().cuStreamSynchronize(upload_stream_),
        fmt::format("copying {} bytes to the GPU", bytes));
}

void CudaDevice::copy(void* stream, void* to, const void* from, size_t bytes) {
  if (bytes == 0) return;
  const ContextScope scope(*this);
  check(cuda().cuMemcpyAsync(device_pointer(to), device_pointer(from), bytes,
                             static_cast<CUstream>(stream)),
        fmt::format("copying {} bytes", bytes));
}

bool CudaDevice::is_device_address(const void* address) const {
  if (!address) return false;
  const ContextScope scope(*this);
  unsigned type = 0;
  // Memory that the driver does not know is the host's.
  const CUresult result = cuda().cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                                       device_pointer(address));
  return result == CUDA_SUCCESS && type == CU_MEMORYTYPE_DEVICE;
}

size_t CudaDevice::free_bytes() const {
  const ContextScope scope(*this);
  size_t free = 0, total = 0;
  check(cuda().cuMemGetInfo(&free, &total), "asking for free memory");
  return free;
}

std::unique_ptr<DeviceQueue> CudaDevice::make_queue() {
  throw_if_broken();
  return std::make_unique<CudaQueue>(shared_from_this());
}

std::shared_ptr<const DeviceKernel> CudaDevice::load_kernel(std::span<const std::byte> cubin,
                                                            const std::string& entry) {
  throw_if_broken();
  std::shared_ptr<CudaLibrary> library;
  {
    const std::lock_guard lock(libraries_mutex_);
    auto& place = loaded_[{hash64(cubin), cubin.size()}];
    library = place.lock();
    if (!library) place = library = std::make_shared<CudaLibrary>(shared_from_this(), cubin);
  }
  return std::make_shared<CudaKernel>(std::move(library), entry);
}

std::shared_ptr<Device> open_cuda_device(int index) { return std::make_shared<CudaDevice>(index); }

}  // namespace ingot
