// The functions of cuDNN that are used, looked up in the library when it is first needed.
#pragma once

#include <cudnn.h>

#include <string>

namespace ingot {

#define INGOT_CUDNN_FUNCTIONS(X)   \
  X(cudnnGetVersion)               \
  X(cudnnGetErrorString)           \
  X(cudnnGetLastErrorString)       \
  X(cudnnCreate)                   \
  X(cudnnDestroy)                  \
  X(cudnnSetStream)                \
  X(cudnnBackendCreateDescriptor)  \
  X(cudnnBackendDestroyDescriptor) \
  X(cudnnBackendSetAttribute)      \
  X(cudnnBackendGetAttribute)      \
  X(cudnnBackendFinalize)          \
  X(cudnnBackendExecute)

struct CudnnLibrary {
#define INGOT_MEMBER(name) decltype(&::name) name = nullptr;
  INGOT_CUDNN_FUNCTIONS(INGOT_MEMBER)
#undef INGOT_MEMBER
  std::string version;  ///< "9.19.0"; empty if it cannot be used
  std::string missing;  ///< why
};

/// Opens the library when first called. Thread-safe.
const CudnnLibrary& cudnn_library();

}  // namespace ingot
