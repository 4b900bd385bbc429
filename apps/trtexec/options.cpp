// Parsing and printing of trtexec's options.
#include "apps/trtexec/options.h"

#include <fmt/core.h>

#include "apps/common/flags.h"
#include "apps/trtexec/flag_table.h"

namespace ingot::apps {
namespace {

void check(const TrtexecOptions& options) {
  if (options.onnx.empty() && options.load_engine.empty()) {
    throw UsageError("a model is missing: give --onnx=file or --loadEngine=file");
  }
  if (!options.save_engine.empty() && !options.load_engine.empty()) {
    throw UsageError("--saveEngine and --loadEngine exclude each other");
  }
  if (options.skip_inference && !options.load_engine.empty()) {
    throw UsageError("--skipInference with --loadEngine leaves nothing to do");
  }
}

std::string yes_no(bool value) { return value ? "Enabled" : "Disabled"; }

std::string precision_text(const TrtexecOptions& options) {
  std::string text = "FP32";
  if (options.fp16 || options.best) text += "+FP16";
  if (options.bf16 || options.best) text += "+BF16";
  if (options.int8 || options.best) text += "+INT8";
  return text;
}

std::string or_none(const std::string& text) { return text.empty() ? "none" : text; }

}  // namespace

TrtexecOptions parse_trtexec(const std::vector<std::string>& arguments) {
  TrtexecOptions options;
  if (arguments.empty()) {
    options.help = true;
    return options;
  }
  std::vector<Flag> flags = trtexec_flags(&options);
  std::vector<std::string> rest;
  // Flags that are not there yet fail with or without a value.
  for (Flag& flag : missing_flags()) flags.push_back(std::move(flag));
  for (Flag& flag : old_flags(&options)) flags.push_back(std::move(flag));
  std::vector<std::string> cleaned;
  const std::vector<Flag> missing = missing_flags();
  for (const std::string& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    bool is_missing = false;
    for (const Flag& flag : missing) is_missing = is_missing || flag.name == name;
    cleaned.push_back(is_missing ? name : argument);
  }
  parse_flags(cleaned, flags);
  if (options.help) return options;
  if (options.onnx.starts_with("~/")) {
    const char* home = std::getenv("HOME");
    if (home) options.onnx = home + options.onnx.substr(1);
  }
  check(options);
  return options;
}

std::string trtexec_help() {
  TrtexecOptions options;
  return "trtexec: builds an engine from an ONNX model, saves it, runs it, measures it.\n"
         "Flags are --name or --name=value.\n" +
         flags_help(trtexec_flags(&options));
}

std::vector<std::string> option_lines(const TrtexecOptions& o) {
  std::vector<std::string> lines{"=== Model Options ===",
                                 fmt::format("Format: {}", o.onnx.empty() ? "*" : "ONNX"),
                                 fmt::format("Model: {}", o.onnx)};
  if (o.load_engine.empty()) {
    lines.insert(
        lines.end(),
        {"=== Build Options ===",
         fmt::format("Memory Pools: workspace: {}",
                     o.workspace_bytes < 0
                         ? std::string("default")
                         : fmt::format("{} MiB", o.workspace_bytes / (1 << 20))),
         fmt::format("avgTiming: {}", o.average_timing),
         fmt::format("Precision: {}", precision_text(o)),
         fmt::format("Builder optimization level: {}", o.optimization_level),
         fmt::format("Timing cache: {}", o.no_builder_cache ? "disabled" : or_none(o.timing_cache)),
         fmt::format("Profiling verbosity: {}", o.verbosity),
         fmt::format("Save engine: {}", o.save_engine)});
  }
  lines.insert(
      lines.end(),
      {"=== System Options ===", fmt::format("Device: {}", o.device),
       "=== Inference Options ===", fmt::format("Iterations: {}", o.iterations),
       fmt::format("Duration: {}s (+ {}ms warm up)", o.duration_s, o.warm_up_ms),
       fmt::format("Sleep time: {}ms", o.sleep_ms), fmt::format("Idle time: {}ms", o.idle_ms),
       fmt::format("Inference Streams: {}", o.streams),
       fmt::format("Data transfers: {}", yes_no(!o.no_transfers)),
       fmt::format("CUDA Graph: {}", yes_no(o.cuda_graph)),
       fmt::format("Skip inference: {}", yes_no(o.skip_inference)),
       "=== Reporting Options ===", fmt::format("Verbose: {}", yes_no(o.verbose)),
       fmt::format("Averages: {} inferences", o.average_runs)});
  return lines;
}

}  // namespace ingot::apps
