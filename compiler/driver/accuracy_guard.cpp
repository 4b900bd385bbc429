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
#include "compiler/driver/suspect_steps.h"
#include "core/base/error.h"
#include "core/base/log.h"

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
      LayerEffects effects;
      if (type != DType::kF32) {
        effects = layer_effects(&compiler_, engine_.compilation.precisions, type, check.samples(),
                                compiler_.options().verify.tolerance);
      }
      if (raise_suspects(worst_excess(report), effects.all, check.samples())) {
        report = checked(check);
        if (report.passed) break;
        continue;
      }
      const bool can_be_raised = type != DType::kF32 && !(random && is_quantised(type));
      if (!can_be_raised || !raise(type, effects, check)) break;
      report = checked(check);
    }
    report.raised.assign(raised_.begin(), raised_.end());
    report.cost_us = raised_.empty() ? 0 : engine_.compilation.node_us() - us_before_;
    return report;
  }

  std::vector<Problem> take_warnings() { return std::move(warnings_); }

 private:
  OutputTolerances tolerances() const {
    return output_tolerances(compiler_.source(), lowest_type(engine_.compilation),
                             compiler_.options().verify.tolerance);
  }

  AccuracyReport checked(const AccuracyCheck& check) {
    compiler_.stages().begin("verify");
    return check.check(engine_.plan, compiler_.engine_options(), tolerances());
  }

  /// Where the engine's error is far beyond what its rounding gives in simulation: looks for the
  /// steps that are wrong in themselves, names them, and takes their layers out of their precision.
  bool raise_suspects(double measured, double simulated, const std::vector<Sample>& samples) {
    constexpr double kFar = 3;
    if (examined_ || measured <= kFar * simulated) return false;
    examined_ = true;
    log_info(
        "the engine's error is {:.3g} of what is allowed, its rounding explains {:.3g}: its steps "
        "are "
        "compared with references",
        measured, simulated);
    bool any = false;
    for (const SuspectStep& step : suspect_steps(&compiler_, engine_.compilation, samples.at(0))) {
      tell(step);
      if (step.type == DType::kF32 || step.type == DType::kUndefined) continue;
      take_out(step.type, step.layers);
      any = true;
    }
    if (any) choose_anew("its step computes wrongly in that precision");
    return any;
  }

  void tell(const SuspectStep& step) {
    const std::string layer = step.layers.empty() ? "a layer of its own" : step.layers[0];
    for (Problem& known : warnings_) {
      if (known.where != step.tactic) continue;
      known.what += fmt::format(", \"{}\" ({:.2g})", layer, step.error);
      return;
    }
    warnings_.push_back(
        {"accuracy.kernel_suspect",
         fmt::format("tactic {} computes wrongly, by rounding it cannot be explained; layers and "
                     "relative errors on their own inputs: \"{}\" ({:.2g})",
                     step.tactic, layer, step.error),
         step.tactic,
         fmt::format("please report it; until then build with --tactics=-{}",
                     step.tactic.substr(0, step.tactic.find('/')))});
  }

  bool raise(DType type, const LayerEffects& effects, const AccuracyCheck& check) {
    const auto layers =
        layers_to_raise(&compiler_, engine_.compilation, type, effects, check, tolerances());
    if (layers.empty()) return false;
    take_out(type, layers);
    choose_anew("the accuracy needs it");
    return true;
  }

  void take_out(DType type, const std::vector<std::string>& layers) {
    if (raised_.empty()) us_before_ = engine_.compilation.node_us();
    raised_.insert(layers.begin(), layers.end());
    allowed_ = raised(allowed_, type, layers);
    for (const std::string& layer : layers) raised_now_.insert(layer);
  }

  void choose_anew(const std::string& why) {
    for (const std::string& layer : raised_now_) reasons_[layer] = why;
    raised_now_.clear();
    engine_ = choose_engine(&compiler_, allowed_);
    for (const auto& [layer, reason] : reasons_) engine_.taken_out[layer] = reason;
  }

  Compiler& compiler_;
  Precisions allowed_;
  ChosenEngine& engine_;
  std::set<std::string> raised_, raised_now_;
  Reasons reasons_;
  std::vector<Problem> warnings_;
  bool examined_ = false;
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
    Guard guard(compiler, allowed, engine);
    result->accuracy = guard.run(std::move(samples));
    for (Problem& warning : guard.take_warnings()) result->warnings.push_back(std::move(warning));
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
