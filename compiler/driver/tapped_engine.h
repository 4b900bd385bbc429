// An engine in FP32 that also gives what lies between its steps: for looking at a model's tensors.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/samples.h"
#include "compiler/graph/graph.h"
#include "ingot/engine.h"

namespace ingot {

class TappedEngine {
 public:
  /// Builds quickly: the first tactic that works.
  /// @param next_pass  the graph is as the passes before it leave it; it and the others are run
  /// @param taps       values of floats to be given, made by nodes
  TappedEngine(Graph graph, std::string_view next_pass, std::span<const ValueId> taps,
               const BuildOptions& options);

  const std::vector<std::string>& names() const { return names_; }  ///< of the taps

  /// Runs one sample. Throws Error ("calibration.run_failed").
  /// @param profile  whose shapes are allowed
  void run(const Sample& inputs, int profile);
  /// The values of tap i in that run, until the next; f16 and others become floats.
  Tensor values(size_t i) const;

 private:
  void bind(const Sample& inputs, int profile);

  std::vector<std::string> names_;
  std::shared_ptr<const Engine> engine_;
  std::unique_ptr<Context> context_;
  std::map<std::string, Shape> shapes_;  ///< of the inputs, as bound
  std::vector<Tensor> outputs_;          ///< in the engine's order; empty: the engine owns it
  Sample inputs_;
};

}  // namespace ingot
