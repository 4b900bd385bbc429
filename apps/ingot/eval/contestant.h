// One engine in an evaluation: it runs each sample, is timed, and its results are scored.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/common/tensors.h"
#include "apps/ingot/eval/scorer.h"
#include "ingot/engine.h"
#include "ingot/samples.h"

namespace ingot::apps {

class Contestant {
 public:
  /// @param output  name of the output to score; empty: the only one, or the first
  Contestant(std::string name, std::shared_ptr<const Engine> engine, int profile,
             const std::string& output, std::unique_ptr<Scorer> scorer);

  /// Runs one sample; the run before the first one counted warms up. Throws StatusError or Error.
  void run(const Arrays& inputs, const LabelledSample& sample, const ImagePlacement& placement);

  const std::string& name() const { return name_; }
  const Engine& engine() const { return *engine_; }
  const Scorer& scorer() const { return *scorer_; }
  /// Latencies of the runs in ms, ascending; a GPU's include the transfers.
  std::vector<double> times_ms() const;
  /// What the engine was allowed besides FP32: "FP32", "INT8+FP16".
  std::string precision() const;

 private:
  void bind(const Arrays& inputs);

  std::string name_, output_;
  std::shared_ptr<const Engine> engine_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<Scorer> scorer_;
  std::vector<HostTensor> outputs_;
  std::vector<double> times_;
};

}  // namespace ingot::apps
