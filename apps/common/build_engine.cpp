// Building and loading with a log: see the header.
#include "apps/common/build_engine.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "apps/common/console.h"
#include "apps/common/program.h"

namespace ingot::apps {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double mebibytes(size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

/// "tune  34/120  /layer1/conv2  12 s, 25 s left"
std::string progress_text(const BuildProgress& progress) {
  std::string text = fmt::format("building: {}", progress.stage);
  if (progress.total > 0) text += fmt::format("  {}/{}", progress.done, progress.total);
  if (!progress.item.empty()) text += fmt::format("  {}", progress.item);
  text += fmt::format("  {:.0f} s", progress.elapsed_seconds);
  if (progress.remaining_seconds >= 0) {
    text += fmt::format(", {:.0f} s left", progress.remaining_seconds);
  }
  return text;
}

/// Better said before a long build than after it. What this does not see (no space), saving does.
void check_folder(const std::string& file) {
  const size_t slash = file.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  if (access(folder.c_str(), W_OK | X_OK) == 0) return;
  const int reason = errno;
  throw Error(
      {"file.write_failed", fmt::format("cannot write \"{}\": {}", file, std::strerror(reason)),
       file,
       reason == ENOENT ? "create the folder first" : "give a folder that may be written to"});
}

/// Writing to a terminal costs more than some passes: ten times a second is enough.
class ProgressLine {
 public:
  ~ProgressLine() { set_status_line(""); }

  void show(const BuildProgress& progress) {
    constexpr double kSecondsBetween = 0.1;
    const bool same_stage = stage_ == progress.stage;
    if (same_stage && progress.elapsed_seconds - shown_at_ < kSecondsBetween) return;
    shown_at_ = progress.elapsed_seconds;
    stage_ = progress.stage;
    set_status_line(progress_text(progress));
  }

 private:
  std::string stage_;
  double shown_at_ = -1;
};

void print_what_took_longest(const BuildResult& result) {
  const Severity severity = has_terminal() ? Severity::kInfo : Severity::kVerbose;
  std::string stages;
  for (const auto& [stage, seconds] : result.stage_seconds) {
    stages += fmt::format("{}{} {:.2f} s", stages.empty() ? "" : ", ", stage, seconds);
  }
  print_line(severity, "Time of the build by stage: " + stages);
  constexpr size_t kMostItems = 5;
  constexpr double kNoticeableSeconds = 0.01;
  for (size_t i = 0; i < result.slowest_items.size() && i < kMostItems; ++i) {
    const auto& [item, seconds] = result.slowest_items[i];
    if (seconds < kNoticeableSeconds) break;
    print_line(severity, fmt::format("  {:.2f} s to tune {}", seconds, item));
  }
}

Model read_model(const std::string& path) {
  set_activity(fmt::format("reading \"{}\"", path));
  info("Start parsing network model.");
  const Clock::time_point start = Clock::now();
  Model model = Model::from_file(path);
  info(fmt::format("Finished parsing network model. Parse time: {:g}", seconds_since(start)));
  return model;
}

void print_profiles(const std::vector<Profile>& profiles) {
  for (size_t i = 0; i < profiles.size(); ++i) {
    for (const auto& [name, range] : profiles[i]) {
      info(fmt::format(
          "Set shape of input tensor {} for optimization profile {} to: MIN={} OPT={} "
          "MAX={}",
          name, i, range.min.to_string(), range.opt.to_string(), range.max.to_string()));
    }
  }
}

void print_loaded(const Engine& engine, double seconds) {
  info(fmt::format("Engine deserialized in {:g} sec.", seconds));
  if (engine.info().repacked_at_load) {
    info(fmt::format("The engine was built for another CPU ({}): its weights are repacked",
                     engine.info().device));
  }
}

}  // namespace

BuildResult build_engine(const BuildFlags& flags, int threads) {
  if (!flags.save_engine.empty()) check_folder(flags.save_engine);
  const Model model = read_model(flags.onnx);
  BuildOptions options = build_options(flags, model, threads);
  print_profiles(options.profiles);
  ProgressLine line;
  const bool each_item = flags.verbose && !has_terminal();
  if (has_terminal()) {
    options.on_progress = [&line](const BuildProgress& progress) { line.show(progress); };
  } else if (each_item) {
    options.on_progress = [](const BuildProgress& progress) {
      print_line(Severity::kVerbose, progress_text(progress));
    };
  }
  set_activity(fmt::format("building the engine of \"{}\"", flags.onnx));
  const Clock::time_point start = Clock::now();
  BuildResult result = build(model, options);
  const double seconds = seconds_since(start);
  set_status_line("");
  for (const Problem& problem : result.warnings) print_warning(problem);
  for (const std::string& text : report_lines(result.precision)) info(text);
  for (const std::string& text : report_lines(result.accuracy)) info(text);
  info(fmt::format("Engine built in {:g} sec.", seconds));
  info(fmt::format("Created engine with size: {:g} MiB", mebibytes(result.plan->size())));
  print_what_took_longest(result);
  if (!flags.save_engine.empty()) {
    set_activity(fmt::format("saving \"{}\"", flags.save_engine));
    result.save(flags.save_engine);
    info(fmt::format("Saved engine to {}", flags.save_engine));
  }
  return result;
}

std::shared_ptr<const Engine> load_engine_file(const std::string& path,
                                               const EngineOptions& options) {
  set_activity(fmt::format("loading \"{}\"", path));
  const Clock::time_point start = Clock::now();
  auto engine = Engine::load(path, options);
  const double seconds = seconds_since(start);
  info(fmt::format("Engine loaded in {:g} sec.", seconds));
  info(fmt::format("Loaded engine with size: {:g} MiB", mebibytes(engine->info().plan_bytes)));
  print_loaded(*engine, seconds);
  return engine;
}

std::shared_ptr<const Engine> load_engine_bytes(std::span<const std::byte> plan,
                                                const EngineOptions& options) {
  set_activity("loading the engine");
  const Clock::time_point start = Clock::now();
  auto engine = Engine::load(plan, options);
  print_loaded(*engine, seconds_since(start));
  return engine;
}

}  // namespace ingot::apps
