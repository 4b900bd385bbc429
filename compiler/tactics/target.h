// What a build is for: the machine, and the limits that the user set.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/cpu.h"

namespace ingot {

/// The GPU, as tactics need to know it (a copy of the runtime's DeviceFacts).
struct GpuTarget {
  std::string architecture;  ///< "sm_90a"
  int compute_capability = 0;
  int multiprocessors = 0;
  int64_t l2_bytes = 0, shared_bytes = 0;
  bool has_cudnn = false, has_cublaslt = false;
  std::string cudnn_missing, cublaslt_missing;  ///< why they are not there
  bool allow_tf32 = true;
  int index = 0;            ///< among the GPUs of this machine
  std::string fingerprint;  ///< device and library versions: what times hold for
};

struct Target {
  std::string device = "cpu";  ///< name of the backend: "cpu", "cuda"
  CpuInfo cpu;
  GpuTarget gpu;
  int threads = 1;
  int64_t workspace_bytes = -1;  ///< -1: no limit
  int optimization_level = 3;

  bool is_gpu() const { return device != "cpu"; }
  /// As it stands in the names of tactics: "avx2", "sm_90a".
  std::string arch() const { return is_gpu() ? gpu.architecture : cpu.isa(); }
};

}  // namespace ingot
