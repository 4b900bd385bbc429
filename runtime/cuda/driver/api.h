// The driver API, found in libcuda at run time: no program of ours links it.
//
//   cuda().cuMemAlloc(&address, bytes)
//
// The names are cuda.h's: a function that the header renames (cuMemAlloc is cuMemAlloc_v2) is
// looked for, and called, under its new name.
#pragma once

#include <cuda.h>

#include <string>
#include <string_view>

namespace ingot {

// What every driver from CUDA 12.0 on has.
#define INGOT_DRIVER_FUNCTIONS(X)                \
  X(cuDeviceGet)                                 \
  X(cuDeviceGetAttribute)                        \
  X(cuDeviceGetCount)                            \
  X(cuDeviceGetName)                             \
  X(cuDeviceGetUuid)                             \
  X(cuDevicePrimaryCtxRelease)                   \
  X(cuDevicePrimaryCtxRetain)                    \
  X(cuDeviceTotalMem)                            \
  X(cuCtxGetCurrent)                             \
  X(cuCtxPopCurrent)                             \
  X(cuCtxPushCurrent)                            \
  X(cuMemAlloc)                                  \
  X(cuMemFree)                                   \
  X(cuMemFreeHost)                               \
  X(cuMemGetInfo)                                \
  X(cuMemHostAlloc)                              \
  X(cuMemcpyAsync)                               \
  X(cuPointerGetAttribute)                       \
  X(cuStreamBeginCapture)                        \
  X(cuStreamCreate)                              \
  X(cuStreamDestroy)                             \
  X(cuStreamEndCapture)                          \
  X(cuStreamSynchronize)                         \
  X(cuEventCreate)                               \
  X(cuEventDestroy)                              \
  X(cuEventRecordWithFlags)                      \
  X(cuEventSynchronize)                          \
  X(cuFuncGetAttribute)                          \
  X(cuFuncSetAttribute)                          \
  X(cuGraphDestroy)                              \
  X(cuGraphExecDestroy)                          \
  X(cuGraphExecKernelNodeSetParams)              \
  X(cuGraphExecMemcpyNodeSetParams)              \
  X(cuGraphExecMemsetNodeSetParams)              \
  X(cuGraphGetNodes)                             \
  X(cuGraphInstantiateWithFlags)                 \
  X(cuGraphKernelNodeGetParams)                  \
  X(cuGraphLaunch)                               \
  X(cuGraphMemcpyNodeGetParams)                  \
  X(cuGraphMemsetNodeGetParams)                  \
  X(cuGraphNodeGetType)                          \
  X(cuGraphRetainUserObject)                     \
  X(cuGraphUpload)                               \
  X(cuKernelGetFunction)                         \
  X(cuLaunchHostFunc)                            \
  X(cuLaunchKernelEx)                            \
  X(cuLibraryGetKernel)                          \
  X(cuLibraryLoadData)                           \
  X(cuLibraryUnload)                             \
  X(cuOccupancyMaxActiveBlocksPerMultiprocessor) \
  X(cuUserObjectCreate)                          \
  X(cuUserObjectRelease)

// What newer drivers add; null where it is missing, and what needs it is left out then.
#define INGOT_OPTIONAL_DRIVER_FUNCTIONS(X) X(cuFuncGetParamInfo)

struct DriverApi {
#define INGOT_MEMBER(f) decltype(&::f) f = nullptr;
  INGOT_DRIVER_FUNCTIONS(INGOT_MEMBER)
  INGOT_OPTIONAL_DRIVER_FUNCTIONS(INGOT_MEMBER)
#undef INGOT_MEMBER
  /// By its first name: cuda.h 13 means a function that drivers before 12.8 lack.
  CUresult (*event_elapsed_time)(float*, CUevent, CUevent) = nullptr;
  /// The second of three forms, which every driver has.
  CUresult (*stream_capture_info)(CUstream, CUstreamCaptureStatus*, cuuint64_t* id, CUgraph*,
                                  const CUgraphNode** dependencies, size_t* count) = nullptr;

  int version = 0;   ///< 1000 * major + 10 * minor of the CUDA that the driver has; 0: no driver
  std::string path;  ///< of libcuda
  /// Why there is no driver to use, in a sentence without a full stop; empty if there is.
  std::string missing;

  bool usable() const { return missing.empty(); }
};

/// Loads the driver when first called.
const DriverApi& cuda();

/// "13.0", as from 13000.
std::string cuda_version_text(int version);

/// "CUDA_ERROR_INVALID_VALUE: invalid argument".
std::string describe(CUresult result);

/// True if no later call in this process can work on the GPU: its context is broken.
bool is_fault(CUresult result);

}  // namespace ingot
