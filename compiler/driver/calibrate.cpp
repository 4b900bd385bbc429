// Calibration: a cache is read, or samples are run and their distributions become ranges.
#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <filesystem>

#include "compiler/driver/calibration_samples.h"
#include "compiler/driver/choose_ranges.h"
#include "compiler/driver/collect_ranges.h"
#include "compiler/driver/model.h"
#include "compiler/driver/permissions.h"
#include "compiler/driver/profiles.h"
#include "compiler/quant/calibration_cache.h"
#include "compiler/quant/match_ranges.h"
#include "core/base/error.h"
#include "core/base/file.h"

namespace ingot {
namespace {

/// What caches are written as: the last TensorRT that reads them.
constexpr int kWrittenVersion = 101601;

/// Whether the path is a cache rather than data: told by its first bytes.
bool is_cache(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;  // a pipe would keep us waiting
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return false;
  char start[16] = {};
  const size_t got = std::fread(start, 1, sizeof start, file);
  std::fclose(file);
  return is_calibration_cache({start, got}) || path.ends_with(".cache");
}

void read_cache(const Graph& graph, const std::string& path, CalibrationResult* result) {
  CalibrationCache cache = read_calibration_cache(path);
  const auto warnings = check_match(graph, {cache.scales}, path);
  result->warnings.insert(result->warnings.end(), warnings.begin(), warnings.end());
  result->source = fmt::format("cache \"{}\" (TensorRT {})", path, cache.version_text());
  result->algorithm = std::move(cache.algorithm);
  result->scales = std::move(cache.scales);
}

class Progress {
 public:
  explicit Progress(const CalibrationOptions& options) : options_(options) {}
  void show(std::string_view stage, int64_t done, int64_t total) const {
    if (!options_.on_progress) return;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    options_.on_progress({stage, done, total, elapsed.count()});
  }

 private:
  const CalibrationOptions& options_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Samples on which the algorithms are compared: they are not counted, as long as others are left.
class HeldOut {
 public:
  explicit HeldOut(bool wanted) : wanted_(wanted) {}

  /// Whether the sample is kept instead of being counted.
  bool takes(const Sample& sample, int64_t index) {
    constexpr int64_t kEvery = 8, kMost = 16;
    constexpr size_t kMostBytes = size_t{256} << 20;
    const bool full = samples_.size() == kMost || bytes_ > kMostBytes;
    if (!wanted_ || full) return false;
    const bool in_turn = index % kEvery == kEvery - 1;
    // Where there are few, the first ones are counted and kept.
    if (!in_turn && samples_.size() > 1) return false;
    if (in_turn && !own_) samples_.clear();
    own_ = own_ || in_turn;
    for (const auto& [name, tensor] : sample) bytes_ += tensor.bytes();
    samples_.push_back(sample);
    return in_turn;
  }
  const std::vector<Sample>& samples() const { return samples_; }

 private:
  bool wanted_, own_ = false;
  std::vector<Sample> samples_;
  size_t bytes_ = 0;
};

void tell_what_is_not_finite(const Distributions& distributions, CalibrationResult* result) {
  std::string names;
  int count = 0;
  constexpr int kMostNames = 5;
  for (const auto& [name, histogram] : distributions) {
    if (histogram.non_finite() == 0) continue;
    if (count++ < kMostNames) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", name);
  }
  if (count == 0) return;
  result->warnings.push_back(
      {"calibration.not_finite",
       fmt::format(
           "{} tensors had NaN or infinite values, which are left out of their ranges: {}{}", count,
           names, count > kMostNames ? ", ..." : ""),
       "", "look at the samples, and at the model with its FP32 outputs"});
}

void run_samples(const Model& model, const Graph& graph, const BuildOptions& options,
                 CalibrationResult* result) {
  const CalibrationOptions& calibration = options.calibration;
  const Progress progress(calibration);
  const CalibrationSamples samples = open_calibration_samples(model, graph, calibration);
  progress.show("build", 0, 1);
  RangeCollector collector(graph, options);
  HeldOut held_out(calibration.algorithm == CalibrationAlgorithm::kAuto && !samples.random);
  int64_t counted = 0, seen = 0;
  for (Sample sample; samples.next(&sample); ++seen) {
    progress.show("run", seen, samples.count);
    if (held_out.takes(sample, seen)) continue;
    collector.add(sample);
    ++counted;
  }
  if (counted == 0) {
    fail({"calibration.no_samples", "there was no sample to calibrate with", samples.description,
          "give a few hundred samples that look like the data of later use"});
  }
  result->source = samples.description;
  result->samples = seen;
  result->random = samples.random;
  tell_what_is_not_finite(collector.distributions(), result);
  choose_ranges(
      graph, options, collector.distributions(), held_out.samples(),
      [&](int64_t done, int64_t total) { progress.show("choose", done, total); }, result);
  if (!result->random) return;
  result->warnings.push_back({"calibration.random",
                              "the ranges are those of random data: good for measuring speed, its "
                              "outputs mean nothing",
                              "", "calibrate with real samples before the engine is used"});
}

}  // namespace

CalibrationResult calibrate(const Model& model, const BuildOptions& options) {
  const CalibrationOptions& calibration = options.calibration;
  CalibrationResult result;
  Graph graph = model.state().graph;
  if (!calibration.samples && is_cache(calibration.path)) {
    read_cache(graph, calibration.path, &result);
  } else if (calibration.samples || !calibration.path.empty()) {
    apply_profiles(&graph, options.profiles, &result.warnings);
    run_samples(model, graph, options, &result);
  }
  for (const auto& [name, scale] : calibration.scales) result.scales[name] = scale;
  return result;
}

void CalibrationResult::save_cache(const std::string& path) const {
  write_file_atomically(path, to_text({kWrittenVersion, algorithm, scales}));
}

}  // namespace ingot
