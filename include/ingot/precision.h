// Precisions: what a build may be told about single layers, how its accuracy is checked, and what it
// reports of both.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ingot/types.h"

namespace ingot {

/// What becomes of wishes for single layers that cannot be met.
enum class PrecisionConstraints {
  kNone,    ///< wishes have no effect
  kPrefer,  ///< met where possible, else a warning
  kObey,    ///< met, or the build fails with the names
};

/// All ONNX nodes of that name compute in `dtype` (f32, f16, bf16, i8). '*' stands for any text.
/// Where several fit, the last one counts.
struct LayerPrecision {
  std::string layer;
  DType dtype = DType::kUndefined;
};

/// The outputs of these nodes, one type each.
struct LayerOutputTypes {
  std::string layer;
  std::vector<DType> dtypes;
};

enum class VerifyMode {
  kAuto,  ///< as kWarn where the engine computes in less than FP32, else off
  kOff,
  kWarn,    ///< what differs too much is computed in higher precision; what still does is a warning
  kStrict,  ///< the same, but the build fails
};

/// The check of an engine against FP32 on the CPU, at the end of its build.
struct VerifyOptions {
  VerifyMode mode = VerifyMode::kAuto;
  double tolerance = 0;  ///< largest relative error (RMS) of an output; 0: by precision and kind
  int samples = 8;       ///< at most so many
  /// Raw little-endian data of an input, as of --loadInputs; the others are random.
  std::vector<std::pair<std::string, std::string>> inputs;
  /// A folder, a list or a file of samples (open_samples), prepared as for calibration. With neither,
  /// samples of the calibration where it has data, else random ones.
  std::string data;
};

/// How an engine's layers compute, and why some stayed in a higher precision than was allowed.
struct PrecisionReport {
  std::vector<std::pair<std::string, int>> layers;  ///< "INT8", "FP16", ...: number of steps
  /// Layers that stayed higher, by reason.
  struct Kept {
    std::string reason;
    std::vector<std::string> layers;  ///< names of ONNX nodes
  };
  std::vector<Kept> kept;
  std::vector<std::string> decisions;  ///< sentences: which precisions were measured against others
};

/// One output of the engine against FP32, over all samples.
struct OutputAccuracy {
  std::string name;
  double max_abs = 0, mean_abs = 0;  ///< of the differences
  double range = 0;                  ///< largest magnitude in FP32
  double relative = 0;               ///< RMS of the differences over RMS of the FP32 values
  /// RMS of the differences over the deviation of the FP32 values, of the worst channel that is not
  /// noise: axis 1, or the last of three axes if it is shorter.
  double worst_channel = 0;
  double tolerance = 0;  ///< largest relative error that passes; a channel may have three times it
  double cosine = 1;
  double top1 = -1;  ///< share of rows (last axis) with the same largest element; -1: has no rows
  bool finite = true;
  bool compared = true;  ///< false: its size depends on data and came out otherwise
  bool passed = true;
};

struct AccuracyReport {
  bool checked = false;
  bool passed = true;
  double tolerance = 0;   ///< the largest of the outputs' tolerances
  std::string data;       ///< what was run: "4 random samples"
  std::string reference;  ///< against what: "FP32 on the CPU"
  std::vector<OutputAccuracy> outputs;
  std::vector<std::string> raised;  ///< ONNX nodes that the check moved to a higher precision
  double cost_us = 0;               ///< what that costs in a run
  double seconds = 0;               ///< that the check took
};

/// For people: a summary, then what it is made of, a line each.
std::vector<std::string> report_lines(const PrecisionReport& report);
std::vector<std::string> report_lines(const AccuracyReport& report);

}  // namespace ingot
