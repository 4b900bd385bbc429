// Loads cubins and launches their kernels.
#include "runtime/cuda/driver/cuda_kernel.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace ingot {
namespace {

int function_attribute(CUfunction function, CUfunction_attribute which) {
  int value = 0;
  cuda().cuFuncGetAttribute(&value, which, function);
  return value;
}

}  // namespace

CudaLibrary::CudaLibrary(std::shared_ptr<const CudaDevice> device, std::span<const std::byte> cubin)
    : device_(std::move(device)) {
  const ContextScope scope(*device_);
  const CUresult result =
      cuda().cuLibraryLoadData(&library_, cubin.data(), nullptr, nullptr, 0, nullptr, nullptr, 0);
  if (result == CUDA_ERROR_NO_BINARY_FOR_GPU || result == CUDA_ERROR_INVALID_IMAGE) {
    fail({"cuda.kernel_load_failed",
          fmt::format("a kernel of {} bytes was not compiled for this GPU ({}): {}", cubin.size(),
                      device_->facts().architecture, describe(result)),
          device_->facts().name, "build the plan anew on this GPU"});
  }
  device_->check(result, fmt::format("loading a kernel of {} bytes", cubin.size()),
                 "cuda.kernel_load_failed");
}

CudaLibrary::~CudaLibrary() { cuda().cuLibraryUnload(library_); }

CUfunction CudaLibrary::function(const std::string& entry) const {
  const ContextScope scope(*device_);
  CUkernel kernel = nullptr;
  if (cuda().cuLibraryGetKernel(&kernel, library_, entry.c_str()) == CUDA_ERROR_NOT_FOUND) {
    fail({"cuda.kernel_load_failed", fmt::format("a kernel has no entry \"{}\"", entry),
          device_->facts().name, "use the Ingot that built the plan, or build it anew"});
  }
  CUfunction function = nullptr;
  // Loads it now: the first launch may be a recorded one, which must not load anything.
  device_->check(cuda().cuKernelGetFunction(&function, kernel),
                 fmt::format("loading kernel \"{}\"", entry), "cuda.kernel_load_failed");
  return function;
}

CudaKernel::CudaKernel(std::shared_ptr<const CudaLibrary> library, const std::string& entry)
    : library_(std::move(library)), entry_(entry), function_(library_->function(entry)) {
  const CudaDevice& device = library_->device();
  const ContextScope scope(device);
  const int fixed = function_attribute(function_, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
  const int most = static_cast<int>(device.facts().shared_bytes) - fixed;
  device.check(cuda().cuFuncSetAttribute(function_, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                         std::max(most, 0)),
               fmt::format("giving kernel \"{}\" shared memory", entry_),
               "cuda.kernel_load_failed");
  // One division of L1 for all kernels: a multiprocessor drains before it changes it.
  device.check(
      cuda().cuFuncSetAttribute(function_, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT,
                                CU_SHAREDMEM_CARVEOUT_MAX_SHARED),
      fmt::format("giving kernel \"{}\" shared memory", entry_), "cuda.kernel_load_failed");
  size_t offset = 0;
  if (cuda().cuFuncGetParamInfo &&
      cuda().cuFuncGetParamInfo(function_, 0, &offset, &params_bytes_) != CUDA_SUCCESS) {
    params_bytes_ = 0;
  }
}

void CudaKernel::refuse(const std::string& why, const LaunchShape& shape) const {
  fail({"cuda.launch_failed",
        fmt::format("kernel \"{}\" was not launched: {} (grid {}x{}x{}, block {}x{}x{}, {} bytes "
                    "of shared memory)",
                    entry_, why, shape.grid.x, shape.grid.y, shape.grid.z, shape.block.x,
                    shape.block.y, shape.block.z, shape.shared_bytes),
        library_->device().facts().name, "please report this"});
}

void CudaKernel::launch(void* stream, const LaunchShape& shape, const void* params,
                        size_t params_bytes) const {
  // A struct that host and kernel see differently would be read as garbage.
  if (params_bytes_ != 0 && params_bytes_ != params_bytes) {
    refuse(fmt::format("it takes {} bytes, not {}", params_bytes_, params_bytes), shape);
  }
  const ContextScope scope(library_->device());
  CUlaunchConfig config{};
  config.gridDimX = shape.grid.x;
  config.gridDimY = shape.grid.y;
  config.gridDimZ = shape.grid.z;
  config.blockDimX = shape.block.x;
  config.blockDimY = shape.block.y;
  config.blockDimZ = shape.block.z;
  config.sharedMemBytes = shape.shared_bytes;
  config.hStream = static_cast<CUstream>(stream);
  CUlaunchAttribute overlap{};
  if (shape.overlaps && library_->device().can_overlap(config.hStream)) {
    overlap.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    overlap.value.programmaticStreamSerializationAllowed = 1;
    config.attrs = &overlap;
    config.numAttrs = 1;
  }
  void* arguments[] = {const_cast<void*>(params)};  // the driver copies from it
  const CUresult result = cuda().cuLaunchKernelEx(&config, function_, arguments, nullptr);
  if (result == CUDA_SUCCESS) return;
  if (is_fault(result)) library_->device().check(result, fmt::format("launching \"{}\"", entry_));
  refuse(describe(result), shape);
}

int CudaKernel::blocks_per_multiprocessor(uint32_t threads, uint32_t shared_bytes) const {
  const ContextScope scope(library_->device());
  int blocks = 0;
  library_->device().check(cuda().cuOccupancyMaxActiveBlocksPerMultiprocessor(
                               &blocks, function_, static_cast<int>(threads), shared_bytes),
                           fmt::format("asking for the occupancy of \"{}\"", entry_));
  return blocks;
}

}  // namespace ingot
