// Precisions by measurement: see the header.
#include "compiler/driver/choose_engine.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/driver/computing_type.h"
#include "compiler/driver/engine_timing.h"
#include "compiler/driver/raise_precision.h"
#include "compiler/driver/refine_regions.h"
#include "core/base/hash.h"

namespace ingot {
namespace {

/// What a compilation is measured by: the same words, the same time.
std::string fingerprint(const Compilation& compilation, const Plan& plan) {
  std::string text = plan.device + to_text(compilation.graph);
  for (const PlanStep& step : plan.steps) text += step.tactic + "\n";
  return text;
}

/// A step computes in `type`, or for one of 8 bits in any of 8 bits.
bool computes_in(const Compilation& compilation, DType type) {
  const Graph& graph = compilation.graph;
  const auto nodes = graph.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) {
    const DType found = computing_type(graph, id);
    const bool fits = is_quantised(type) ? is_quantised(found) : found == type;
    return fits && !graph.node(id).op->traits.is_view;
  });
}

/// The engine without a precision against those with it.
class Contest {
 public:
  /// @param type  kI8 and the like, or a 16-bit float
  Contest(Compiler* compiler, const Precisions& allowed, DType type, const MeasureEngines& measure)
      : compiler_(*compiler), allowed_(allowed), type_(type), measure_(measure) {}

  /// @param full  all that may compute in the type does
  ChosenEngine run(ChosenEngine without, Compilation full) {
    rest_ = precision_name(lowest_float(without.compilation));
    Compilation mixed = refine_regions(&compiler_, allowed_, type_, without.compilation, full);
    engines_.push_back(std::move(without));
    engines_.push_back(finish_engine(&compiler_, std::move(full)));
    if (kept(mixed.precisions) != kept(allowed_) && computes_in(mixed, type_)) {
      engines_.push_back(finish_engine(&compiler_, std::move(mixed)));
      tell_slower_layers(&engines_.back());
    }
    std::vector<const ChosenEngine*> all;
    for (const ChosenEngine& engine : engines_) all.push_back(&engine);
    const std::vector<double> times = measure_(&compiler_, all);
    const auto best =
        static_cast<size_t>(std::min_element(times.begin() + 1, times.end()) - times.begin());
    const bool wanted =
        !(is_quantised(type_) ? allowed_.int8_here : allowed_.small_float_here).empty();
    if (times[best] * kLeastGain <= times[0] || wanted) return take(best, times[0] / times[best]);
    return take_rest(times);
  }

 private:
  const std::set<std::string>& kept(const Precisions& precisions) const {
    return is_quantised(type_) ? precisions.keep_float : precisions.keep_f32;
  }

  static DType lowest_float(const Compilation& compilation) {
    const DType small = compilation.precisions.small_float;
    return small != DType::kUndefined && computes_in(compilation, small) ? small : DType::kF32;
  }

  void tell_slower_layers(ChosenEngine* mixed) const {
    for (const std::string& name : kept(mixed->compilation.precisions)) {
      if (kept(allowed_).contains(name)) continue;
      mixed->taken_out[name] =
          fmt::format("it was measured to be slower in {}", precision_name(type_));
    }
  }

  ChosenEngine take(size_t best, double gain) {
    ChosenEngine taken = std::move(engines_[best]);
    // What was decided before about the rest holds still.
    const ChosenEngine& rest = engines_[0];
    taken.decisions.insert(taken.decisions.begin(), rest.decisions.begin(), rest.decisions.end());
    taken.taken_out.insert(rest.taken_out.begin(), rest.taken_out.end());
    taken.decisions.push_back(fmt::format("the engine with {} is {:.2f}x as fast as with {} alone",
                                          precision_name(type_), gain, rest_));
    return taken;
  }

  ChosenEngine take_rest(const std::vector<double>& times) {
    ChosenEngine taken = std::move(engines_[0]);
    const Compilation& lower = engines_[1].compilation;
    const std::string mixture =
        times.size() > 2 ? fmt::format(", a mixture {:.2f}x", times[2] / times[0]) : "";
    taken.decisions.push_back(
        fmt::format("{} alone is taken: the engine with {} takes {:.2f}x its time here{}{}", rest_,
                    precision_name(type_), times[1] / times[0], mixture,
                    greatest_losses(compiler_, type_, taken.compilation, lower)));
    for (NodeId id : lower.graph.nodes()) {
      for (const std::string& name : lower.graph.node(id).origin) {
        taken.taken_out[name] = fmt::format("the whole engine was measured to be no faster with {}",
                                            precision_name(type_));
      }
    }
    return taken;
  }

  Compiler& compiler_;
  const Precisions& allowed_;
  const DType type_;
  const MeasureEngines& measure_;
  std::string_view rest_;              ///< what the engine without computes in
  std::vector<ChosenEngine> engines_;  ///< without, with, perhaps the mixture
};

/// FP32 and 16-bit floats.
ChosenEngine choose_floats(Compiler* compiler, const Precisions& allowed,
                           const MeasureEngines& measure) {
  Compilation full = compiler->compile(allowed);
  const DType type = allowed.small_float;
  const bool compared = !compiler->target().is_gpu() && allowed.allow_small_float &&
                        type != DType::kUndefined && computes_in(full, type);
  if (!compared) return finish_engine(compiler, std::move(full));
  ChosenEngine fp32 = finish_engine(compiler, compiler->compile(without(allowed, type)));
  return Contest(compiler, allowed, type, measure).run(std::move(fp32), std::move(full));
}

}  // namespace

std::vector<double> measure_engines(Compiler* compiler,
                                    const std::vector<const ChosenEngine*>& engines) {
  std::string all = "engines ";
  for (const ChosenEngine* engine : engines) all += fingerprint(engine->compilation, engine->plan);
  const auto key = [&all](size_t i) { return hash128_hex(fmt::format("{}{}", i, all)); };
  const bool use_cache = compiler->options().use_timing_cache;
  std::vector<double> times;
  for (size_t i = 0; i < engines.size() && use_cache; ++i) {
    if (const auto known = compiler->cache().find(key(i))) times.push_back(known->us);
  }
  if (times.size() == engines.size()) return times;
  compiler->stages().begin("compare");
  constexpr double kSeconds = 0.4;
  std::vector<const Plan*> plans;
  for (const ChosenEngine* engine : engines) plans.push_back(&engine->plan);
  times = time_engines(plans, compiler->engine_options(),
                       kSeconds * static_cast<double>(engines.size()));
  const bool all_run = std::all_of(times.begin(), times.end(), [](double us) { return us > 0; });
  for (size_t i = 0; i < engines.size(); ++i) {
    // What cannot be run with random data is judged by the sum of its steps.
    if (!all_run) times[i] = engines[i]->compilation.node_us();
    compiler->cache().add(key(i), {times[i], "", 0});
  }
  return times;
}

ChosenEngine finish_engine(Compiler* compiler, Compilation compilation) {
  ChosenEngine engine;
  engine.compilation = std::move(compilation);
  engine.scheduled = compiler->schedule(engine.compilation);
  engine.plan = compiler->packed(engine.scheduled.plan);
  return engine;
}

ChosenEngine choose_engine(Compiler* compiler, const Precisions& allowed,
                           const MeasureEngines& measure) {
  if (!allowed.int8) return choose_floats(compiler, allowed, measure);
  if (compiler->options().force_int8) return finish_engine(compiler, compiler->compile(allowed));
  ChosenEngine floats = choose_floats(compiler, without(allowed, allowed.placed), measure);
  // Beside 8 bits goes what was found to be the fastest without them.
  Precisions beside = floats.compilation.precisions;
  beside.int8 = true;
  Compilation full = compiler->compile(beside);
  if (!computes_in(full, allowed.placed)) {
    ChosenEngine engine = finish_engine(compiler, std::move(full));
    engine.decisions = std::move(floats.decisions);
    engine.taken_out = std::move(floats.taken_out);
    return engine;
  }
  return Contest(compiler, beside, allowed.placed, measure).run(std::move(floats), std::move(full));
}

}  // namespace ingot
