// Loads libcuda and looks up its functions.
#include "runtime/cuda/driver/api.h"

#include <fmt/format.h>

#include <type_traits>

#include "core/base/nvidia_library.h"

namespace ingot {
namespace {

constexpr int kOldestVersion = 12000;  // the first with cuLibraryLoadData and cuLaunchKernelEx

// Kept apart from DriverApi: needed for messages even when the rest is missing.
struct Early {
  CUresult (*initialize)(unsigned) = nullptr;
  CUresult (*version)(int*) = nullptr;
  CUresult (*name)(CUresult, const char**) = nullptr;
  CUresult (*text)(CUresult, const char**) = nullptr;
};

Early& early() {
  static Early functions;
  return functions;
}

// Two steps, so that the header's new names are looked up.
#define INGOT_TEXT(name) #name
#define INGOT_EXPANDED(name) INGOT_TEXT(name)

std::string find_functions(const NvidiaLibrary& library, DriverApi* api) {
  std::string lacking;
#define INGOT_FIND(f)                                           \
  api->f = library.function<decltype(&::f)>(INGOT_EXPANDED(f)); \
  if (!api->f) lacking += (lacking.empty() ? "" : ", ") + std::string(#f);
  INGOT_DRIVER_FUNCTIONS(INGOT_FIND)
#undef INGOT_FIND
#define INGOT_FIND(f) api->f = library.function<decltype(&::f)>(INGOT_EXPANDED(f));
  INGOT_OPTIONAL_DRIVER_FUNCTIONS(INGOT_FIND)
#undef INGOT_FIND
  const auto find = [&](auto* function, const char* name) {
    *function = library.function<std::remove_pointer_t<decltype(function)>>(name);
    if (!*function) lacking += (lacking.empty() ? "" : ", ") + std::string(name);
  };
  find(&api->event_elapsed_time, "cuEventElapsedTime");
  find(&api->stream_capture_info, "cuStreamGetCaptureInfo_v2");
  return lacking;
}

DriverApi load() {
  DriverApi api;
  const NvidiaLibrary library({"libcuda.so.1"});
  if (!library.loaded()) {
    api.missing = "there is no NVIDIA driver: " + library.missing();
    return api;
  }
  api.path = library.path();
  Early& first = early();
  first.initialize = library.function<CUresult (*)(unsigned)>("cuInit");
  first.version = library.function<CUresult (*)(int*)>("cuDriverGetVersion");
  first.name = library.function<CUresult (*)(CUresult, const char**)>("cuGetErrorName");
  first.text = library.function<CUresult (*)(CUresult, const char**)>("cuGetErrorString");
  if (!first.initialize || !first.version) {
    api.missing = fmt::format("{} is not NVIDIA's driver: it has no cuInit", api.path);
    return api;
  }
  first.version(&api.version);
  if (api.version < kOldestVersion) {
    api.missing =
        fmt::format("the NVIDIA driver ({}) is for CUDA {}; Ingot needs one for {} or newer",
                    api.path, cuda_version_text(api.version), cuda_version_text(kOldestVersion));
    return api;
  }
  if (const CUresult result = first.initialize(0); result != CUDA_SUCCESS) {
    api.missing =
        fmt::format("the NVIDIA driver ({}) does not start: {}", api.path, describe(result));
    return api;
  }
  if (const std::string lacking = find_functions(library, &api); !lacking.empty()) {
    api.missing = fmt::format("the NVIDIA driver ({}, CUDA {}) lacks {}", api.path,
                              cuda_version_text(api.version), lacking);
  }
  return api;
}

}  // namespace

const DriverApi& cuda() {
  static const DriverApi api = load();
  return api;
}

std::string cuda_version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

std::string describe(CUresult result) {
  const char *name = nullptr, *text = nullptr;
  if (early().name) early().name(result, &name);
  if (early().text) early().text(result, &text);
  if (!name) return fmt::format("error {}", static_cast<int>(result));
  return text ? fmt::format("{}: {}", name, text) : std::string(name);
}

bool is_fault(CUresult result) {
  switch (result) {
    case CUDA_ERROR_ECC_UNCORRECTABLE:
    case CUDA_ERROR_ILLEGAL_ADDRESS:
    case CUDA_ERROR_LAUNCH_TIMEOUT:
    case CUDA_ERROR_CONTEXT_IS_DESTROYED:
    case CUDA_ERROR_ASSERT:
    case CUDA_ERROR_HARDWARE_STACK_ERROR:
    case CUDA_ERROR_ILLEGAL_INSTRUCTION:
    case CUDA_ERROR_MISALIGNED_ADDRESS:
    case CUDA_ERROR_INVALID_ADDRESS_SPACE:
    case CUDA_ERROR_INVALID_PC:
    case CUDA_ERROR_LAUNCH_FAILED:
    case CUDA_ERROR_EXTERNAL_DEVICE:
      return true;
    default:
      return false;
  }
}

}  // namespace ingot
