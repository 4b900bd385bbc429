// The check of an engine: its outputs against those of FP32 on the CPU, for the same inputs.
#pragma once

#include <memory>

#include "compiler/driver/samples.h"
#include "compiler/graph/graph.h"
#include "core/plan/plan.h"

namespace ingot {

/// The largest relative error (RMS) that a precision may have: FP16 2 %, BF16 8 %, INT8 and FP8
/// 10 %, FP32 (TF32 on a GPU) 1 %.
double tolerance_of(DType lowest);

class AccuracyCheck {
 public:
  /// Runs the samples in FP32. `data` says in words what they are.
  /// @param graph  as read, with its profiles applied
  AccuracyCheck(const Graph& graph, const BuildOptions& options, std::vector<Sample> samples,
                std::string data);

  /// Throws Error where the plan cannot be run with the samples ("verify.run_failed").
  AccuracyReport check(const Plan& plan, const EngineOptions& options, double tolerance) const;

  const std::vector<Sample>& samples() const { return samples_; }

 private:
  std::vector<Sample> samples_, expected_;
  std::string data_;
};

/// The largest of the outputs' relative errors; infinite if one is not finite.
double worst_error(const AccuracyReport& report);

}  // namespace ingot
