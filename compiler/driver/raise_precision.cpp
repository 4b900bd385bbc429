// Nodes to a higher precision: see the header.
#include "compiler/driver/raise_precision.h"

#include <algorithm>

#include "compiler/driver/computing_type.h"
#include "compiler/driver/local_errors.h"
#include "core/base/log.h"

namespace ingot {
namespace {

class Search {
 public:
  Search(Compiler* compiler, const Precisions& precisions, DType type, const AccuracyCheck& check,
         double tolerance)
      : compiler_(*compiler),
        precisions_(precisions),
        type_(type),
        check_(check),
        tolerance_(tolerance),
        errors_(local_errors(compiler, precisions, type, check.samples())) {}

  /// By doubling, then by halving: the number of trials is logarithmic.
  std::vector<std::string> run() {
    size_t good = 0, bad = 0;
    for (size_t count = 1; bad < errors_.size(); count *= 2) {
      const size_t tried = std::min(count, errors_.size());
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
      layers.insert(layers.end(), errors_[i].layers.begin(), errors_[i].layers.end());
    }
    return layers;
  }

  bool passes(size_t count) {
    const Compilation trial = compiler_.compile(raised(precisions_, type_, first(count)), 0);
    const Plan plan = compiler_.packed(compiler_.schedule(trial).plan);
    compiler_.stages().begin("verify");
    const AccuracyReport report = check_.check(plan, compiler_.engine_options(), tolerance_);
    log_verbose("with {} of {} nodes raised the relative error is {:.3g}", count, errors_.size(),
                worst_error(report));
    return report.passed;
  }

  Compiler& compiler_;
  const Precisions& precisions_;
  DType type_;
  const AccuracyCheck& check_;
  double tolerance_;
  std::vector<LocalError> errors_;  ///< largest first
};

}  // namespace

Precisions raised(Precisions precisions, DType type, const std::vector<std::string>& layers) {
  auto& kept = is_quantised(type) ? precisions.keep_float : precisions.keep_f32;
  kept.insert(layers.begin(), layers.end());
  return precisions;
}

std::vector<std::string> layers_to_raise(Compiler* compiler, const Precisions& precisions,
                                         DType type, const AccuracyCheck& check, double tolerance) {
  return Search(compiler, precisions, type, check, tolerance).run();
}

}  // namespace ingot
