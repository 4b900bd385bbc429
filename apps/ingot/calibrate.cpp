// ingot calibrate model.onnx --data val --cache c.cache: ranges for INT8, as a cache of TensorRT's.
#include <fmt/core.h>

#include <algorithm>

#include "apps/common/build_flags.h"
#include "apps/common/console.h"
#include "apps/common/program.h"
#include "apps/ingot/command.h"

namespace ingot::apps {
namespace {

struct CalibrateFlags {
  BuildFlags build;  ///< shapes, device, threads
  std::string data, cache, algorithm = "auto", preprocess;
  double percentile = CalibrationOptions().percentile;
  int samples = static_cast<int>(CalibrationOptions().max_samples), batch = 0;
};

Apply append_shapes(BuildFlags* target, std::string_view flag, ShapeList ProfileShapes::* list) {
  return [=](const std::string& text) {
    if (target->profiles.empty()) target->profiles.emplace_back();
    const ShapeList more = parse_shapes(flag, text);
    ShapeList& shapes = target->profiles.back().*list;
    shapes.insert(shapes.end(), more.begin(), more.end());
  };
}

std::vector<Flag> flags_of(CalibrateFlags* t) {
  constexpr std::string_view kData = "Data", kModel = "Model";
  std::vector<Flag> flags = {
      {"--data", "path", "a folder, a list of files (.txt), or a file: images, .npy, .npz, .raw",
       set_text(&t->data), false, kData},
      {"--preprocess", "spec",
       "how images become inputs, resize=256,crop=224,mean=0.485:0.456:0.406",
       set_text(&t->preprocess), false, kData},
      {"--samples", "N", "at most so many images or items, spread over the folder (default 500)",
       set_integer("--samples", &t->samples, 0), false, kData},
      {"--batch", "N", "items put together where the model's batch is dynamic (default: --shapes)",
       set_integer("--batch", &t->batch, 1), false, kData},
      {"--cache", "file", "where to write the ranges (default: the model's name with .cache)",
       set_text(&t->cache), false, "Output"},
      {"--algo", "name", "auto (default), entropy, minmax, percentile, mse",
       set_text(&t->algorithm), false, "Output"},
      {"--percentile", "x", "share of the values that the percentile keeps (default 99.99)",
       set_number("--percentile", &t->percentile, 0), false, "Output"}};
  flags.push_back({"--minShapes", "spec", "smallest shapes of dynamic inputs",
                   append_shapes(&t->build, "--minShapes", &ProfileShapes::min), true, kModel});
  flags.push_back({"--optShapes", "spec", "shapes that raw data and random data have",
                   append_shapes(&t->build, "--optShapes", &ProfileShapes::opt), true, kModel});
  flags.push_back({"--maxShapes", "spec", "largest shapes of dynamic inputs",
                   append_shapes(&t->build, "--maxShapes", &ProfileShapes::max), true, kModel});
  add_common_flags(&t->build, &flags);
  return flags;
}

std::string default_cache(const std::string& model) {
  const std::string_view ending = ".onnx";
  return (model.ends_with(ending) ? model.substr(0, model.size() - ending.size()) : model) +
         ".cache";
}

/// "calibrating: run [#####.....] 120/500  12 s, 38 s left"
std::string progress_text(const CalibrationProgress& progress) {
  constexpr int64_t kWidth = 24;
  std::string text = fmt::format("calibrating: {}", progress.stage);
  if (progress.total > 0) {
    const int64_t filled = std::clamp<int64_t>(progress.done * kWidth / progress.total, 0, kWidth);
    text += fmt::format("  [{:#<{}}{:.<{}}] {}/{}", "", filled, "", kWidth - filled, progress.done,
                        progress.total);
  } else {
    text += fmt::format("  {}", progress.done);
  }
  text += fmt::format("  {:.0f} s", progress.elapsed_seconds);
  if (progress.done > 0 && progress.total > 0) {
    text += fmt::format(", {:.0f} s left", progress.elapsed_seconds *
                                               static_cast<double>(progress.total - progress.done) /
                                               static_cast<double>(progress.done));
  }
  return text;
}

void print_errors(const CalibrationResult& result) {
  if (result.errors.empty()) return;
  std::string text;
  for (const auto& [algorithm, error] : result.errors) {
    text += fmt::format("{}{} {:.2g}", text.empty() ? "" : ", ", algorithm_name(algorithm), error);
  }
  info(fmt::format("Relative error of the outputs on samples held out: {}; {} is taken", text,
                   algorithm_name(result.errors.front().first)));
}

BuildOptions build_options_of(const CalibrateFlags& flags, const Model& model) {
  std::vector<std::string> warnings;
  BuildOptions options;
  options.profiles =
      make_profiles(flags.build.profiles, flags.build.shapes, model.inputs(), &warnings);
  for (const std::string& line : warnings) warning(line);
  options.device = flags.build.device;
  options.threads = flags.build.threads;
  CalibrationOptions& calibration = options.calibration;
  calibration.path = flags.data;
  calibration.preprocess = flags.preprocess;
  calibration.algorithm = algorithm_from_name(flags.algorithm);
  calibration.percentile = flags.percentile;
  calibration.max_samples = flags.samples;
  calibration.batch = flags.batch;
  calibration.complete = true;
  calibration.on_progress = [](const CalibrationProgress& progress) {
    set_status_line(progress_text(progress));
  };
  return options;
}

int run(const std::vector<std::string>& arguments) {
  CalibrateFlags flags;
  std::vector<std::string> words;
  parse_flags(arguments, flags_of(&flags), &words);
  const std::string path = only_word(words, "an ONNX model");
  if (flags.data.empty()) {
    throw UsageError("--data is missing: a folder of images or arrays that are like later use");
  }
  if (flags.percentile > 100) throw UsageError("--percentile: give a share of 100 at most");
  if (flags.build.verbose) show_lines(Severity::kVerbose, Severity::kVerbose);
  set_activity(fmt::format("reading \"{}\"", path));
  const Model model = Model::from_file(path);
  set_activity(fmt::format("calibrating \"{}\"", path));
  const CalibrationResult result = calibrate(model, build_options_of(flags, model));
  set_status_line("");
  for (const Problem& problem : result.warnings) print_warning(problem);
  if (result.samples > 0) {
    info(fmt::format("Calibrated {} tensors with {} samples: {}", result.scales.size(),
                     result.samples, result.source));
  } else {
    info(fmt::format("{} tensors of {}", result.scales.size(), result.source));
  }
  print_errors(result);
  const std::string cache = flags.cache.empty() ? default_cache(path) : flags.cache;
  result.save_cache(cache);
  info(fmt::format("Saved {} to {}; build with --int8 --calib={}", result.algorithm, cache, cache));
  return 0;
}

std::string help() {
  CalibrateFlags flags;
  return flags_help(flags_of(&flags));
}

}  // namespace

const Command kCalibrateCommand = {
    "calibrate", "model.onnx --data=DIR [--cache=FILE] [flags]",
    "Finds the ranges of a model's tensors for INT8 and writes TensorRT's cache of them.", run,
    help};

}  // namespace ingot::apps
