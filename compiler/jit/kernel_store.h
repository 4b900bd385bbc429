// Cubins by key: compiled in parallel when they are asked for, each once, and kept in a folder of
// the user's cache between builds.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/jit/kernel_source.h"
#include "core/plan/plan.h"

namespace ingot {

using Cubin = std::shared_ptr<const std::vector<std::byte>>;

/// Source text (self-contained: headers of kernels/ are inlined) to device code. Throws Error
/// ("jit.failed") with the compiler's log.
using KernelCompiler = std::vector<std::byte> (*)(const std::string& text, const std::string& name,
                                                  const std::string& architecture);

class KernelStore {
 public:
  /// Device code for one architecture ("sm_90a"), compiled on `threads` threads.
  KernelStore(std::string architecture, int threads);

  /// Compiles what is not there yet. A source that fails is remembered with its log (`failure`).
  /// `on_progress` is called with what is done of all.
  void compile(std::span<const KernelSource> sources,
               const std::function<void(int done, int total)>& on_progress = {});

  /// Null if it was not compiled, or failed.
  Cubin find(const std::string& key) const;
  /// Why a key failed; empty if it did not.
  std::string failure(const std::string& key) const;
  const std::string& architecture() const { return architecture_; }

 private:
  std::string architecture_;
  int threads_;
  std::map<std::string, Cubin> cubins_;
  std::map<std::string, std::string> failures_;
};

/// Gives the plan the compiled code of these sources, each once. Throws Error ("jit.failed") for one
/// that could not be compiled.
void add_kernels(Plan* plan, std::span<const KernelSource> sources, const KernelStore& store);

/// Compiles for an architecture by something else than NVRTC (tests: "emulated" by the host's
/// compiler). Not thread-safe; before any store is used.
void set_kernel_compiler(const std::string& architecture, KernelCompiler compiler);

/// Why NVRTC cannot be used here; empty if it can. Looks for it when first called.
std::string nvrtc_missing();

}  // namespace ingot
