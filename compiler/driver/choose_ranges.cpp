// Ranges by algorithm: see the header.
#include "compiler/driver/choose_ranges.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "compiler/driver/compilation.h"
#include "compiler/driver/target.h"
#include "compiler/quant/thresholds.h"
#include "core/base/log.h"
#include "core/tensor/dtype.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

using Scales = std::map<std::string, float>;

double threshold(const Histogram& histogram, CalibrationAlgorithm algorithm, double percentile) {
  switch (algorithm) {
    case CalibrationAlgorithm::kMinMax:
      return minmax_threshold(histogram);
    case CalibrationAlgorithm::kPercentile:
      return percentile_threshold(histogram, percentile);
    case CalibrationAlgorithm::kMse:
      return mse_threshold(histogram);
    default:
      return entropy_threshold(histogram);
  }
}

Scales scales_of(const Distributions& distributions, CalibrationAlgorithm algorithm,
                 double percentile) {
  constexpr double kSteps = 127;
  Scales scales;
  for (const auto& [name, histogram] : distributions) {
    scales[name] = static_cast<float>(threshold(histogram, algorithm, percentile) / kSteps);
  }
  return scales;
}

/// What TensorRT calls it. It has no word for the squared error.
std::string_view name_in_caches(CalibrationAlgorithm algorithm) {
  switch (algorithm) {
    case CalibrationAlgorithm::kMinMax:
      return "MinMaxCalibration";
    case CalibrationAlgorithm::kPercentile:
      return "LegacyCalibration";
    default:
      return "EntropyCalibration2";
  }
}

/// Outputs of the model for samples, as engines of different precision give them.
class Trial {
 public:
  Trial(const Graph& graph, const BuildOptions& options, const std::vector<Sample>& samples)
      : samples_(samples),
        quick_(quick_options(options)),
        unseen_(quick_),
        compiler_(graph, quick_, make_target(quick_), &unseen_) {
    expected_ = run({});
  }

  /// Mean of the outputs' relative errors (RMS) with these scales.
  double error(const Scales& scales) {
    auto ranges = std::make_shared<QuantizationRanges>();
    for (const auto& [name, scale] : scales) {
      if (scale > 0) ranges->scales[name] = scale;
    }
    Precisions precisions;
    precisions.int8 = true;
    precisions.ranges = std::move(ranges);
    const std::vector<Sample> found = run(precisions);
    std::map<std::string, std::pair<double, double>> sums;  // of errors, of values
    for (size_t i = 0; i < found.size(); ++i) {
      for (const auto& [name, expected] : expected_[i]) {
        add(expected, found[i].at(name), &sums[name]);
      }
    }
    double total = 0;
    for (const auto& [name, sum] : sums) {
      if (sum.second > 0) total += std::sqrt(sum.first / sum.second);
    }
    return total / static_cast<double>(std::max<size_t>(sums.size(), 1));
  }

 private:
  static BuildOptions quick_options(const BuildOptions& options) {
    BuildOptions quick;
    quick.device = options.device;
    quick.threads = options.threads;
    quick.optimization_level = 0;
    quick.allow_tf32 = false;
    quick.layer_information = false;
    return quick;
  }

  static void add(const Tensor& expected, const Tensor& found, std::pair<double, double>* sums) {
    // An output whose size depends on data may have another one.
    if (!is_float(expected.dtype()) || expected.shape() != found.shape()) return;
    const std::vector<float> a = expected.to_floats(), b = found.to_floats();
    for (size_t i = 0; i < a.size(); ++i) {
      const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
      if (!std::isfinite(difference)) continue;
      sums->first += difference * difference;
      sums->second += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    }
  }

  std::vector<Sample> run(const Precisions& precisions) {
    const Compilation compilation = compiler_.compile(precisions, 0);
    const auto engine =
        load_engine(compiler_.schedule(compilation).plan, compiler_.engine_options());
    Context context(engine);
    std::vector<Sample> outputs;
    for (const Sample& sample : samples_) outputs.push_back(run_sample(*engine, &context, sample));
    return outputs;
  }

  const std::vector<Sample>& samples_;
  BuildOptions quick_;
  Stages unseen_;
  Compiler compiler_;
  std::vector<Sample> expected_;
};

}  // namespace

void choose_ranges(const Graph& graph, const BuildOptions& options,
                   const Distributions& distributions, const std::vector<Sample>& held_out,
                   const std::function<void(int64_t done, int64_t total)>& on_progress,
                   CalibrationResult* result) {
  const CalibrationOptions& calibration = options.calibration;
  CalibrationAlgorithm best = calibration.algorithm;
  const auto scales = [&](CalibrationAlgorithm algorithm) {
    return scales_of(distributions, algorithm, calibration.percentile);
  };
  if (best == CalibrationAlgorithm::kAuto) {
    // Of equal ones the first: what TensorRT does.
    constexpr CalibrationAlgorithm kTried[] = {
        CalibrationAlgorithm::kEntropy, CalibrationAlgorithm::kMse,
        CalibrationAlgorithm::kPercentile, CalibrationAlgorithm::kMinMax};
    if (!held_out.empty()) {
      Trial trial(graph, options, held_out);
      for (const CalibrationAlgorithm algorithm : kTried) {
        on_progress(static_cast<int64_t>(result->errors.size()), std::size(kTried));
        result->errors.emplace_back(algorithm, trial.error(scales(algorithm)));
      }
    }
    std::stable_sort(result->errors.begin(), result->errors.end(),
                     [](const auto& a, const auto& b) { return a.second < b.second; });
    best = result->errors.empty() ? kTried[0] : result->errors.front().first;
  }
  result->algorithm = name_in_caches(best);
  result->scales = scales(best);
}

}  // namespace ingot
