// What the processor can do: instruction sets, cores, caches, and a fingerprint for plans.
#pragma once

#include <cstddef>
#include <string>

namespace ingot {

struct CpuInfo {
  std::string model;    ///< "AMD EPYC 7763", as the processor names itself
  bool avx2 = false;    ///< AVX2 and FMA and F16C
  bool avx512 = false;  ///< F, BW, DQ, VL
  bool avx512_vnni = false;
  bool avx2_vnni = false;  ///< 8-bit dot products on 256-bit vectors
  bool avx512_bf16 = false;
  bool amx_bf16 = false;
  bool amx_int8 = false;
  int cores = 1;  ///< that this process may use (affinity and cgroup limits)
  size_t l1_bytes = 32 << 10;
  size_t l2_bytes = 512 << 10;
  size_t l3_bytes = 8 << 20;

  /// The widest instruction set in use: "sse", "avx2", "avx512", "avx512_bf16", "amx".
  std::string isa() const;
};

const CpuInfo& cpu_info();

/// INGOT_THREADS if set and sensible, else the cores of the process.
int default_thread_count();

}  // namespace ingot
