// Timing of one step, for the tuner: by the same runtime that users run.
#pragma once

#include <memory>

#include "core/plan/plan.h"
#include "runtime/engine/packing.h"

namespace ingot {

/// A plan of one step, loaded and prepared, so that it only remains to run it. Trials may be made by
/// several threads at a time; that may take long, where a library compiles.
class StepTrial {
 public:
  /// Throws Error if the step is not supported for these shapes.
  StepTrial(const Plan& one_step_plan, const EngineOptions& options);
  ~StepTrial();
  StepTrial(const StepTrial&) = delete;
  StepTrial& operator=(const StepTrial&) = delete;

  /// Fills the inputs (floats in [-1, 1], integers 0 or 1), runs the step `warm_up` times and then up
  /// to `repeats` times, until `max_seconds` have passed; always once at least.
  ///
  /// Activations stay as the run before left them, as in a chain. Constants of more bytes than the
  /// L2 cache and at most 64 MiB are flushed before each repeat: in a chain, those of other steps
  /// have displaced them. (A flush costs about as much as reading them once.)
  ///
  /// On a GPU the repeats are recorded and replayed, as engines do, and nothing is flushed.
  ///
  /// Throws Error if the step fails.
  StepTiming measure(int warm_up, int repeats, double max_seconds) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ingot
