// What the driver and the GPUs are, for `ingot env`. Opens no GPU.
#include <fmt/format.h>

#include "core/base/nvidia_library.h"
#include "runtime/cuda/driver/devices.h"
#include "runtime/cuda/library.h"
#include "runtime/cuda/open_device.h"

namespace ingot {
namespace {

std::string gpu_line(int index) {
  CUdevice device = 0;
  if (const CUresult result = cuda().cuDeviceGet(&device, index); result != CUDA_SUCCESS) {
    return fmt::format("GPU {}: {}", index, describe(result));
  }
  size_t memory = 0;
  cuda().cuDeviceTotalMem(&memory, device);
  const auto attribute = [device](CUdevice_attribute which) {
    int value = 0;
    cuda().cuDeviceGetAttribute(&value, which, device);
    return value;
  };
  return fmt::format(
      "GPU {}: {}, {}, compute capability {}.{}, {} multiprocessors, {:.1f} GiB, L2 {} MiB", index,
      device_name(device), device_uuid(device),
      attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
      attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
      attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT), static_cast<double>(memory) / (1 << 30),
      attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE) >> 20);
}

// "cuDNN 9.19.0 (/usr/lib/...)" or "cuDNN: why not".
std::string library_line(const std::string& name, const std::string& version,
                         const std::string& missing, const char* file) {
  if (!missing.empty()) return fmt::format("{}: {}", name, missing);
  // It is open by now: this finds the same copy.
  return fmt::format("{} {} ({})", name, version, NvidiaLibrary({file}).path());
}

std::string nvrtc_line() {
  const NvidiaLibrary library({"libnvrtc.so.13", "libnvrtc.so.12"});
  const auto version = library.function<int (*)(int*, int*)>("nvrtcVersion");
  if (!version) return fmt::format("NVRTC: {}", library.missing());
  int major = 0, minor = 0;
  version(&major, &minor);
  return fmt::format("NVRTC {}.{} ({})", major, minor, library.path());
}

}  // namespace

std::string cuda_driver_text() {
  return cuda().usable() ? "CUDA driver " + cuda_version_text(cuda().version) : cuda().missing;
}

std::vector<std::string> cuda_report(bool with_libraries) {
  if (!cuda().usable()) return {"GPU: " + cuda().missing};
  std::vector<std::string> lines = {fmt::format("{} ({})", cuda_driver_text(), cuda().path)};
  int count = 0;
  if (cuda().cuDeviceGetCount(&count) != CUDA_SUCCESS || count == 0) {
    lines.emplace_back("GPU: the driver sees none (CUDA_VISIBLE_DEVICES may hide them)");
    return lines;
  }
  for (int i = 0; i < count; ++i) lines.push_back(gpu_line(i));
  if (!with_libraries) return lines;
  const LibraryFacts facts = nvidia_libraries();
  lines.push_back(library_line("cuDNN", facts.cudnn, facts.cudnn_missing, "libcudnn.so.9"));
  lines.push_back(
      library_line("cuBLASLt", facts.cublaslt, facts.cublaslt_missing,
                   facts.cublaslt.starts_with("12") ? "libcublasLt.so.12" : "libcublasLt.so.13"));
  lines.push_back(nvrtc_line());
  return lines;
}

}  // namespace ingot
