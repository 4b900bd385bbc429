// The flags of a build: see the header.
#include "apps/common/build_flags.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "apps/common/console.h"
#include "apps/common/names.h"
#include "apps/common/precision_flags.h"
#include "ingot/engine.h"

namespace ingot::apps {
namespace {

void append(ShapeList* to, const ShapeList& more) {
  to->insert(to->end(), more.begin(), more.end());
}

Apply append_shapes(BuildFlags* target, std::string_view flag, ShapeList ProfileShapes::* list) {
  return [=](const std::string& text) {
    // Shapes belong to the profile that the last --profile began, to profile 0 before any.
    if (target->profiles.empty()) target->profiles.emplace_back();
    append(&(target->profiles.back().*list), parse_shapes(flag, text));
  };
}

void begin_profile(BuildFlags* target, const std::string& text) {
  const int64_t index = parse_integer("--profile", text);
  const auto next = static_cast<int64_t>(target->profiles.size());
  if (index != next) {
    throw UsageError(fmt::format(
        "--profile={}: profiles are numbered 0, 1, 2 in order, and each is followed by its shapes; "
        "the next is {}",
        index, next));
  }
  target->profiles.emplace_back();
}

void parse_pools(BuildFlags* target, const std::string& text) {
  static const std::vector<std::string> kPools = {"workspace", "dlaSRAM", "dlaLocalDRAM",
                                                  "dlaGlobalDRAM", "tacticSharedMem"};
  for (const auto& [pool, size] : parse_name_values("--memPoolSize", text)) {
    if (std::find(kPools.begin(), kPools.end(), pool) == kPools.end()) {
      throw UsageError(fmt::format("--memPoolSize: there is no pool \"{}\"; {}", pool,
                                   nearest_hint(pool, kPools)));
    }
    const int64_t bytes = parse_size("--memPoolSize", size);
    if (pool == "workspace")
      target->workspace_bytes = bytes;
    else
      target->warnings.push_back(fmt::format("--memPoolSize: {} has no effect here", pool));
  }
}

void parse_verbosity(BuildFlags* target, const std::string& text) {
  if (text == "default" || text == "verbose") {
    target->verbosity = text == "default" ? "layer_names_only" : "detailed";
    target->warnings.push_back(
        fmt::format("--profilingVerbosity={} means {} today", text, target->verbosity));
    return;
  }
  if (text != "layer_names_only" && text != "detailed" && text != "none") {
    throw UsageError(
        fmt::format("--profilingVerbosity={}: give layer_names_only, detailed or none", text));
  }
  target->verbosity = text;
}

void parse_level(BuildFlags* target, const std::string& text) {
  const int64_t level = parse_integer("--builderOptimizationLevel", text);
  if (level < 0 || level > 5) {
    throw UsageError(fmt::format("--builderOptimizationLevel={}: give 0 to 5", text));
  }
  target->optimization_level = static_cast<int>(level);
}

void parse_tactics(BuildFlags* target, const std::string& text) {
  for (const std::string& filter : split_list(text)) {
    if (filter.size() < 2 || (filter[0] != '+' && filter[0] != '-')) {
      throw UsageError(fmt::format("--tactics: \"{}\" should begin with + or -", filter));
    }
    target->tactics.push_back(filter);
  }
}

void parse_device(BuildFlags* target, const std::string& text) {
  int index = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  const bool number = error == std::errc() && stop == text.data() + text.size() && index >= 0;
  if (!number && text != "cpu" && text != "auto" && !text.starts_with("GPU-")) {
    throw UsageError(
        fmt::format("--device={}: give cpu, or the number or UUID (GPU-...) of a GPU", text));
  }
  target->device = text;
}

}  // namespace

int64_t parse_size(std::string_view flag, const std::string& text) {
  if (text.empty()) throw UsageError(fmt::format("{}: a size is missing", flag));
  constexpr std::string_view kSuffixes = "BKMG";
  const size_t suffix = kSuffixes.find(text.back());
  const bool has_suffix = suffix != std::string_view::npos;
  const double number = parse_number(flag, has_suffix ? text.substr(0, text.size() - 1) : text);
  const int shift = has_suffix ? 10 * static_cast<int>(suffix) : 20;
  const double bytes = number * static_cast<double>(int64_t{1} << shift);
  constexpr double kMost = static_cast<double>(int64_t{1} << 50);
  if (number < 0 || bytes > kMost) {
    throw UsageError(
        fmt::format("{}: {} is {}", flag, text, number < 0 ? "negative" : "too large"));
  }
  return static_cast<int64_t>(bytes);
}

void add_build_flags(BuildFlags* t, std::vector<Flag>* flags) {
  constexpr std::string_view kBuild = "Build Options", kOurs = "Options of Ingot's own";
  const auto add = [flags](Flag flag) { flags->push_back(std::move(flag)); };
  add({"--minShapes", "spec", "smallest shapes of a profile, name:1x3x224x224,...",
       append_shapes(t, "--minShapes", &ProfileShapes::min), true, kBuild});
  add({"--optShapes", "spec", "shapes that a profile is tuned for",
       append_shapes(t, "--optShapes", &ProfileShapes::opt), true, kBuild});
  add({"--maxShapes", "spec", "largest shapes of a profile",
       append_shapes(t, "--maxShapes", &ProfileShapes::max), true, kBuild});
  add({"--profile", "N", "begins profile N; its shapes follow",
       [t](const std::string& text) { begin_profile(t, text); }, true, kBuild});
  add({"--memPoolSize", "spec", "memory pools, workspace:4096 (MiB; suffixes B, K, M, G)",
       [t](const std::string& text) { parse_pools(t, text); }, false, kBuild});
  add({"--profilingVerbosity", "mode", "layer_names_only (default), detailed, none",
       [t](const std::string& text) { parse_verbosity(t, text); }, false, kBuild});
  add({"--avgTiming", "N", "repeats of one timing while tuning (default 8)",
       set_integer("--avgTiming", &t->average_timing, 1), false, kBuild});
  add({"--noTF32", "", "no TF32 (a GPU's; the CPU computes in FP32)", set_true(&t->no_tf32), false,
       kBuild});
  add({"--fp16", "", "allow 16-bit floats where they pay and are safe", set_true(&t->fp16), false,
       kBuild});
  add({"--bf16", "", "allow bfloat16", set_true(&t->bf16), false, kBuild});
  add_precision_flags(t, flags);
  add({"--builderOptimizationLevel", "0..5", "how much is tuned (default 3)",
       [t](const std::string& text) { parse_level(t, text); }, false, kBuild});
  add({"--timingCacheFile", "file", "timing cache: read, merged, written back",
       set_text(&t->timing_cache), false, kBuild});
  add({"--noBuilderCache", "", "no timing cache", set_true(&t->no_builder_cache), false, kBuild});
  add({"--buildTimeLimit", "s", "stop tuning after so long and take the best so far",
       set_number("--buildTimeLimit", &t->build_time_limit, 0), false, kOurs});
  add({"--tactics", "+-pattern,...", "allow or forbid tactics by name, -dnnl.*,+dnnl.conv",
       [t](const std::string& text) { parse_tactics(t, text); }, true, kOurs});
  add({"--disable-pass", "name,...", "skip passes (`ingot passes` lists them)",
       [t](const std::string& text) {
         for (std::string& name : split_list(text)) t->disabled_passes.push_back(std::move(name));
       },
       true, kOurs});
  add({"--dump-passes", "dir", "the graph after every pass, as text", set_text(&t->dump_passes),
       false, kOurs});
  add({"--verify-passes", "", "check the graph after every pass", set_true(&t->verify_passes),
       false, kOurs});
}

void add_common_flags(BuildFlags* t, std::vector<Flag>* flags) {
  flags->push_back(
      {"--shapes", "spec", "shapes to run with (and to build for, with no profile)",
       [t](const std::string& text) { append(&t->shapes, parse_shapes("--shapes", text)); }, false,
       "Inference Options"});
  flags->push_back(
      {"--verbose", "", "everything", set_true(&t->verbose), false, "Reporting Options"});
  flags->push_back({"--device", "N", "GPU to use (its number, or GPU-UUID), or cpu",
                    [t](const std::string& text) { parse_device(t, text); }, false,
                    "System Options"});
  flags->push_back({"--threads", "N", "threads of the CPU (default: INGOT_THREADS, else all cores)",
                    set_integer("--threads", &t->threads, 1), false, "Options of Ingot's own"});
}

int device_index(const std::string& device) {
  if (device.starts_with("GPU-")) return find_gpu(device);
  return device == "auto" || device == "cpu" ? 0 : std::stoi(device);
}

BuildOptions build_options(const BuildFlags& flags, const Model& model, int threads) {
  std::vector<std::string> warnings;
  BuildOptions options;
  options.profiles = make_profiles(flags.profiles, flags.shapes, model.inputs(), &warnings);
  for (const std::string& line : warnings) warning(line);
  options.allow_fp16 = flags.fp16 || flags.best;
  options.allow_bf16 = flags.bf16 || flags.best;
  options.allow_int8 = flags.int8 || flags.best;
  options.allow_fp8 = flags.fp8;
  set_precision_options(flags, &options);
  options.allow_tf32 = !flags.no_tf32;
  options.device = flags.device;
  options.threads = threads;
  options.optimization_level = flags.optimization_level;
  options.time_limit_seconds = flags.build_time_limit;
  options.average_timing = flags.average_timing;
  options.workspace_bytes = flags.workspace_bytes;
  options.timing_cache_path = flags.timing_cache;
  options.use_timing_cache = !flags.no_builder_cache;
  options.tactics = flags.tactics;
  options.disabled_passes = flags.disabled_passes;
  options.dump_passes_directory = flags.dump_passes;
  options.verify_passes = flags.verify_passes;
  options.layer_information = flags.verbosity != "none";
  options.detailed_layer_information = flags.verbosity == "detailed";
  return options;
}

}  // namespace ingot::apps
