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

double tolerance_of(DType lowest) {
  constexpr double kFp32 = 0.01, kFp16 = 0.02, kBf16 = 0.08, kEightBits = 0.1;
  switch (lowest) {
    case DType::kF32:
    case DType::kUndefined:
      return kFp32;
    case DType::kF16:
      return kFp16;
    case DType::kBF16:
      return kBf16;
    default:
      return kEightBits;
  }
}

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
                                    double tolerance) const {
  AccuracyReport report;
  report.checked = true;
  report.tolerance = tolerance;
  report.data = data_;
  report.reference = "FP32 on the CPU";
  const std::vector<Sample> found = run_samples(plan, options, samples_);
  for (const PlanTensor& output : plan.outputs) {
    OutputComparison comparison;
    for (size_t i = 0; i < found.size(); ++i) {
      comparison.add(expected_[i].at(output.name), found[i].at(output.name));
    }
    report.outputs.push_back(comparison.result(output.name, tolerance));
    report.passed = report.passed && report.outputs.back().passed;
  }
  return report;
}

double worst_error(const AccuracyReport& report) {
  double worst = 0;
  for (const OutputAccuracy& output : report.outputs) {
    if (!output.finite) return INFINITY;
    worst = std::max(worst, output.relative);
  }
  return worst;
}

}  // namespace ingot
