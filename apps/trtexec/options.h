// What the command line of trtexec asks for, with the defaults of TensorRT 10.16.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingot/types.h"

namespace ingot::apps {

/// name (maybe with one '*') -> shape, in the order given.
using ShapeList = std::vector<std::pair<std::string, Shape>>;

struct ProfileShapes {
  ShapeList min, opt, max;
};

struct TrtexecOptions {
  // model and build
  std::string onnx, save_engine, load_engine;
  std::map<int, ProfileShapes> profiles;  ///< by index; 0 where --profile was not given
  ShapeList shapes;
  bool fp16 = false, bf16 = false, int8 = false, best = false, no_tf32 = false;
  int optimization_level = 3;
  double build_time_limit = 0;
  int average_timing = 8;
  int64_t workspace_bytes = -1;
  std::string timing_cache;
  bool no_builder_cache = false;
  std::string verbosity = "layer_names_only";
  std::vector<std::string> tactics, disabled_passes;
  std::string dump_passes;
  bool verify_passes = false;
  bool skip_inference = false;

  // inference
  int profile_index = 0;
  ShapeList inference_shapes() const { return shapes; }
  std::vector<std::pair<std::string, std::string>> load_inputs;
  int iterations = 10;
  double warm_up_ms = 200, duration_s = 3;
  double sleep_ms = 0, idle_ms = 0;
  int streams = 1;
  bool cuda_graph = false, spin_wait = false, no_transfers = false;
  bool separate_profile = false;

  // reporting
  bool verbose = false;
  int average_runs = 10;
  std::vector<double> percentiles{90, 95, 99};
  bool dump_output = false, dump_profile = false, dump_layer_info = false;
  bool dump_optimization_profile = false;
  std::string export_times, export_output, export_profile, export_layer_info;

  // system
  std::string device = "auto";
  int threads = 0;
  bool help = false;

  std::vector<std::string> warnings;  ///< about old flags, one each
};

/// Throws UsageError. `--help` and an empty command line set `help`.
TrtexecOptions parse_trtexec(const std::vector<std::string>& arguments);

/// The help text.
std::string trtexec_help();

/// The option blocks that trtexec prints first ("=== Model Options ===" ...), one line each.
std::vector<std::string> option_lines(const TrtexecOptions& options);

}  // namespace ingot::apps
