// The tuner: collects candidates and reasons for every node, times each distinct candidate once by
// running it, and hands the times to the choice of layouts.
#include "compiler/tune/tune.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "compiler/tactics/sizes.h"
#include "compiler/tune/choose_layouts.h"
#include "compiler/tune/one_step_plan.h"
#include "compiler/tune/trial_process.h"
#include "compiler/tune/trials.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "ingot/engine.h"
#include "runtime/engine/packing.h"
#include "runtime/engine/step_timer.h"

namespace ingot {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A candidate may take this long to time; a slow one is measured with fewer repeats.
constexpr double kMaxSecondsPerCandidate = 0.25;

/// From this level on candidates of a GPU are first run in a process of their own.
constexpr int kLevelOfTrialsApart = 5;

/// The time of a candidate that was tried and cannot run here; -1 is one that was not tried.
constexpr double kDoesNotRun = -2;

/// A view is no step: the same bytes in another shape, where dims of data-dependent size and
/// run-time shape inputs are not in the way.
bool is_pure_view(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!node.op->traits.is_view || node.outputs.size() != 1) return false;
  if (graph.value(node.inputs[0]).is_constant()) return false;
  if (!TacticNode(graph, id).output_size_known()) return false;
  return graph.dtype(node.inputs[0]) == graph.dtype(node.outputs[0]);
}

/// How many candidates of a node are run at a level. At 0 the first only, to see that it runs.
size_t candidates_to_time(int level) {
  if (level <= 0) return 1;
  if (level <= 2) return 2;
  return static_cast<size_t>(-1);
}

class Tuner {
 public:
  Tuner(const Graph& graph, const Target& target, const TuneOptions& options, TimingCache* cache,
        KernelStore* kernels)
      : graph_(graph),
        target_(target),
        options_(options),
        cache_(cache),
        kernels_(kernels),
        backend_(backend_for(target.device)),
        trials_(target.is_gpu() ? target.threads : 0,
                {.threads = target.threads, .device = target.gpu.index}) {}

  TuneResult run() {
    for (NodeId id : graph_.nodes()) result_.nodes.push_back(collect(id));
    fail_without_tactics();
    if (target_.is_gpu()) prepare_trials();
    time_all();
    // A candidate that turned out not to run is a rejection.
    for (NodeTuning& node : result_.nodes) drop_failed(&node);
    fail_without_tactics();
    choose_layouts(graph_, target_, &result_.nodes);
    std::sort(result_.slowest.begin(), result_.slowest.end(),
              [](const auto& a, const auto& b) { return a.second > b.second; });
    constexpr size_t kKeepSlowest = 8;
    if (result_.slowest.size() > kKeepSlowest) result_.slowest.resize(kKeepSlowest);
    return std::move(result_);
  }

 private:
  NodeTuning collect(NodeId id) {
    NodeTuning tuning;
    tuning.node = id;
    if (is_pure_view(graph_, id)) {
      tuning.is_view = true;
      return tuning;
    }
    const TacticNode node(graph_, id);
    for (const TacticDef* tactic : all_tactics()) {
      if (!serves(*tactic, node, target_)) continue;
      const bool is_reference = tactic->ops.empty();
      // The reference is for nodes that nothing else can do.
      if (is_reference && !tuning.candidates.empty()) continue;
      if (!is_reference && decides_sizes(node) && !gives_sizes(*tactic)) {
        tuning.rejected.push_back({std::string(tactic->name), "the output's size depends on data"});
        continue;
      }
      const Verdict verdict = tactic->supports(node, target_);
      if (!verdict.ok) {
        tuning.rejected.push_back({std::string(tactic->name), verdict.reason});
        continue;
      }
      for (Candidate& candidate : tactic->candidates(node, target_)) {
        if (!tactic_allowed(candidate.tactic, options_.filters)) {
          tuning.rejected.push_back({candidate.tactic, "switched off by --tactics"});
          continue;
        }
        const bool gives = gives_sizes(*tactic) && input_sizes_known(node);
        if (!sizes_known(node) && !gives && !copes_with_data(candidate)) {
          tuning.rejected.push_back(
              {candidate.tactic, target_.is_gpu() ? "a size depends on data: on the host only"
                                                  : "a size depends on data: plain layout only"});
          continue;
        }
        tuning.candidates.push_back({std::move(candidate), -1, ""});
      }
    }
    return tuning;
  }

  /// Values whose size only a run decides are plain; on a GPU they are the host's.
  bool copes_with_data(const Candidate& candidate) const {
    const Layout wanted = target_.is_gpu() ? Layout::kHost : Layout::kPlain;
    const auto fits = [wanted](Layout layout) { return layout == wanted; };
    return std::all_of(candidate.inputs.begin(), candidate.inputs.end(), fits) &&
           std::all_of(candidate.outputs.begin(), candidate.outputs.end(), fits);
  }

  /// The node's own data decides how large its outputs are.
  static bool decides_sizes(const TacticNode& node) {
    for (int i = 0; i < node.output_count(); ++i) {
      if (!node.output_size_known(i)) return true;
    }
    return node.node().op->traits.data_dependent_shape;
  }

  bool input_sizes_known(const TacticNode& node) const { return sizes_known(node.node().inputs); }

  bool sizes_known(const std::vector<ValueId>& values) const {
    return std::all_of(values.begin(), values.end(), [this](ValueId value) {
      return !value || !depends_on_data(graph_.dims(value));
    });
  }

  bool sizes_known(const TacticNode& node) const {
    return sizes_known(node.node().inputs) && sizes_known(node.node().outputs);
  }

  void fail_without_tactics() const {
    Problems problems;
    for (const NodeTuning& tuning : result_.nodes) {
      if (tuning.is_view || !tuning.candidates.empty()) continue;
      const Node& node = graph_.node(tuning.node);
      std::string reasons;
      for (const RejectedTactic& rejected : tuning.rejected) {
        reasons +=
            fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", rejected.tactic, rejected.reason);
      }
      problems.add({"tune.no_tactic",
                    fmt::format("no tactic is left for {} ({})", node.op->name, reasons),
                    node.origin.empty() ? "" : "node \"" + node.origin[0] + "\"",
                    "allow more with --tactics; \"ref\" can run every operator"});
    }
    problems.throw_if_any();
  }

  std::string key_of(const TacticNode& node, const Candidate& candidate) const {
    if (target_.is_gpu()) {
      return hash128_hex(fmt::format("{}|{}|{}", version(), target_.gpu.fingerprint,
                                     candidate_signature(node, candidate)));
    }
    return hash128_hex(fmt::format("{}|{}|{}|{} threads|{}|{}", version(), target_.cpu.model,
                                   target_.cpu.isa(), target_.threads, backend_.version,
                                   candidate_signature(node, candidate)));
  }

  bool can_be_timed(const TacticNode& node) const {
    return sizes_known(node) && !node.node().op->traits.data_dependent_shape;
  }

  /// What no earlier build has timed is made ready, by as many threads as there are: first all
  /// device code (what fails takes its candidates with it), then, while others are timed, the steps.
  /// At the highest level each is first tried in a process of its own.
  void prepare_trials() {
    std::vector<KernelSource> sources;
    std::vector<TrialOfStep> steps;
    std::set<std::string> seen;
    const size_t limit = candidates_to_time(options_.optimization_level);
    for (const NodeTuning& tuning : result_.nodes) {
      const TacticNode node(graph_, tuning.node);
      if (tuning.is_view || !can_be_timed(node)) continue;
      for (size_t i = 0; i < tuning.candidates.size() && i < limit; ++i) {
        const Candidate* candidate = &tuning.candidates[i].candidate;
        const std::string key = key_of(node, *candidate);
        if (candidate->same_bytes || (options_.use_cache && cache_->find(key))) continue;
        sources.insert(sources.end(), candidate->kernels.begin(), candidate->kernels.end());
        if (!seen.insert(key).second) continue;
        steps.push_back({key, [this, node, candidate] {
                           return one_step_plan(node, *candidate, target_, kernels_);
                         }});
      }
    }
    kernels_->compile(sources, [this](int done, int total) {
      if (options_.on_progress) options_.on_progress("compiling kernels", done, total);
    });
    if (options_.optimization_level >= kLevelOfTrialsApart) try_in_processes(steps);
    for (const TrialOfStep& step : steps) {
      if (!unfit_.contains(step.key)) trials_.add(step.key, step.make_plan);
    }
  }

  void try_in_processes(const std::vector<TrialOfStep>& steps) {
    constexpr int kMostProcesses = 4;  // each has a GPU context: half a second, some 500 MB
    unfit_ = try_apart(steps, trial_program(target_.gpu.index),
                       std::min(target_.threads, kMostProcesses), [this](int done, int total) {
                         if (options_.on_progress) {
                           options_.on_progress("trying candidates", done, total);
                         }
                         return !time_is_up();
                       });
  }

  bool time_is_up() const {
    const double budget = options_.time_limit_seconds;
    return budget > 0 && seconds_since(start_) > budget;
  }

  void time_all() {
    const size_t limit = candidates_to_time(options_.optimization_level);
    int done = 0;
    for (NodeTuning& tuning : result_.nodes) {
      const TacticNode node(graph_, tuning.node);
      if (options_.on_progress) {
        const auto& origin = node.node().origin;
        options_.on_progress(origin.empty() ? node.op() : std::string_view(origin[0]), done,
                             static_cast<int>(result_.nodes.size()));
      }
      ++done;
      // The first that runs is needed in any case; more only while there is time.
      bool one_runs = false;
      for (size_t i = 0; i < tuning.candidates.size() && (i < limit || !one_runs); ++i) {
        if (one_runs && time_is_up()) {
          result_.out_of_time = true;
          break;
        }
        time_candidate(node, &tuning, i);
        one_runs = one_runs || tuning.candidates[i].us >= 0;
      }
    }
    if (result_.out_of_time) {
      log_warning("the time limit of {} s is used up: the rest takes the first tactic that fits",
                  options_.time_limit_seconds);
    }
  }

  void time_candidate(const TacticNode& node, NodeTuning* tuning, size_t index) {
    // Without sizes there is nothing to time: the first tactic that fits is taken.
    if (!can_be_timed(node)) return;
    TimedCandidate& timed = tuning->candidates[index];
    if (timed.candidate.same_bytes) {
      timed.us = 0;
      timed.implementation = "view";
      return;
    }
    const std::string key = key_of(node, timed.candidate);
    if (const auto known = options_.use_cache ? cache_->find(key) : std::nullopt) {
      take(*known, &timed);
      return;
    }
    const auto start = Clock::now();
    // Before the run: should the candidate crash, the log ends with its name.
    log_verbose("timing {} of {}", timed.candidate.tactic,
                candidate_signature(node, timed.candidate));
    TimingEntry entry;
    if (const auto unfit = unfit_.find(key); unfit != unfit_.end()) {
      log_warning("{} of {} is left out: {}", timed.candidate.tactic, node.op(), unfit->second);
      entry = {kDoesNotRun, unfit->second};
    } else {
      entry = measure(node, timed.candidate, key);
    }
    log_verbose("timed {}: {:.1f} us {}", timed.candidate.tactic, entry.us, entry.implementation);
    take(entry, &timed);
    cache_->add(key, std::move(entry));
    const auto& origin = node.node().origin;
    result_.slowest.emplace_back(
        fmt::format("{} ({})", origin.empty() ? std::string(node.op()) : origin[0],
                    timed.candidate.tactic),
        seconds_since(start));
  }

  TimingEntry measure(const TacticNode& node, const Candidate& candidate, const std::string& key) {
    try {
      if (kernels_) kernels_->compile(candidate.kernels);  // those of later candidates
      const auto trial =
          trials_.take(key, [&] { return one_step_plan(node, candidate, target_, kernels_); });
      const StepTiming timing = trial->measure(1, repeats(), kMaxSecondsPerCandidate);
      return {timing.median_us, timing.implementation, static_cast<int64_t>(timing.scratch_bytes)};
    } catch (const Error& error) {
      if (error.problems().empty()) return {kDoesNotRun, error.what()};
      const Problem& problem = error.problems().front();
      if (problem.id == "cuda.fault") fail_of_fault(node, candidate, problem);
      return {kDoesNotRun, problem.what};
    }
  }

  /// The GPU's context is lost, and every later candidate would fail for this one.
  [[noreturn]] static void fail_of_fault(const TacticNode& node, const Candidate& candidate,
                                         const Problem& problem) {
    const auto& origin = node.node().origin;
    fail(
        {"cuda.fault",
         fmt::format("candidate {} failed while it was timed: {}", candidate.tactic, problem.what),
         origin.empty() ? std::string(node.op()) : "node \"" + origin[0] + "\"",
         fmt::format("leave it out with --tactics=-{}, or give --builderOptimizationLevel=5, which "
                     "tries candidates in processes of their own; please report it",
                     candidate.tactic)});
  }

  /// What was measured, now or by an earlier build, against the limits of this one.
  void take(const TimingEntry& entry, TimedCandidate* timed) const {
    timed->us = entry.us;
    timed->implementation = entry.implementation;
    const int64_t limit = target_.workspace_bytes;
    if (limit < 0 || entry.scratch_bytes <= limit) return;
    timed->us = kDoesNotRun;
    timed->implementation = fmt::format("it needs {} bytes of scratch memory, the limit is {}",
                                        entry.scratch_bytes, limit);
  }

  int repeats() const { return options_.optimization_level <= 0 ? 1 : options_.average_timing; }

  void drop_failed(NodeTuning* tuning) const {
    auto& candidates = tuning->candidates;
    for (const TimedCandidate& timed : candidates) {
      if (timed.us != kDoesNotRun) continue;
      tuning->rejected.push_back({timed.candidate.tactic, timed.implementation});
    }
    // What was not run may not run: it is left out as long as something did.
    const bool one_runs = std::any_of(candidates.begin(), candidates.end(),
                                      [](const TimedCandidate& timed) { return timed.us >= 0; });
    std::erase_if(candidates, [one_runs](const TimedCandidate& timed) {
      return timed.us == kDoesNotRun || (one_runs && timed.us < 0);
    });
    if (!candidates.empty() || tuning->is_view) return;
    // Everything faster failed on these shapes: the reference is still there.
    const TacticNode node(graph_, tuning->node);
    const TacticDef& reference = *all_tactics().back();
    for (Candidate& candidate : reference.candidates(node, target_)) {
      if (tactic_allowed(candidate.tactic, options_.filters)) {
        candidates.push_back({std::move(candidate), -1, ""});
      }
    }
  }

  const Graph& graph_;
  const Target& target_;
  const TuneOptions& options_;
  TimingCache* cache_;
  KernelStore* kernels_;
  const Backend& backend_;
  Trials trials_;
  std::map<std::string, std::string> unfit_;  ///< by key: why it must not be run here
  const Clock::time_point start_ = Clock::now();
  TuneResult result_;
};

}  // namespace

const NodeTuning& TuneResult::of(NodeId id) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [id](const NodeTuning& tuning) { return tuning.node == id; });
  INGOT_CHECK(found != nodes.end());
  return *found;
}

TuneResult tune(const Graph& graph, const Target& target, const TuneOptions& options,
                TimingCache* cache, KernelStore* kernels) {
  return Tuner(graph, target, options, cache, kernels).run();
}

}  // namespace ingot
