// Names of the ways to calibrate.
#include <fmt/core.h>

#include <array>

#include "core/base/error.h"
#include "ingot/calibration.h"

namespace ingot {
namespace {

constexpr std::array<std::pair<CalibrationAlgorithm, std::string_view>, 5> kAlgorithms = {{
    {CalibrationAlgorithm::kAuto, "auto"},
    {CalibrationAlgorithm::kEntropy, "entropy"},
    {CalibrationAlgorithm::kMinMax, "minmax"},
    {CalibrationAlgorithm::kPercentile, "percentile"},
    {CalibrationAlgorithm::kMse, "mse"},
}};

}  // namespace

std::string_view algorithm_name(CalibrationAlgorithm algorithm) {
  for (const auto& [known, name] : kAlgorithms) {
    if (known == algorithm) return name;
  }
  return "?";
}

CalibrationAlgorithm algorithm_from_name(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [algorithm, known] : kAlgorithms) {
    if (known == name) return algorithm;
    names.emplace_back(known);
  }
  fail({"calibration.unknown_algorithm", fmt::format("there is no algorithm \"{}\"", name),
        "--calibAlgo", suggest(name, names)});
}

}  // namespace ingot
