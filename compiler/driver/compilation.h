// One way to compile a model, from its graph to a plan. A build may try several ways (with INT8 and
// without, some nodes kept in float) and choose among them.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "compiler/driver/stages.h"
#include "compiler/jit/kernel_store.h"
#include "compiler/passes/pass_runner.h"
#include "compiler/schedule/schedule.h"
#include "compiler/tune/tune.h"
#include "ingot/engine.h"

namespace ingot {

/// What the nodes may compute in, besides FP32. Names are of ONNX nodes.
struct Precisions {
  bool allow_small_float = false;
  DType small_float = DType::kUndefined;  ///< see PassOptions
  bool int8 = false;                      ///< 8-bit numbers: those that the model has, and `placed`
  DType placed = DType::kI8;              ///< what ranges make of values: kI8, or kF8E4M3
  std::shared_ptr<const QuantizationRanges> ranges;  ///< null: only what the model quantises itself
  std::set<std::string> keep_float;                  ///< not in INT8
  std::set<std::string> keep_f32;                    ///< not in 16 bits
  std::set<std::string> small_float_here;            ///< in 16 bits, whatever speaks against it
  std::set<std::string> int8_here;                   ///< in INT8, also where it is slower
  std::set<std::string> float_outputs;  ///< give floats, although they may compute in INT8
};

/// A graph rewritten and tuned for these precisions.
struct Compilation {
  Precisions precisions;
  PassReport passes;
  Graph graph;
  TuneResult tuning;
  /// Sum of the times of its nodes, conversions between layouts not counted.
  double node_us() const;
};

/// The stations of the road for one model and one target. Times and kernels are shared by all that
/// it compiles, so that a second way costs only where it differs.
class Compiler {
 public:
  /// @param graph  of the model, with its profiles applied
  Compiler(Graph graph, const BuildOptions& options, Target target, Stages* stages);

  const Target& target() const { return target_; }
  const Graph& source() const { return graph_; }
  const BuildOptions& options() const { return options_; }
  TimingCache& cache() { return cache_; }
  Stages& stages() { return stages_; }
  EngineOptions engine_options() const {
    return {.threads = target_.threads, .device = target_.gpu.index};
  }

  /// Passes and tuning.
  /// @param level  of the optimisation; the user's where it is left out
  Compilation compile(const Precisions& precisions, std::optional<int> level = {});
  /// Passes only.
  Graph rewrite(const Precisions& precisions, PassReport* report);
  /// The passes before the first of that name; that pass alone; it and those after it, with tuning.
  Graph rewrite_before(std::string_view pass, const Precisions& precisions);
  Graph run_pass(std::string_view pass, Graph graph, const Precisions& precisions);
  Compilation compile_from(std::string_view pass, Graph graph, const Precisions& precisions,
                           int level);
  /// Placing.
  ScheduledPlan schedule(const Compilation& compilation);
  /// Packing.
  Plan packed(Plan plan);

  void load_cache();
  void save_cache();

 private:
  Graph run(Graph graph, std::span<const Pass> passes, const Precisions& precisions,
            const RunnerOptions& runner, PassReport* report) const;
  TuneResult tune_graph(const Graph& graph, int level);

  Graph graph_;
  const BuildOptions& options_;
  Target target_;
  Stages& stages_;
  TimingCache cache_;
  std::optional<KernelStore> kernels_;
};

}  // namespace ingot
