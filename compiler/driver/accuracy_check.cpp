// The check of an engine: see the header.
#include "compiler/driver/accuracy_check.h"

#include <algorithm>
#include <cmath>

#include "compiler/driver/compilation.h"
#include "compiler/driver/output_comparison.h"
#include "compiler/driver/target.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

/// FP32 on the CPU, built quickly: the first tactic that works.
BuildOptions reference_options(const BuildOptions& options) {
  BuildOptions reference;
  reference.device = "cpu";
  reference.threads = options.threads;
  reference.optimization_level = 0;
  reference.layer_information = false;
  return reference;
}

std::vector<Sample> run_samples(const Plan& plan, const EngineOptions& options,
                                const std::vector<Sample>& samples) {
  const auto engine = load_engine(plan, options);
  Context context(engine);
  std::vector<Sample> outputs;
  for (const Sample& sample : samples) outputs.push_back(run_sample(*engine, &context, sample));
  return outputs;
}

}  // namespace

AccuracyCheck::AccuracyCheck(const Graph& graph, const BuildOptions& options,
                             std::vector<Sample> samples, std::string data)
    : samples_(std::move(samples)), data_(std::move(data)) {
  const BuildOptions quick = reference_options(options);
  Stages unseen(quick);
  Compiler compiler(graph, quick, make_target(quick), &unseen);
  const Plan plan = compiler.packed(compiler.schedule(compiler.compile({})).plan);
  expected_ = run_samples(plan, {.threads = compiler.target().threads, .device = 0}, samples_);
}

AccuracyReport AccuracyCheck::check(const Plan& plan, const EngineOptions& options,
                                    const OutputTolerances& tolerances) const {
  AccuracyReport report;
  report.checked = true;
  for (const auto& [name, tolerance] : tolerances) {
    report.tolerance = std::max(report.tolerance, tolerance);
  }
  report.data = data_;
  report.reference = "FP32 on the CPU";
  const std::vector<Sample> found = run_samples(plan, options, samples_);
  for (const PlanTensor& output : plan.outputs) {
    OutputComparison comparison;
    for (size_t i = 0; i < found.size(); ++i) {
      comparison.add(expected_[i].at(output.name), found[i].at(output.name));
    }
    report.outputs.push_back(comparison.result(output.name, tolerances.at(output.name)));
    report.passed = report.passed && report.outputs.back().passed;
  }
  return report;
}

double worst_excess(const AccuracyReport& report) {
  double worst = 0;
  for (const OutputAccuracy& output : report.outputs) worst = std::max(worst, excess(output));
  return worst;
}

}  // namespace ingot
