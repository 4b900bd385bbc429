// One way to compile a model: see the header.
#include "compiler/driver/compilation.h"

#include <algorithm>

#include "compiler/driver/pack.h"
#include "compiler/driver/target.h"
#include "compiler/tactics/gpu_copies.h"
#include "core/base/error.h"
#include "ingot/engine.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

/// The kernels of the steps and copies that the plan has.
void add_device_code(Plan* plan, const Target& target, const TuneResult& tuning,
                     KernelStore* kernels) {
  std::vector<KernelSource> sources = finish_copies(plan, target);
  for (const NodeTuning& node : tuning.nodes) {
    if (node.is_view || node.choice().candidate.same_bytes) continue;
    const auto& used = node.choice().candidate.kernels;
    sources.insert(sources.end(), used.begin(), used.end());
  }
  kernels->compile(sources);
  add_kernels(plan, sources, *kernels);
}

std::vector<ScheduledNode> scheduled_nodes(const TuneResult& tuning) {
  std::vector<ScheduledNode> result;
  for (const NodeTuning& node : tuning.nodes) {
    ScheduledNode scheduled;
    scheduled.node = node.node;
    scheduled.is_view = node.is_view;
    if (!node.is_view) {
      const Candidate& chosen = node.choice().candidate;
      scheduled.kind = chosen.kind;
      scheduled.tactic = chosen.tactic;
      scheduled.attributes = chosen.attributes;
      // So that the engine need not search again what was found: a library's kernel.
      if (chosen.searches && !node.choice().implementation.empty()) {
        scheduled.attributes.set("implementation", node.choice().implementation);
      }
      scheduled.inputs = chosen.inputs;
      scheduled.outputs = chosen.outputs;
      scheduled.reads_windows = chosen.reads_windows;
      scheduled.writes_windows = chosen.writes_windows;
      scheduled.in_place_input = chosen.in_place_input;
      scheduled.same_bytes = chosen.same_bytes;
    }
    result.push_back(std::move(scheduled));
  }
  return result;
}

PassOptions pass_options(const Precisions& precisions, const Target& target) {
  PassOptions result;
  result.allow_small_float = precisions.allow_small_float;
  result.small_float = precisions.small_float;
  result.gpu = target.is_gpu();
  result.allow_int8 = precisions.int8;
  result.allow_fp8 = precisions.int8 && computes_in_fp8(target);
  result.placed = precisions.placed;
  result.ranges = precisions.ranges.get();
  result.keep_float = &precisions.keep_float;
  result.float_outputs = &precisions.float_outputs;
  result.keep_f32 = &precisions.keep_f32;
  result.small_float_here = &precisions.small_float_here;
  return result;
}

size_t position_of(std::string_view pass) {
  const auto passes = pass_pipeline();
  const auto found = std::find_if(passes.begin(), passes.end(),
                                  [pass](const Pass& other) { return other.name == pass; });
  INGOT_CHECK(found != passes.end());
  return static_cast<size_t>(found - passes.begin());
}

}  // namespace

double Compilation::node_us() const {
  double total = 0;
  for (const NodeTuning& node : tuning.nodes) {
    if (!node.is_view) total += std::max(node.choice().us, 0.0);
  }
  return total;
}

Compiler::Compiler(Graph graph, const BuildOptions& options, Target target, Stages* stages)
    : graph_(std::move(graph)), options_(options), target_(std::move(target)), stages_(*stages) {
  if (target_.is_gpu()) kernels_.emplace(target_.gpu.architecture, target_.threads);
}

Graph Compiler::run(Graph graph, std::span<const Pass> passes, const Precisions& precisions,
                    const RunnerOptions& runner, PassReport* report) const {
  return run_passes(std::move(graph), passes, pass_options(precisions, target_), runner, report);
}

Graph Compiler::rewrite(const Precisions& precisions, PassReport* report) {
  RunnerOptions runner;
  runner.disabled = options_.disabled_passes;
  runner.dump_directory = options_.dump_passes_directory;
  runner.verify = options_.verify_passes;
  runner.on_progress = [this](std::string_view pass, int done, int total) {
    stages_.progress(pass, done, total);
  };
  return run(graph_, pass_pipeline(), precisions, runner, report);
}

Graph Compiler::rewrite_before(std::string_view pass, const Precisions& precisions) {
  return run(graph_, pass_pipeline().first(position_of(pass)), precisions, {}, nullptr);
}

Graph Compiler::run_pass(std::string_view pass, Graph graph, const Precisions& precisions) {
  return run(std::move(graph), pass_pipeline().subspan(position_of(pass), 1), precisions, {},
             nullptr);
}

Compilation Compiler::compile_from(std::string_view pass, Graph graph, const Precisions& precisions,
                                   int level) {
  Compilation result;
  result.precisions = precisions;
  result.graph = run(std::move(graph), pass_pipeline().subspan(position_of(pass)), precisions, {},
                     &result.passes);
  result.tuning = tune_graph(result.graph, level);
  return result;
}

TuneResult Compiler::tune_graph(const Graph& graph, int level) {
  TuneOptions tune_options;
  tune_options.optimization_level = level;
  tune_options.average_timing = options_.average_timing;
  // Whatever came before has used its part of the time.
  constexpr double kAtLeast = 1e-3;
  if (options_.time_limit_seconds > 0) {
    tune_options.time_limit_seconds =
        std::max(kAtLeast, options_.time_limit_seconds - stages_.elapsed());
  }
  tune_options.use_cache = options_.use_timing_cache;
  tune_options.filters = options_.tactics;
  tune_options.on_progress = [this](std::string_view item, int done, int total) {
    stages_.progress(item, done, total);
  };
  return tune(graph, target_, tune_options, &cache_, kernels_ ? &*kernels_ : nullptr);
}

Compilation Compiler::compile(const Precisions& precisions, std::optional<int> level) {
  Compilation result;
  result.precisions = precisions;
  stages_.begin("passes");
  result.graph = rewrite(result.precisions, &result.passes);
  stages_.begin("tune");
  result.tuning = tune_graph(result.graph, level.value_or(options_.optimization_level));
  return result;
}

ScheduledPlan Compiler::schedule(const Compilation& compilation) {
  stages_.begin("schedule");
  ScheduledPlan scheduled = ingot::schedule(compilation.graph, scheduled_nodes(compilation.tuning));
  Plan& plan = scheduled.plan;
  plan.ingot_version = version();
  if (target_.is_gpu()) {
    plan.device =
        device_fingerprint(target_.device, open_device(target_.device, target_.gpu.index)->facts());
    add_device_code(&plan, target_, compilation.tuning, &*kernels_);
  } else {
    plan.device = device_fingerprint(target_.device, target_.threads);
  }
  return scheduled;
}

Plan Compiler::packed(Plan plan) {
  stages_.begin("pack");
  pack_constants(&plan, {.threads = target_.threads, .device = target_.gpu.index});
  return plan;
}

void Compiler::load_cache() {
  if (options_.use_timing_cache && !options_.timing_cache_path.empty()) {
    cache_.load(options_.timing_cache_path);
  }
}

void Compiler::save_cache() {
  if (options_.use_timing_cache && !options_.timing_cache_path.empty()) {
    cache_.save(options_.timing_cache_path);
  }
}

}  // namespace ingot
