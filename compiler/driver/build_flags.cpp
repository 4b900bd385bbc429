// Options of a build as flags: see the header.
#include "compiler/driver/build_flags.h"

#include <fmt/format.h>

namespace ingot {
namespace {

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ","));
}

void add_profile(const Profile& profile, std::vector<std::string>* flags) {
  const auto shapes = [&](Shape ShapeRange::* bound) {
    std::vector<std::string> inputs;
    for (const auto& [name, range] : profile) {
      inputs.push_back(fmt::format("{}:{}", name, (range.*bound).to_string()));
    }
    return joined(inputs);
  };
  flags->push_back("--minShapes=" + shapes(&ShapeRange::min));
  flags->push_back("--optShapes=" + shapes(&ShapeRange::opt));
  flags->push_back("--maxShapes=" + shapes(&ShapeRange::max));
}

/// "name:type", the name in quotes where it holds what parts lists.
std::string layer_item(const std::string& layer, const std::string& type) {
  const bool plain = layer.find_first_of(",:") == std::string::npos;
  return plain ? layer + ":" + type : fmt::format("'{}':{}", layer, type);
}

void add_precisions(const BuildOptions& options, std::vector<std::string>* flags) {
  if (options.allow_int8) flags->emplace_back("--int8");
  if (options.allow_fp8) flags->emplace_back("--fp8");
  if (options.force_int8) flags->emplace_back("--forceInt8");
  const CalibrationOptions usual;
  const CalibrationOptions& calibration = options.calibration;
  if (!calibration.path.empty()) flags->push_back("--calib=" + calibration.path);
  if (!calibration.preprocess.empty()) {
    flags->push_back("--calibPreprocess=" + calibration.preprocess);
  }
  if (calibration.algorithm != usual.algorithm) {
    flags->push_back(fmt::format("--calibAlgo={}", algorithm_name(calibration.algorithm)));
  }
  if (options.precision_constraints == PrecisionConstraints::kNone) return;
  const bool obey = options.precision_constraints == PrecisionConstraints::kObey;
  flags->push_back(fmt::format("--precisionConstraints={}", obey ? "obey" : "prefer"));
  for (const LayerPrecision& wish : options.layer_precisions) {
    flags->push_back("--layerPrecisions=" +
                     layer_item(wish.layer, std::string(dtype_name(wish.dtype))));
  }
  for (const LayerOutputTypes& wish : options.layer_output_types) {
    std::string types;
    for (DType type : wish.dtypes)
      types += (types.empty() ? "" : "+") + std::string(dtype_name(type));
    flags->push_back("--layerOutputTypes=" + layer_item(wish.layer, types));
  }
}

}  // namespace

std::vector<std::string> build_flags(const BuildOptions& options) {
  const BuildOptions usual;
  std::vector<std::string> flags;
  for (size_t i = 0; i < options.profiles.size(); ++i) {
    if (options.profiles[i].empty()) continue;
    if (options.profiles.size() > 1) flags.push_back(fmt::format("--profile={}", i));
    add_profile(options.profiles[i], &flags);
  }
  if (options.allow_fp16) flags.emplace_back("--fp16");
  if (options.allow_bf16) flags.emplace_back("--bf16");
  add_precisions(options, &flags);
  if (!options.allow_tf32) flags.emplace_back("--noTF32");
  if (options.optimization_level != usual.optimization_level) {
    flags.push_back(fmt::format("--builderOptimizationLevel={}", options.optimization_level));
  }
  if (options.workspace_bytes >= 0) {
    flags.push_back(fmt::format("--memPoolSize=workspace:{}B", options.workspace_bytes));
  }
  if (!options.tactics.empty()) flags.push_back("--tactics=" + joined(options.tactics));
  if (!options.disabled_passes.empty()) {
    flags.push_back("--disable-pass=" + joined(options.disabled_passes));
  }
  if (!options.layer_information) flags.emplace_back("--profilingVerbosity=none");
  if (options.detailed_layer_information) flags.emplace_back("--profilingVerbosity=detailed");
  return flags;
}

}  // namespace ingot
