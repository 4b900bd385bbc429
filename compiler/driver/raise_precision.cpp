// Nodes to a higher precision: see the header.
#include "compiler/driver/raise_precision.h"

#include <algorithm>
#include <cmath>

#include "compiler/driver/computing_type.h"
#include "compiler/driver/regions.h"
#include "core/base/log.h"

namespace ingot {
namespace {

/// Microseconds that a layer in floats takes longer, by ONNX node; its whole region's.
std::map<std::string, double> costs(Compiler* compiler, const Compilation& now, DType type) {
  const Compilation floats = compiler->compile(without(now.precisions, type));
  std::map<std::string, double> result;
  for (const Region& region : compare_regions(compiler->source(), type, floats, now)) {
    for (const std::string& layer : region.layers) {
      result[layer] = region.us_without - region.us_with;
    }
  }
  return result;
}

/// Puts first what wins most for a microsecond. Errors of layers add up as squares do, for each output
/// and channel by itself: what is above its tolerance counts, and when nothing is any more, the sum.
class Order {
 public:
  Order(Compiler* compiler, const Compilation& now, DType type, std::vector<LayerEffect> layers)
      : left_(std::move(layers)), cost_of_(costs(compiler, now, type)) {
    bound_costs(now.node_us());
    for (const LayerEffect& layer : left_) {
      squares_.resize(std::max(squares_.size(), layer.excesses.size()));
      for (size_t i = 0; i < layer.excesses.size(); ++i) squares_[i] += square(layer.excesses[i]);
    }
  }

  std::vector<LayerEffect> run() {
    std::vector<LayerEffect> result;
    while (!left_.empty()) {
      const bool above =
          std::any_of(squares_.begin(), squares_.end(), [](double x) { return x > 1; });
      std::vector<double> worths;
      for (const LayerEffect& layer : left_) worths.push_back(worth(layer, above));
      const auto best = std::max_element(worths.begin(), worths.end()) - worths.begin();
      const LayerEffect& layer = left_[static_cast<size_t>(best)];
      for (size_t i = 0; i < layer.excesses.size(); ++i) {
        squares_[i] = std::max(0.0, squares_[i] - square(layer.excesses[i]));
      }
      result.push_back(layer);
      left_.erase(left_.begin() + best);
    }
    return result;
  }

 private:
  /// Times are noisy, and one that came out far too long must not hold its layer back for good: costs
  /// lie between the mean and a few times of it.
  void bound_costs(double whole_us) {
    constexpr double kFreeShare = 0.005, kDearest = 4;
    double sum = 0;
    for (const LayerEffect& layer : left_) sum += cost_of(layer);
    least_cost_ = std::max({sum / std::max<double>(1, static_cast<double>(left_.size())),
                            kFreeShare * whole_us, 1e-3});
    most_cost_ = kDearest * least_cost_;
  }

  double cost_of(const LayerEffect& layer) const {
    double cost = 0;
    for (const std::string& name : layer.layers) {
      const auto found = cost_of_.find(name);
      if (found != cost_of_.end()) cost = std::max(cost, found->second);
    }
    return cost;
  }

  /// Bounded, so that infinite errors can be subtracted.
  static double square(double excess) {
    constexpr double kMost = 1e6;
    return std::isfinite(excess) ? std::min(excess * excess, kMost) : kMost;
  }

  double worth(const LayerEffect& layer, bool above) const {
    double won = 0;
    for (size_t i = 0; i < layer.excesses.size(); ++i) {
      const double own = square(layer.excesses[i]);
      won += above ? std::min(own, std::max(0.0, squares_[i] - 1)) : own;
    }
    return won / std::clamp(cost_of(layer), least_cost_, most_cost_);
  }

  std::vector<LayerEffect> left_;
  std::map<std::string, double> cost_of_;
  double least_cost_ = 0, most_cost_ = 0;
  std::vector<double> squares_;  ///< of the excesses that are left
};

class Search {
 public:
  Search(Compiler* compiler, const Precisions& precisions, DType type,
         std::vector<LayerEffect> layers, const AccuracyCheck& check,
         const OutputTolerances& tolerances)
      : compiler_(*compiler),
        precisions_(precisions),
        type_(type),
        layers_(std::move(layers)),
        check_(check),
        tolerances_(tolerances) {}

  /// By doubling, then by halving: the number of trials is logarithmic.
  std::vector<std::string> run() {
    size_t good = 0, bad = 0;
    for (size_t count = 1; bad < layers_.size(); count *= 2) {
      const size_t tried = std::min(count, layers_.size());
      if (passes(tried)) {
        good = tried;
        break;
      }
      bad = tried;
    }
    if (good == 0) return {};
    while (good - bad > 1) {
      const size_t middle = (good + bad) / 2;
      (passes(middle) ? good : bad) = middle;
    }
    return first(good);
  }

 private:
  std::vector<std::string> first(size_t count) const {
    std::vector<std::string> layers;
    for (size_t i = 0; i < count; ++i) {
      layers.insert(layers.end(), layers_[i].layers.begin(), layers_[i].layers.end());
    }
    return layers;
  }

  bool passes(size_t count) {
    const Compilation trial = compiler_.compile(raised(precisions_, type_, first(count)), 0);
    const Plan plan = compiler_.packed(compiler_.schedule(trial).plan);
    compiler_.stages().begin("verify");
    const AccuracyReport report = check_.check(plan, compiler_.engine_options(), tolerances_);
    log_verbose("with {} of {} nodes raised the error is {:.3g} of what is allowed", count,
                layers_.size(), worst_excess(report));
    return report.passed;
  }

  Compiler& compiler_;
  const Precisions& precisions_;
  DType type_;
  std::vector<LayerEffect> layers_;  ///< the first are raised first
  const AccuracyCheck& check_;
  const OutputTolerances& tolerances_;
};

}  // namespace

Precisions raised(Precisions precisions, DType type, const std::vector<std::string>& layers) {
  auto& kept = is_quantised(type) ? precisions.keep_float : precisions.keep_f32;
  kept.insert(layers.begin(), layers.end());
  return precisions;
}

Precisions without(Precisions precisions, DType type) {
  if (is_quantised(type)) {
    precisions.int8 = false;
  } else {
    precisions.allow_small_float = false;
    precisions.small_float = DType::kUndefined;
  }
  return precisions;
}

std::vector<std::string> layers_to_raise(Compiler* compiler, const Compilation& now, DType type,
                                         const LayerEffects& effects, const AccuracyCheck& check,
                                         const OutputTolerances& tolerances) {
  std::vector<LayerEffect> layers = Order(compiler, now, type, effects.layers).run();
  return Search(compiler, now.precisions, type, std::move(layers), check, tolerances).run();
}

}  // namespace ingot
