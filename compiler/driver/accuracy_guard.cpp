// The guard of the accuracy: see the header.
#include "compiler/driver/accuracy_guard.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "compiler/driver/accuracy_check.h"
#include "compiler/driver/check_samples.h"
#include "compiler/driver/computing_type.h"
#include "compiler/driver/raise_precision.h"
#include "compiler/driver/report_text.h"
#include "core/base/error.h"

namespace ingot {
namespace {

using Clock = std::chrono::steady_clock;

/// The type with the fewest digits that a step computes in.
DType lowest_type(const Compilation& compilation) {
  DType lowest = DType::kF32;
  for (const NodeTuning& tuning : compilation.tuning.nodes) {
    const DType type = computing_type(compilation.graph, tuning.node);
    if (type == DType::kUndefined) continue;
    if (tolerance_of(type) > tolerance_of(lowest)) lowest = type;
  }
  return lowest;
}

Problem not_reached(const AccuracyReport& report, bool random) {
  std::string outputs;
  for (const OutputAccuracy& output : report.outputs) {
    if (!output.passed) outputs += "\n  " + output_line(output);
  }
  return {"accuracy.not_reached",
          fmt::format("the engine differs from {} by more than {:g} on {}:{}", report.reference,
                      report.tolerance, report.data, outputs),
          "--verify",
          random ? "give real data with --verifyInputs or --calib; or allow more with "
                   "--verifyTolerance"
                 : "keep layers in higher precision (--layerPrecisions), or allow more with "
                   "--verifyTolerance"};
}

/// Checks, and raises the precision of nodes until the check passes or nothing helps.
class Guard {
 public:
  Guard(Compiler* compiler, const Precisions& allowed, ChosenEngine* engine)
      : compiler_(*compiler), allowed_(allowed), engine_(*engine) {}

  AccuracyReport run(CheckSamples samples) {
    const bool random = samples.random;
    const AccuracyCheck check(compiler_.source(), compiler_.options(), std::move(samples.samples),
                              std::move(samples.words));
    AccuracyReport report = checked(check);
    constexpr int kMostRounds = 3;
    for (int round = 0; round < kMostRounds && !report.passed; ++round) {
      const DType type = lowest_type(engine_.compilation);
      const bool can_be_raised = type != DType::kF32 && !(random && is_quantised(type));
      if (!can_be_raised || !raise(type, check, report.tolerance)) break;
      report = checked(check);
    }
    report.raised.assign(raised_.begin(), raised_.end());
    report.cost_us = raised_.empty() ? 0 : engine_.compilation.node_us() - us_before_;
    return report;
  }

 private:
  double tolerance() const {
    const double given = compiler_.options().verify.tolerance;
    return given > 0 ? given : tolerance_of(lowest_type(engine_.compilation));
  }

  AccuracyReport checked(const AccuracyCheck& check) {
    compiler_.stages().begin("verify");
    return check.check(engine_.plan, compiler_.engine_options(), tolerance());
  }

  bool raise(DType type, const AccuracyCheck& check, double tolerance) {
    const Precisions& now = engine_.compilation.precisions;
    const auto layers = layers_to_raise(&compiler_, now, type, check, tolerance);
    if (layers.empty()) return false;
    if (raised_.empty()) us_before_ = engine_.compilation.node_us();
    raised_.insert(layers.begin(), layers.end());
    allowed_ = raised(allowed_, type, layers);
    engine_ = choose_engine(&compiler_, allowed_);
    for (const std::string& layer : raised_) {
      engine_.taken_out[layer] = "the accuracy needs it";
    }
    return true;
  }

  Compiler& compiler_;
  Precisions allowed_;
  ChosenEngine& engine_;
  std::set<std::string> raised_;
  double us_before_ = 0;
};

}  // namespace

void guard_accuracy(Compiler* compiler, const Precisions& allowed, ChosenEngine* engine,
                    const std::vector<Sample>& remembered, BuildResult* result) {
  const VerifyOptions& verify = compiler->options().verify;
  if (verify.mode == VerifyMode::kOff) return;
  if (verify.mode == VerifyMode::kAuto && lowest_type(engine->compilation) == DType::kF32) return;
  compiler->stages().begin("verify");
  const auto start = Clock::now();
  bool random = true;
  try {
    CheckSamples samples =
        choose_samples(*compiler, engine->plan, allowed.ranges.get(), remembered);
    random = samples.random;
    result->accuracy = Guard(compiler, allowed, engine).run(std::move(samples));
  } catch (const Error& error) {
    const bool is_ours = error.problems().front().id == "verify.run_failed";
    if (verify.mode == VerifyMode::kStrict || !is_ours) throw;
    result->warnings.push_back(error.problems().front());
    return;
  }
  result->accuracy.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (result->accuracy.passed) return;
  const Problem problem = not_reached(result->accuracy, random);
  if (verify.mode == VerifyMode::kStrict) fail(problem);
  result->warnings.push_back(problem);
}

}  // namespace ingot
