// The distributions of a model's tensors over samples, in memory that does not grow with their number.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/tapped_engine.h"
#include "compiler/quant/histogram.h"

namespace ingot {

using Distributions = std::map<std::string, Histogram>;  ///< by name of the tensor

class RangeCollector {
 public:
  /// @param graph  of the model, with its profiles applied. Those of its tensors are looked at that
  ///               the passes before quantisation leave; where the calibration is to be complete,
  ///               the others too.
  RangeCollector(const Graph& graph, const BuildOptions& options);

  /// Runs one sample and counts its values.
  void add(const Sample& sample);
  const Distributions& distributions() const { return distributions_; }

 private:
  void tap(const Graph& graph, std::string_view next_pass, std::vector<ValueId> values);
  void count(const TappedEngine& engine);

  const BuildOptions& options_;
  std::vector<TappedEngine> engines_;
  std::vector<std::string> inputs_;  ///< of floats
  Distributions distributions_;
};

}  // namespace ingot
