// Results of an evaluation, side by side.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ingot::apps {

struct EngineResult {
  std::string name, precision, device;
  std::vector<std::pair<std::string, double>> figures;  ///< from 0 to 1, the one that counts first
  double median_ms = 0, p90_ms = 0;
  size_t plan_bytes = 0;
};

struct EvalResult {
  std::string metric, data;
  size_t samples = 0;
  std::vector<EngineResult> engines;  ///< the first is what the others are compared with
};

/// How much less an engine reaches than the first one, in points (a hundredth of the figure that
/// counts); negative where it reaches more.
double loss_in_points(const EvalResult& result, size_t engine);

/// A table with a line for each engine.
std::string eval_table(const EvalResult& result);

/// {"metric", "data", "samples", "engines": [{"name", "precision", "device", "figures": {...},
/// "loss_points", "median_ms", "p90_ms", "speedup", "plan_bytes"}]}
std::string eval_json(const EvalResult& result);

}  // namespace ingot::apps
