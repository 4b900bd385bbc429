// Choosing tactics: candidates are timed by running them, layouts by what the chain then costs.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "compiler/jit/kernel_store.h"
#include "compiler/tactics/tactic.h"
#include "compiler/tune/timing_cache.h"

namespace ingot {

struct TimedCandidate {
  Candidate candidate;
  double us = -1;              ///< -1: not timed
  std::string implementation;  ///< what the backend found: "brgconv:avx2"
};

struct RejectedTactic {
  std::string tactic;
  std::string reason;
};

/// What was found for one node.
struct NodeTuning {
  NodeId node;
  bool is_view = false;  ///< no step: same bytes in another shape
  std::vector<TimedCandidate> candidates;
  std::vector<RejectedTactic> rejected;
  int chosen = -1;  ///< index into candidates
  const TimedCandidate& choice() const { return candidates[static_cast<size_t>(chosen)]; }
};

struct TuneOptions {
  int optimization_level = 3;
  int average_timing = 8;
  double time_limit_seconds = 0;     ///< 0: none
  bool use_cache = true;             ///< false: equal candidates are timed anew each time
  std::vector<std::string> filters;  ///< "+pattern", "-pattern"
  /// item, done, total.
  std::function<void(std::string_view item, int done, int total)> on_progress;
};

struct TuneResult {
  std::vector<NodeTuning> nodes;                        ///< in the graph's order
  std::vector<std::pair<std::string, double>> slowest;  ///< what took longest to time, seconds
  bool out_of_time = false;
  const NodeTuning& of(NodeId id) const;
};

/// `kernels` compiles the device code of a GPU's candidates; null on the CPU. Throws Error
/// ("tune.no_tactic") only if the user's filters leave a node without any.
TuneResult tune(const Graph& graph, const Target& target, const TuneOptions& options,
                TimingCache* cache, KernelStore* kernels = nullptr);

}  // namespace ingot
