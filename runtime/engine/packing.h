// Seen by the compiler only: which packed weights an engine made, so that the plan can carry them.
#pragma once

#include <map>
#include <utility>

#include "core/plan/plan.h"
#include "ingot/engine.h"
#include "runtime/engine/step.h"

namespace ingot {

/// An engine straight from a plan in memory (tuning, packing). Constants are used in place.
std::shared_ptr<const Engine> load_engine(Plan plan, const EngineOptions& options = {});

/// For every (step, input) whose constant was packed while contexts of `engine` were prepared: the
/// format and bytes.
std::map<std::pair<int, int>, PlanConstant> packed_constants(const Engine& engine);

/// The backend for a device ("cpu"), loaded when first used. Throws Error ("backend.not_found").
const Backend& backend_for(std::string_view device);

/// What a plan for this machine has as Plan::device: "cpu AMD EPYC avx512_bf16, 2 threads, oneDNN
/// 3.2.0". Its first word names the backend. Loads that backend.
std::string device_fingerprint(std::string_view device, int threads);

/// The same for a GPU: "cuda NVIDIA H100 80GB HBM3 sm_90a, CUDA 13.0".
std::string device_fingerprint(std::string_view device, const DeviceFacts& facts);

/// The GPU of this index, through its backend; engines on it share it. Throws Error
/// ("device.not_available").
std::shared_ptr<Device> open_device(std::string_view backend, int index);

/// Runs one step many times, for timing: prepares, warms up, then measures `repeats` runs, each
/// with caches as a chain would leave them (inputs of up to the L2 size hot, weights cold beyond).
struct StepTiming {
  double median_us = 0, best_us = 0;
  std::string implementation;
  size_t scratch_bytes = 0;  ///< that the step needs while it runs
};

}  // namespace ingot
