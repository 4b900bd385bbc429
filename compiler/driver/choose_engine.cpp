// Precisions by measurement: see the header.
#include "compiler/driver/choose_engine.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/driver/computing_type.h"
#include "compiler/driver/engine_timing.h"
#include "compiler/driver/regions.h"
#include "core/base/hash.h"

namespace ingot {
namespace {

constexpr std::string_view kSlowerHere = "it was measured to be slower in INT8";
/// INT8 costs accuracy: a gain within the noise is none.
constexpr double kLeastGain = 1.01;
constexpr int kMostRounds = 3;

/// What a compilation is measured by: the same words, the same time.
std::string fingerprint(const Compilation& compilation, const Plan& plan) {
  std::string text = plan.device + to_text(compilation.graph);
  for (const PlanStep& step : plan.steps) text += step.tactic + "\n";
  return text;
}

bool has_integer_products(const Compilation& compilation) {
  const Graph& graph = compilation.graph;
  const auto nodes = graph.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) {
    return is_quantised(computing_type(graph, id)) && !graph.node(id).op->traits.is_view;
  });
}

/// Lets nodes whose INT8 steps take longer than their float steps return to floats.
class Refinement {
 public:
  Refinement(Compiler* compiler, const Precisions& allowed, const Compilation& without)
      : compiler_(*compiler), allowed_(allowed), without_(without) {}

  /// The fastest mixture by the sum of its nodes' times.
  Compilation run(Compilation full) {
    Compilation best = std::move(full);
    Compilation now = best;
    for (int round = 0; round < kMostRounds; ++round) {
      if (!move_losers(now)) break;
      now = compiler_.compile(now_allowed());
      if (now.node_us() < best.node_us()) best = now;
    }
    return best;
  }

 private:
  Precisions now_allowed() const {
    Precisions precisions = allowed_;
    precisions.keep_float.insert(losers_.begin(), losers_.end());
    return precisions;
  }

  bool wanted_in_int8(const Region& region) const {
    return std::any_of(region.layers.begin(), region.layers.end(),
                       [&](const auto& name) { return allowed_.int8_here.contains(name); });
  }

  bool move_losers(const Compilation& with) {
    bool any = false;
    for (const Region& region : compare_regions(compiler_.source(), without_, with)) {
      if (!region.quantised || wanted_in_int8(region)) continue;
      if (region.us_with * kLeastGain <= region.us_without) continue;
      losers_.insert(region.layers.begin(), region.layers.end());
      any = true;
    }
    return any;
  }

  Compiler& compiler_;
  const Precisions& allowed_;
  const Compilation& without_;
  std::set<std::string> losers_;
};

/// Microseconds of a run of each engine, measured in turns. The same engines have the same times as
/// long as the timing cache knows them, so that a build can be repeated.
std::vector<double> measured_times(Compiler* compiler,
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

std::string_view name_of_rest(const Precisions& allowed) {
  return precision_name(allowed.small_float == DType::kUndefined ? DType::kF32
                                                                 : allowed.small_float);
}

/// The regions where INT8 lost most.
std::string losses(const Compiler& compiler, const Compilation& without, const Compilation& full) {
  auto regions = compare_regions(compiler.source(), without, full);
  std::erase_if(regions, [](const Region& region) {
    return !region.quantised || region.us_with <= region.us_without;
  });
  std::sort(regions.begin(), regions.end(), [](const Region& a, const Region& b) {
    return a.us_with - a.us_without > b.us_with - b.us_without;
  });
  constexpr size_t kMost = 3;
  std::string text;
  for (size_t i = 0; i < regions.size() && i < kMost; ++i) {
    text += fmt::format("{}{} ({:.0f} us against {:.0f})", i ? ", " : "; most in ", regions[i].name,
                        regions[i].us_with, regions[i].us_without);
  }
  return text;
}

void take_out(const Compilation& compilation, const Precisions& allowed, ChosenEngine* engine) {
  for (const std::string& name : compilation.precisions.keep_float) {
    if (!allowed.keep_float.contains(name)) engine->taken_out[name] = kSlowerHere;
  }
}

}  // namespace

ChosenEngine finish_engine(Compiler* compiler, Compilation compilation) {
  ChosenEngine engine;
  engine.compilation = std::move(compilation);
  engine.scheduled = compiler->schedule(engine.compilation);
  engine.plan = compiler->packed(engine.scheduled.plan);
  return engine;
}

ChosenEngine choose_engine(Compiler* compiler, const Precisions& allowed) {
  if (!allowed.int8) return finish_engine(compiler, compiler->compile(allowed));
  Compilation full = compiler->compile(allowed);
  if (!has_integer_products(full) || compiler->options().force_int8) {
    return finish_engine(compiler, std::move(full));
  }
  Precisions floats = allowed;
  floats.int8 = false;
  ChosenEngine without = finish_engine(compiler, compiler->compile(floats));
  Compilation mixed = Refinement(compiler, allowed, without.compilation).run(full);
  ChosenEngine with = finish_engine(compiler, std::move(full));
  std::vector<ChosenEngine> engines;
  engines.push_back(std::move(without));
  engines.push_back(std::move(with));
  if (mixed.precisions.keep_float != allowed.keep_float) {
    engines.push_back(finish_engine(compiler, std::move(mixed)));
    take_out(engines.back().compilation, allowed, &engines.back());
  }
  std::vector<const ChosenEngine*> all;
  for (const ChosenEngine& engine : engines) all.push_back(&engine);
  const std::vector<double> times = measured_times(compiler, all);
  const auto best =
      static_cast<size_t>(std::min_element(times.begin() + 1, times.end()) - times.begin());
  const std::string_view rest = name_of_rest(allowed);
  if (times[best] * kLeastGain <= times[0] || !allowed.int8_here.empty()) {
    engines[best].decisions.push_back(
        fmt::format("the engine with {} is {:.2f}x as fast as with {} alone",
                    precision_name(allowed.placed), times[0] / times[best], rest));
    return std::move(engines[best]);
  }
  ChosenEngine& taken = engines[0];
  const Compilation& quantised = engines[1].compilation;
  taken.decisions.push_back(
      fmt::format("{} alone is taken: the engine with {} takes {:.2f}x its time here{}", rest,
                  precision_name(allowed.placed), times[best] / times[0],
                  losses(*compiler, taken.compilation, quantised)));
  for (NodeId id : quantised.graph.nodes()) {
    for (const std::string& name : quantised.graph.node(id).origin) {
      taken.taken_out[name] = "the whole engine was measured to be no faster with INT8";
    }
  }
  return std::move(taken);
}

}  // namespace ingot
