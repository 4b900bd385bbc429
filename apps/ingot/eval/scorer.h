// From an engine's outputs to the figures of a metric.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/common/tensors.h"
#include "apps/ingot/eval/boxes.h"
#include "apps/ingot/eval/dataset.h"
#include "ingot/samples.h"

namespace ingot::apps {

struct ScorerOptions {
  std::string metric;  ///< "top1", "map", "miou"
  BoxFormat boxes = BoxFormat::kAuto;
  double least_score = 0.001;  ///< of boxes
  int64_t ignored = 255;       ///< class of pixels that do not count
};

/// Collects one engine's results.
class Scorer {
 public:
  virtual ~Scorer() = default;
  /// One sample: what the engine gave, and where the image lies in its input.
  /// Throws Error ("eval.output_format") where the output does not suit the metric.
  virtual void add(const LabelledSample& sample, const HostTensor& output,
                   const ImagePlacement& placement) = 0;
  /// Names and values from 0 to 1, larger is better; the first is the one that counts.
  virtual std::vector<std::pair<std::string, double>> figures() const = 0;
};

std::unique_ptr<Scorer> make_scorer(const ScorerOptions& options);

}  // namespace ingot::apps
