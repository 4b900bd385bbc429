// Calibration: from samples, or from a cache of TensorRT's, to the ranges of a model's tensors.
//
//   ingot::BuildOptions options;
//   options.allow_int8 = true;
//   options.calibration.path = "val_images";            // a folder, a list, a file, or a cache
//   ingot::CalibrationResult ranges = ingot::calibrate(model, options);
//   ranges.save_cache("calibration.cache");
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingot/error.h"
#include "ingot/samples.h"

namespace ingot {

class Model;
struct BuildOptions;

/// How a range follows from the values of a tensor.
enum class CalibrationAlgorithm {
  kAuto,        ///< whichever of the others gives the least error of the model's outputs
  kEntropy,     ///< least loss of information (TensorRT's EntropyCalibration2)
  kMinMax,      ///< the largest magnitude
  kPercentile,  ///< the magnitude that all but a few values stay under
  kMse,         ///< least mean squared error
};

/// "auto", "entropy", "minmax", "percentile", "mse".
std::string_view algorithm_name(CalibrationAlgorithm algorithm);
/// Throws Error ("calibration.unknown_algorithm") with the nearest names.
CalibrationAlgorithm algorithm_from_name(std::string_view name);

struct CalibrationProgress {
  std::string_view stage;  ///< "build", "run", "choose"
  int64_t done = 0;        ///< samples that were run, or sets of ranges that were tried
  int64_t total = -1;      ///< -1 when unknown
  double elapsed_seconds = 0;
};

struct CalibrationOptions {
  /// A calibration cache, data (see open_samples), or "random": random data, for engines whose speed
  /// alone matters. Empty: no calibration, unless `samples` are there.
  std::string path;
  /// In place of `path`: gives the inputs of one run and true, or false at the end.
  std::function<bool(Arrays* sample)> samples;
  std::string preprocess;  ///< of images: see SampleOptions
  CalibrationAlgorithm algorithm = CalibrationAlgorithm::kAuto;
  double percentile = 99.99;  ///< of kPercentile
  int64_t max_samples = 500;  ///< items (images) of `path`, runs of `samples`; 0: all
  int batch = 0;              ///< see SampleOptions
  int profile = 0;            ///< whose opt shapes are used where nothing else tells the shapes
  /// Also ranges of tensors that Ingot fuses away, as TensorRT's caches have them; takes longer, as
  /// nothing is fused.
  bool complete = false;
  /// Ranges by hand: scales (largest magnitude / 127) by tensor, in place of what was found.
  std::map<std::string, float> scales;
  std::function<void(const CalibrationProgress&)> on_progress;

  bool given() const { return !path.empty() || samples || !scales.empty(); }
};

/// What calibration found.
struct CalibrationResult {
  /// scale = largest magnitude / 127 by name of the ONNX tensor: q = round(x / scale). 0: only zeros
  /// were seen, or nothing that is finite, so that the tensor stays float.
  std::map<std::string, float> scales;
  std::string algorithm;  ///< as in the first line of a cache: "EntropyCalibration2"
  std::string source;     ///< "500 images of \"val\"", "cache \"c.cache\" (TensorRT 8.6.1)"
  int64_t samples = 0;    ///< that were run; 0 for a cache
  bool random = false;    ///< of random data: good for measuring speed, not for use
  /// For kAuto: relative error (RMS) of the outputs by algorithm, best first.
  std::vector<std::pair<CalibrationAlgorithm, double>> errors;
  std::vector<Problem> warnings;

  /// Writes a cache as TensorRT has it; an older file is replaced whole or not at all.
  void save_cache(const std::string& path) const;
};

/// Finds the ranges of options.calibration: reads the cache, or runs the model in FP32 on the samples
/// one by one, with the profiles, device and threads of the options. Memory does not grow with the
/// number of samples. Throws Error ("calibration.*", "sample.*").
CalibrationResult calibrate(const Model& model, const BuildOptions& options);

}  // namespace ingot
