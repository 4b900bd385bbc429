// What the command line of trtexec asks for, with the defaults of TensorRT 10.16.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apps/common/build_flags.h"

namespace ingot::apps {

struct TrtexecOptions : BuildFlags {
  std::string load_engine;
  bool skip_inference = false;

  // inference
  int profile_index = 0;
  std::vector<std::pair<std::string, std::string>> load_inputs;
  int iterations = 10;
  double warm_up_ms = 200, duration_s = 3;
  double sleep_ms = 0, idle_ms = 0;
  int streams = 1;
  bool cuda_graph = false, spin_wait = false, no_transfers = false;
  bool separate_profile = false;

  // reporting
  int average_runs = 10;
  std::vector<double> percentiles{90, 95, 99};
  bool dump_output = false, dump_profile = false, dump_layer_info = false;
  bool dump_optimization_profile = false;
  std::string export_times, export_output, export_profile, export_layer_info;

  bool help = false;

  bool wants_profile() const { return dump_profile || !export_profile.empty(); }
};

/// Throws UsageError. `--help` and an empty command line set `help`.
TrtexecOptions parse_trtexec(const std::vector<std::string>& arguments);

/// The help text.
std::string trtexec_help();

/// The option blocks that trtexec prints first ("=== Model Options ===" ...), one line each.
std::vector<std::string> option_lines(const TrtexecOptions& options);

}  // namespace ingot::apps
