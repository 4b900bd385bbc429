// trtexec: builds an engine from an ONNX model, saves it, runs it and measures it, with the flags,
// the lines and the exit codes of TensorRT's tool.
#include <fmt/core.h>

#include <string>
#include <vector>

#include "apps/common/build_engine.h"
#include "apps/common/console.h"
#include "apps/common/files.h"
#include "apps/common/program.h"
#include "apps/trtexec/export.h"
#include "apps/trtexec/inference.h"
#include "apps/trtexec/layer_profile.h"

namespace ingot::apps {
namespace {

void print_device() {
  info("=== Device Information ===");
  for (const std::string& line : environment_report()) info(line);
}

void print_selected_device(const Engine& engine, const TrtexecOptions& options) {
  info(fmt::format("Selected Device: {}", engine.info().device));
  if (engine.on_gpu()) {
    if (options.spin_wait) warning("--useSpinWait has no effect: the driver decides how to wait");
    return;
  }
  info("The CPU is used; \"GPU Compute Time\" is its compute time");
  if (options.cuda_graph) warning("--useCudaGraph has no effect on the CPU");
  if (options.spin_wait) warning("--useSpinWait has no effect on the CPU");
}

void warn_of_flags_without_effect(const TrtexecOptions& options) {
  for (const std::string& line : options.warnings) warning(line);
  if (!options.load_engine.empty() && !options.profiles.empty()) {
    warning("--minShapes, --optShapes and --maxShapes have no effect with --loadEngine");
  }
}

void print_engine_profiles(const Engine& engine) {
  for (size_t i = 0; i < engine.profiles().size(); ++i) {
    for (const ProfileInfo::Input& input : engine.profiles()[i].inputs) {
      info(fmt::format("Model input {} (profile {}): min={}, opt={}, max={}", input.name, i,
                       input.min.to_string(), input.opt.to_string(), input.max.to_string()));
    }
  }
}

void report_engine(const Engine& engine, const TrtexecOptions& options) {
  if (options.dump_layer_info) {
    info("Layer Information:");
    print_text(engine.layer_information_json() + "\n");
  }
  if (!options.export_layer_info.empty()) {
    write_file(options.export_layer_info, engine.layer_information_json() + "\n");
  }
  if (options.dump_optimization_profile) print_engine_profiles(engine);
}

void report_performance(const InferenceResult& result, const TrtexecOptions& options) {
  const auto print_all = [](Severity severity, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) print_line(severity, line);
  };
  info("");
  print_all(Severity::kInfo, trace_lines(result, options.average_runs));
  info("");
  const Performance performance = performance_of(result, options.percentiles);
  print_all(Severity::kInfo, summary_lines(performance, options.percentiles));
  print_all(Severity::kWarning, performance_warnings(performance, options.streams, true));
  info("Explanations of the performance metrics are printed in the verbose logs.");
  print_all(Severity::kVerbose, explanation_lines());
  info("");
}

void report_layers(std::vector<Stream>* streams, const TrtexecOptions& options) {
  std::vector<std::vector<StepTime>> times;
  for (Stream& stream : *streams) times.push_back(stream.context->take_step_times());
  const LayerProfile profile = profile_of(times);
  if (options.dump_profile) info("\n" + profile_table(profile));
  if (!options.export_profile.empty()) write_file(options.export_profile, profile_json(profile));
}

void set_profiling(std::vector<Stream>* streams, bool on) {
  for (Stream& stream : *streams) {
    stream.context->set_profiling(on);
    if (on) stream.context->take_step_times();
  }
}

InferenceResult measure(std::vector<Stream>* streams, const TrtexecOptions& options) {
  InferenceResult result = run_inference(streams, options);
  info(fmt::format("Warmup completed {} queries over {:g} ms", result.warm_up_runs,
                   options.warm_up_ms));
  info(fmt::format("Timing trace has {} queries over {:g} s", result.runs.size(),
                   result.walltime_s()));
  return result;
}

void infer(const std::shared_ptr<const Engine>& engine, const TrtexecOptions& options) {
  std::vector<Stream> streams = make_streams(engine, options);
  const bool profile_in_same_run = options.wants_profile() && !options.separate_profile;
  info("Starting inference");
  set_profiling(&streams, profile_in_same_run);
  const InferenceResult result = measure(&streams, options);
  if (profile_in_same_run) {
    info(
        "The e2e network timing is not reported since it is inaccurate due to the extra "
        "synchronizations when the profiler is enabled.");
    info(
        "To show e2e network timing report, add --separateProfileRun to profile layer timing in a "
        "separate run or remove --dumpProfile to disable the profiler.");
  } else {
    report_performance(result, options);
  }
  if (!options.export_times.empty()) write_file(options.export_times, times_json(result));
  if (options.dump_output || !options.export_output.empty()) {
    const auto outputs = streams[0].tensors->read_outputs(*streams[0].context);
    if (options.dump_output) info(outputs_text(outputs));
    if (!options.export_output.empty()) write_file(options.export_output, outputs_json(outputs));
  }
  if (options.wants_profile() && options.separate_profile) {
    info("Starting the run for the layer profile");
    set_profiling(&streams, true);
    run_inference(&streams, options);
  }
  if (options.wants_profile()) report_layers(&streams, options);
}

void work(const TrtexecOptions& options) {
  for (const std::string& line : option_lines(options)) info(line);
  info("");
  warn_of_flags_without_effect(options);
  print_device();
  info("");
  info(fmt::format("Ingot version: {}", version()));
  const int threads = threads_per_stream(options);
  const EngineOptions engine_options{.threads = threads, .device = device_index(options.device)};
  BuildResult built;
  std::shared_ptr<const Engine> engine;
  if (options.load_engine.empty()) {
    built = build_engine(options, threads);
    const bool engine_is_asked_for = options.dump_layer_info ||
                                     !options.export_layer_info.empty() ||
                                     options.dump_optimization_profile;
    if (!options.skip_inference || engine_is_asked_for) {
      engine = load_engine_bytes(*built.plan, engine_options);
    }
  } else {
    engine = load_engine_file(options.load_engine, engine_options);
  }
  if (engine) {
    print_selected_device(*engine, options);
    report_engine(*engine, options);
  }
  if (options.skip_inference) {
    info("Skipped inference phase since --skipInference is added.");
    return;
  }
  infer(engine, options);
}

std::string command_line(int argc, char** argv) {
  std::string text;
  for (int i = 0; i < argc; ++i) text += (i ? " " : "") + std::string(argv[i]);
  return text;
}

void print_verdict(std::string_view verdict, const std::string& command) {
  print_text(fmt::format("&&&& {} Ingot.trtexec [Ingot v{}] # {}\n", verdict, version(), command));
}

int run(int argc, char** argv) {
  const std::string command = command_line(argc, argv);
  print_verdict("RUNNING", command);
  bool help = false;
  const bool good = run_guarded([&] {
    TrtexecOptions options;
    try {
      options = parse_trtexec({argv + 1, argv + argc});
    } catch (const UsageError&) {
      info("trtexec --help lists the flags");
      throw;
    }
    help = options.help;
    if (help) return print_text(trtexec_help());
    const Severity lowest = options.verbose ? Severity::kVerbose : Severity::kInfo;
    show_lines(lowest, lowest);
    work(options);
  });
  // As TensorRT's: help that was asked for by name has no verdict.
  if (good && help && argc > 1) return 0;
  print_verdict(good ? "PASSED" : "FAILED", command);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace ingot::apps

int main(int argc, char** argv) { return ingot::apps::run(argc, argv); }
