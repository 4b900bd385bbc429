// The target of a build: see the header.
#include "compiler/driver/target.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/log.h"
#include "ingot/engine.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

constexpr std::string_view kGpuBackend = "cuda";

void describe_gpu(const Device& device, int index, GpuTarget* gpu) {
  const DeviceFacts& facts = device.facts();
  const LibraryFacts& libraries = device.libraries();
  gpu->architecture = facts.architecture;
  gpu->compute_capability = facts.compute_capability;
  gpu->multiprocessors = facts.multiprocessors;
  gpu->l2_bytes = static_cast<int64_t>(facts.l2_bytes);
  gpu->shared_bytes = static_cast<int64_t>(facts.shared_bytes);
  gpu->has_cudnn = libraries.cudnn_missing.empty();
  gpu->cudnn_missing = libraries.cudnn_missing;
  gpu->has_cublaslt = libraries.cublaslt_missing.empty();
  gpu->cublaslt_missing = libraries.cublaslt_missing;
  gpu->index = index;
  gpu->fingerprint =
      fmt::format("{}, cuDNN {}, cuBLASLt {}", device_fingerprint(kGpuBackend, facts),
                  libraries.cudnn, libraries.cublaslt);
}

int gpu_index(const std::string& device) {
  if (device.starts_with("GPU-")) return find_gpu(device);
  const bool digits =
      !device.empty() && device.size() < 4 &&
      std::all_of(device.begin(), device.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) {
    fail({"flag.bad_value", fmt::format("\"{}\" is no device", device), "--device",
          "give the index or UUID (GPU-...) of a GPU, or cpu"});
  }
  return std::stoi(device);
}

}  // namespace

Target make_target(const BuildOptions& options) {
  Target target;
  target.cpu = cpu_info();
  target.threads = options.threads > 0 ? options.threads : default_threads();
  target.workspace_bytes = options.workspace_bytes;
  target.optimization_level = options.optimization_level;
  if (options.device == "cpu") return target;
  const bool automatic = options.device == "auto";
  const int index = automatic ? 0 : gpu_index(options.device);
  try {
    const auto device = open_device(kGpuBackend, index);
    describe_gpu(*device, index, &target.gpu);
  } catch (const Error& error) {
    if (!automatic) throw;
    log_info("the CPU is used: {}", error.problems().front().what);
    return target;
  }
  target.device = kGpuBackend;
  target.gpu.allow_tf32 = options.allow_tf32;
  return target;
}

bool computes_in_fp8(const Target& target) {
  constexpr int kAda = 89;
  return target.is_gpu() && target.gpu.compute_capability >= kAda;
}

}  // namespace ingot
