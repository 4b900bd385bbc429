// Parsing and printing of trtexec's options.
#include "apps/trtexec/options.h"

#include <fmt/core.h>

#include <cstdlib>

#include "apps/common/flags.h"
#include "apps/trtexec/flag_table.h"
#include "ingot/engine.h"

namespace ingot::apps {
namespace {

void check(const TrtexecOptions& options) {
  if (options.onnx.empty() && options.load_engine.empty()) {
    throw UsageError("a model is missing: give --onnx=file or --loadEngine=file");
  }
  if (!options.load_engine.empty() && !options.save_engine.empty()) {
    throw UsageError("--saveEngine and --loadEngine exclude each other");
  }
  if (!options.load_engine.empty() && !options.onnx.empty()) {
    throw UsageError("--onnx and --loadEngine exclude each other: give one of them");
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
  if (options.fp8) text += "+FP8";
  return text;
}

std::string shapes_text(const ShapeList& shapes) {
  std::string text;
  for (const auto& [name, shape] : shapes) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, shape.to_string());
  }
  return text.empty() ? "-" : text;
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
  for (Flag& flag : missing_flags()) flags.push_back(std::move(flag));
  for (Flag& flag : old_flags(&options)) flags.push_back(std::move(flag));
  parse_flags(arguments, flags);
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
  std::vector<std::string> lines;
  const auto add = [&lines](std::string line) { lines.push_back(std::move(line)); };
  add("=== Model Options ===");
  add(fmt::format("Format: {}", o.onnx.empty() ? "*" : "ONNX"));
  add(fmt::format("Model: {}", o.onnx));
  if (o.load_engine.empty()) {
    add("=== Build Options ===");
    add(fmt::format(
        "Memory Pools: workspace: {}",
        o.workspace_bytes < 0
            ? std::string("default")
            : fmt::format("{:g} MiB", static_cast<double>(o.workspace_bytes) / (1 << 20))));
    add(fmt::format("avgTiming: {}", o.average_timing));
    add(fmt::format("Precision: {}", precision_text(o)));
    if (!o.calib.empty()) add(fmt::format("Calibration: {}", o.calib));
    add(fmt::format("TF32: {}", yes_no(!o.no_tf32)));
    add(fmt::format("Builder optimization level: {}", o.optimization_level));
    add(fmt::format("Timing cache: {}", o.no_builder_cache ? "disabled" : or_none(o.timing_cache)));
    add(fmt::format("Profiling verbosity: {}", o.verbosity));
    add(fmt::format("Skip inference: {}", yes_no(o.skip_inference)));
    add(fmt::format("Save engine: {}", o.save_engine));
    for (size_t i = 0; i < o.profiles.size(); ++i) {
      const ProfileShapes& shapes = o.profiles[i];
      add(fmt::format("Input build shapes (profile {}): min {}; opt {}; max {}", i,
                      shapes_text(shapes.min), shapes_text(shapes.opt), shapes_text(shapes.max)));
    }
  }
  add("=== System Options ===");
  add(fmt::format("Device: {}", o.device));
  add(fmt::format("Threads: {}", o.threads > 0 ? o.threads : default_threads()));
  add("=== Inference Options ===");
  add("Batch: Explicit");
  add(fmt::format("Input inference shapes: {}",
                  o.shapes.empty() ? std::string("model") : shapes_text(o.shapes)));
  add(fmt::format("Load engine: {}", o.load_engine));
  add(fmt::format("Iterations: {}", o.iterations));
  add(fmt::format("Duration: {:g}s (+ {:g}ms warm up)", o.duration_s, o.warm_up_ms));
  add(fmt::format("Sleep time: {:g}ms", o.sleep_ms));
  add(fmt::format("Idle time: {:g}ms", o.idle_ms));
  add(fmt::format("Inference Streams: {}", o.streams));
  add(fmt::format("Data transfers: {}", yes_no(!o.no_transfers)));
  add(fmt::format("Spin-wait: {}", yes_no(o.spin_wait)));
  add(fmt::format("CUDA Graph: {}", yes_no(o.cuda_graph)));
  add(fmt::format("Separate profiling: {}", yes_no(o.separate_profile)));
  add("=== Reporting Options ===");
  add(fmt::format("Verbose: {}", yes_no(o.verbose)));
  add(fmt::format("Averages: {} inferences", o.average_runs));
  std::string percentiles;
  for (double percent : o.percentiles) {
    percentiles += fmt::format("{}{:g}", percentiles.empty() ? "" : ",", percent);
  }
  add(fmt::format("Percentiles: {}", percentiles));
  add(fmt::format("Profile: {}", yes_no(o.dump_profile)));
  add(fmt::format("Export timing to JSON file: {}", o.export_times));
  add(fmt::format("Export output to JSON file: {}", o.export_output));
  add(fmt::format("Export profile to JSON file: {}", o.export_profile));
  return lines;
}

}  // namespace ingot::apps
