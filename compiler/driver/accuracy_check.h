// The check of an engine: its outputs against those of FP32 on the CPU, for the same inputs.
#pragma once

#include <memory>

#include "compiler/driver/output_tolerances.h"
#include "compiler/driver/samples.h"
#include "compiler/graph/graph.h"
#include "core/plan/plan.h"

namespace ingot {

class AccuracyCheck {
 public:
  /// Runs the samples in FP32. `data` says in words what they are.
  /// @param graph  as read, with its profiles applied
  AccuracyCheck(const Graph& graph, const BuildOptions& options, std::vector<Sample> samples,
                std::string data);

  /// Throws Error where the plan cannot be run with the samples ("verify.run_failed").
  AccuracyReport check(const Plan& plan, const EngineOptions& options,
                       const OutputTolerances& tolerances) const;

  const std::vector<Sample>& samples() const { return samples_; }

 private:
  std::vector<Sample> samples_, expected_;
  std::string data_;
};

/// The largest of the outputs' errors in units of what is allowed; infinite if one is not finite.
double worst_excess(const AccuracyReport& report);

}  // namespace ingot
