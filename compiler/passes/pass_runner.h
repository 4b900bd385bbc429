// Runs the pipeline: skips by name, times, verifies, dumps, and reports.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/passes/pass.h"

namespace ingot {

struct RunnerOptions {
  std::vector<std::string> disabled = {};  ///< names of passes to skip; an unknown one is an error
  std::string dump_directory = {};         ///< one file "NN_name.txt" a run of a pass; empty: none
  bool verify = false;                     ///< run the graph verifier after every pass
  /// Called before each pass: its name, how many are done, how many there are.
  std::function<void(std::string_view pass, int done, int total)> on_progress = {};
};

/// One run of one pass.
struct PassRun {
  std::string name;
  bool changed = false;
  bool skipped = false;
  double seconds = 0;
};

struct PassReport {
  std::vector<PassRun> runs;          ///< in order; a pass that stands twice appears twice
  std::vector<NearMiss> near_misses;  ///< each pass, node and reason once
};

/// Runs pass_pipeline(). Throws Error: "passes.unknown" for an unknown name in `disabled` (with the
/// nearest names), "passes.broke_graph" if the verifier objects, naming the pass and the dump of
/// the graph before it.
Graph run_passes(Graph graph, const PassOptions& options, const RunnerOptions& runner,
                 PassReport* report = nullptr);

/// The same for another list of passes (tests).
Graph run_passes(Graph graph, std::span<const Pass> passes, const PassOptions& options,
                 const RunnerOptions& runner, PassReport* report = nullptr);

}  // namespace ingot
