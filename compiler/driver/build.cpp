// The build: stations 2 to 7 of the road, in order, as one function.
#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <optional>

#include "compiler/driver/build_flags.h"
#include "compiler/driver/explain.h"
#include "compiler/driver/model.h"
#include "compiler/driver/pack.h"
#include "compiler/driver/profiles.h"
#include "compiler/driver/target.h"
#include "compiler/jit/kernel_store.h"
#include "compiler/passes/pass_runner.h"
#include "compiler/schedule/schedule.h"
#include "compiler/tactics/gpu_copies.h"
#include "compiler/tune/tune.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/plan/writer.h"
#include "ingot/engine.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

using Clock = std::chrono::steady_clock;

/// Times the stages and tells the user's callback where the build is.
class Stages {
 public:
  explicit Stages(const BuildOptions& options) : options_(options) {}

  void begin(std::string_view stage) {
    end();
    stage_ = stage;
    stage_start_ = Clock::now();
    progress("", 0, 0);
  }

  void progress(std::string_view item, int done, int total) {
    if (!options_.on_progress) return;
    BuildProgress progress{stage_, item, done, total, seconds(start_), -1};
    // Items of a stage are taken to cost about the same.
    const double spent = seconds(stage_start_);
    if (done > 0) progress.remaining_seconds = spent * (total - done) / done;
    options_.on_progress(progress);
  }

  void end() {
    if (!stage_.empty()) spent_.emplace_back(std::string(stage_), seconds(stage_start_));
    stage_ = {};
  }

  std::vector<std::pair<std::string, double>> take() { return std::move(spent_); }

 private:
  static double seconds(Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
  }
  const BuildOptions& options_;
  Clock::time_point start_ = Clock::now(), stage_start_ = start_;
  std::string_view stage_;
  std::vector<std::pair<std::string, double>> spent_;
};

/// The 16-bit float that the device computes in and the user allows; kUndefined: none.
DType small_float(const BuildOptions& options, const Target& target) {
  if (!options.allow_fp16 && !options.allow_bf16) return DType::kUndefined;
  if (!target.is_gpu()) {
    const bool has_bf16 = target.cpu.avx512_bf16 || target.cpu.amx_bf16;
    return has_bf16 ? DType::kBF16 : DType::kUndefined;
  }
  if (options.allow_fp16) return DType::kF16;
  constexpr int kFirstWithBf16 = 80;
  return target.gpu.compute_capability >= kFirstWithBf16 ? DType::kBF16 : DType::kUndefined;
}

PassOptions pass_options(const BuildOptions& options, const Target& target) {
  PassOptions result;
  result.allow_small_float = options.allow_fp16 || options.allow_bf16;
  result.small_float = small_float(options, target);
  result.gpu = target.is_gpu();
  return result;
}

Graph rewrite(const Model& model, const BuildOptions& options, const Target& target, Stages* stages,
              std::vector<Problem>* warnings, PassReport* report) {
  Graph graph = model.state().graph;
  apply_profiles(&graph, options.profiles, warnings);
  RunnerOptions runner;
  runner.disabled = options.disabled_passes;
  runner.dump_directory = options.dump_passes_directory;
  runner.verify = options.verify_passes;
  runner.on_progress = [stages](std::string_view pass, int done, int total) {
    if (stages) stages->progress(pass, done, total);
  };
  return run_passes(std::move(graph), pass_options(options, target), runner, report);
}

/// A permission that this device cannot use is not ignored in silence.
void tell_precision(const BuildOptions& options, const Target& target,
                    std::vector<Problem>* warnings) {
  if (!options.allow_fp16 && !options.allow_bf16) return;
  const DType type = small_float(options, target);
  if (type != DType::kUndefined) {
    log_info("16-bit floats are {} on this {} ({})", type == DType::kF16 ? "FP16" : "BF16",
             target.is_gpu() ? "GPU" : "CPU", target.arch());
  } else if (target.is_gpu()) {
    warnings->push_back(
        {"precision.not_available",
         fmt::format("this GPU ({}) does not compute in BF16: the engine stays in FP32",
                     target.arch()),
         "", "give --fp16, which it has"});
  } else {
    warnings->push_back(
        {"precision.not_available",
         fmt::format("this CPU ({}) has no 16-bit arithmetic: the engine stays in FP32",
                     target.arch()),
         "", "build on a CPU with AVX512-BF16 or AMX for 16-bit speed"});
  }
}

void check_filters(const std::vector<std::string>& filters) {
  for (const std::string& filter : filters) {
    if (!filter.empty() && (filter[0] == '+' || filter[0] == '-')) continue;
    fail({"flag.bad_value", fmt::format("\"{}\" begins with neither + nor -", filter), "--tactics",
          "write --tactics=-dnnl.*,+dnnl.conv"});
  }
}

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

/// A slow path says that it is slow: reference steps that cost a noticeable part of the whole.
void warn_of_slow_steps(const Graph& graph, const TuneResult& tuning,
                        std::vector<Problem>* warnings) {
  constexpr double kNoticeableShare = 0.01;
  double total = 0, slow = 0;
  for (const NodeTuning& node : tuning.nodes) {
    if (!node.is_view) total += std::max(node.choice().us, 0.0);
  }
  std::string names;
  int count = 0;
  for (const NodeTuning& node : tuning.nodes) {
    if (node.is_view || !node.choice().candidate.slow) continue;
    if (node.choice().us < kNoticeableShare * total) continue;
    slow += node.choice().us;
    ++count;
    constexpr int kMaxNames = 5;
    if (count > kMaxNames) continue;
    const Node& slow_node = graph.node(node.node);
    names += fmt::format("{}{} \"{}\" ({:.0f} us)", names.empty() ? "" : ", ", slow_node.op->name,
                         slow_node.origin.empty() ? "" : slow_node.origin[0], node.choice().us);
  }
  if (count == 0) return;
  warnings->push_back({"build.slow_reference",
                       fmt::format("{} nodes run by their slow reference, {:.0f} % of the time: {}",
                                   count, 100 * slow / total, names),
                       "", "`ingot explain` says why no faster tactic takes them"});
}

}  // namespace

BuildResult build(const Model& model, const BuildOptions& options) {
  BuildResult result;
  Stages stages(options);
  check_filters(options.tactics);
  const Target target = make_target(options);
  result.warnings = model.warnings();
  tell_precision(options, target, &result.warnings);

  stages.begin("passes");
  PassReport passes;
  const Graph graph = rewrite(model, options, target, &stages, &result.warnings, &passes);

  stages.begin("tune");
  TimingCache cache;
  const bool cache_file = options.use_timing_cache && !options.timing_cache_path.empty();
  if (cache_file) cache.load(options.timing_cache_path);
  TuneOptions tune_options;
  tune_options.optimization_level = options.optimization_level;
  tune_options.average_timing = options.average_timing;
  tune_options.time_limit_seconds = options.time_limit_seconds;
  tune_options.use_cache = options.use_timing_cache;
  tune_options.filters = options.tactics;
  tune_options.on_progress = [&stages](std::string_view item, int done, int total) {
    stages.progress(item, done, total);
  };
  std::optional<KernelStore> kernels;
  if (target.is_gpu()) kernels.emplace(target.gpu.architecture, target.threads);
  const TuneResult tuning =
      tune(graph, target, tune_options, &cache, kernels ? &*kernels : nullptr);
  if (cache_file) cache.save(options.timing_cache_path);
  result.slowest_items = tuning.slowest;
  warn_of_slow_steps(graph, tuning, &result.warnings);

  stages.begin("schedule");
  ScheduledPlan scheduled = schedule(graph, scheduled_nodes(tuning));
  Plan& plan = scheduled.plan;
  plan.ingot_version = version();
  if (target.is_gpu()) {
    plan.device =
        device_fingerprint(target.device, open_device(target.device, target.gpu.index)->facts());
    add_device_code(&plan, target, tuning, &*kernels);
  } else {
    plan.device = device_fingerprint(target.device, target.threads);
  }
  plan.model_hash = model.state().hash;
  plan.model_name = model.path().substr(model.path().find_last_of('/') + 1);
  plan.build_flags = build_flags(options);
  plan.graph_text = to_text(graph);
  if (options.layer_information) {
    plan.explain_json =
        explain_plan_json(graph, scheduled, tuning, passes, options.detailed_layer_information);
  }

  stages.begin("pack");
  pack_constants(&plan, {.threads = target.threads, .device = target.gpu.index});

  stages.begin("write");
  result.plan = std::make_shared<const std::vector<std::byte>>(write_plan(plan));
  stages.end();
  result.stage_seconds = stages.take();
  return result;
}

void BuildResult::save(const std::string& path) const { write_file_atomically(path, *plan); }

std::string explain_model(const Model& model, const BuildOptions& options) {
  std::vector<Problem> warnings;
  PassReport passes;
  const Graph graph = rewrite(model, options, make_target(options), nullptr, &warnings, &passes);
  return explain_graph_json(graph, passes);
}

std::vector<std::pair<std::string, std::string>> list_passes() {
  std::vector<std::pair<std::string, std::string>> result;
  for (const Pass& pass : pass_pipeline()) result.emplace_back(pass.name, pass.why);
  return result;
}

std::vector<std::string> list_tactics() {
  std::vector<std::string> result;
  for (const TacticDef* tactic : all_tactics()) result.emplace_back(tactic->name);
  return result;
}

std::string operators_reference() { return operators_markdown(); }

}  // namespace ingot
