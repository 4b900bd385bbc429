// The flags of trtexec that Ingot has: see the header.
#include "apps/trtexec/flag_table.h"

#include <fmt/core.h>

#include <algorithm>

#include "apps/common/names.h"

namespace ingot::apps {
namespace {

using Apply = std::function<void(const std::string&)>;

Apply set_text(std::string* target) {
  return [target](const std::string& value) { *target = value; };
}

Apply set_true(bool* target) {
  return [target](const std::string&) { *target = true; };
}

Apply set_integer(std::string_view flag, int* target, int low) {
  return [flag, target, low](const std::string& text) {
    const int64_t value = parse_integer(flag, text);
    if (value < low || value > 1 << 30) {
      throw UsageError(fmt::format("{}={} must be at least {}", flag, text, low));
    }
    *target = static_cast<int>(value);
  };
}

Apply set_number(std::string_view flag, double* target, double low) {
  return [flag, target, low](const std::string& text) {
    const double value = parse_number(flag, text);
    if (value < low) throw UsageError(fmt::format("{}={} must be at least {}", flag, text, low));
    *target = value;
  };
}

ShapeList parse_shapes(std::string_view flag, const std::string& text) {
  ShapeList shapes;
  for (const auto& [name, dims] : parse_name_values(flag, text)) {
    if (std::count(name.begin(), name.end(), '*') > 1) {
      throw UsageError(fmt::format("{}: \"{}\" has more than one *", flag, name));
    }
    shapes.emplace_back(name, parse_shape(flag, dims));
  }
  return shapes;
}

void append(ShapeList* to, const ShapeList& more) { to->insert(to->end(), more.begin(), more.end()); }

int64_t parse_size(std::string_view flag, const std::string& text) {
  if (text.empty()) throw UsageError(fmt::format("{}: a size is missing", flag));
  constexpr std::string_view kSuffixes = "BKMG";
  const size_t suffix = kSuffixes.find(text.back());
  const bool has_suffix = suffix != std::string_view::npos;
  const double number =
      parse_number(flag, has_suffix ? text.substr(0, text.size() - 1) : text);
  if (number < 0) throw UsageError(fmt::format("{}: {} is negative", flag, text));
  // Without a suffix a size is in MiB.
  const int shift = has_suffix ? 10 * static_cast<int>(suffix) : 20;
  return static_cast<int64_t>(number * static_cast<double>(int64_t{1} << shift));
}

void parse_pools(TrtexecOptions* options, const std::string& text) {
  static const std::vector<std::string> pools = {"workspace", "dlaSRAM", "dlaLocalDRAM",
                                                 "dlaGlobalDRAM", "tacticSharedMem"};
  for (const auto& [pool, size] : parse_name_values("--memPoolSize", text)) {
    if (std::find(pools.begin(), pools.end(), pool) == pools.end()) {
      throw UsageError(fmt::format("--memPoolSize: unknown pool \"{}\"; {}", pool,
                                   nearest_hint(pool, pools)));
    }
    const int64_t bytes = parse_size("--memPoolSize", size);
    if (pool == "workspace") options->workspace_bytes = bytes;
  }
}

void parse_verbosity(TrtexecOptions* options, const std::string& text) {
  if (text == "default" || text == "verbose") {
    options->verbosity = text == "default" ? "layer_names_only" : "detailed";
    options->warnings.push_back(fmt::format("--profilingVerbosity={} means {} today", text,
                                            options->verbosity));
    return;
  }
  if (text != "layer_names_only" && text != "detailed" && text != "none") {
    throw UsageError(fmt::format(
        "--profilingVerbosity={}: give layer_names_only, detailed or none", text));
  }
  options->verbosity = text;
}

void parse_percentiles(TrtexecOptions* options, const std::string& text) {
  options->percentiles.clear();
  for (const std::string& item : split_list(text)) {
    const double value = parse_number("--percentile", item);
    if (value < 0 || value > 100) {
      throw UsageError(fmt::format("--percentile={}: give numbers from 0 to 100", text));
    }
    options->percentiles.push_back(value);
  }
}

/// Shapes of the profile that the last --profile began (profile 0 before any).
ProfileShapes& current_profile(TrtexecOptions* options) {
  if (options->profiles.empty()) options->profiles[0];
  return options->profiles.rbegin()->second;
}

void begin_profile(TrtexecOptions* options, const std::string& text) {
  const int64_t index = parse_integer("--profile", text);
  const auto next = static_cast<int64_t>(options->profiles.size());
  if (index != next) {
    throw UsageError(fmt::format("--profile={}: profiles are numbered 0, 1, 2 in order; the next "
                                 "is {}", index, next));
  }
  options->profiles[static_cast<int>(index)];
}

std::vector<std::string> checked_filters(const std::string& text) {
  std::vector<std::string> filters = split_list(text);
  for (const std::string& filter : filters) {
    if (filter.size() > 1 && (filter[0] == '+' || filter[0] == '-')) continue;
    throw UsageError(fmt::format("--tactics: \"{}\" begins with neither + nor -", filter));
  }
  return filters;
}

}  // namespace

std::vector<Flag> trtexec_flags(TrtexecOptions* o) {
  constexpr std::string_view kModel = "Model Options", kBuild = "Build Options",
                             kRun = "Inference Options", kReport = "Reporting Options",
                             kSystem = "System Options", kOurs = "Options of Ingot's own";
  return {
      {"--onnx", "file", "ONNX model", set_text(&o->onnx), false, kModel},

      {"--minShapes", "spec", "smallest shapes of a profile, name:1x3x224x224,...",
       [o](const std::string& t) { append(&current_profile(o).min, parse_shapes("--minShapes", t)); },
       true, kBuild},
      {"--optShapes", "spec", "shapes that a profile is tuned for",
       [o](const std::string& t) { append(&current_profile(o).opt, parse_shapes("--optShapes", t)); },
       true, kBuild},
      {"--maxShapes", "spec", "largest shapes of a profile",
       [o](const std::string& t) { append(&current_profile(o).max, parse_shapes("--maxShapes", t)); },
       true, kBuild},
      {"--profile", "N", "begins profile N; its shapes follow",
       [o](const std::string& t) { begin_profile(o, t); }, true, kBuild},
      {"--memPoolSize", "spec", "memory pools, workspace:4096 (MiB; suffixes B, K, M, G)",
       [o](const std::string& t) { parse_pools(o, t); }, false, kBuild},
      {"--profilingVerbosity", "mode", "layer_names_only (default), detailed, none",
       [o](const std::string& t) { parse_verbosity(o, t); }, false, kBuild},
      {"--avgTiming", "N", "repeats of one timing while tuning (default 8)",
       set_integer("--avgTiming", &o->average_timing, 1), false, kBuild},
      {"--noTF32", "", "no TF32 (a GPU's; the CPU computes in FP32)", set_true(&o->no_tf32), false,
       kBuild},
      {"--fp16", "", "allow 16-bit floats where they pay and are safe", set_true(&o->fp16), false,
       kBuild},
      {"--bf16", "", "allow bfloat16", set_true(&o->bf16), false, kBuild},
      {"--int8", "", "allow INT8", set_true(&o->int8), false, kBuild},
      {"--best", "", "allow every precision", set_true(&o->best), false, kBuild},
      {"--saveEngine", "file", "write the engine", set_text(&o->save_engine), false, kBuild},
      {"--loadEngine", "file", "run an engine instead of building one", set_text(&o->load_engine),
       false, kBuild},
      {"--builderOptimizationLevel", "0..5", "how much is tuned (default 3)",
       [o](const std::string& t) {
         const int64_t level = parse_integer("--builderOptimizationLevel", t);
         if (level < 0 || level > 5) {
           throw UsageError(fmt::format("--builderOptimizationLevel={}: give 0 to 5", t));
         }
         o->optimization_level = static_cast<int>(level);
       }, false, kBuild},
      {"--timingCacheFile", "file", "timing cache: read, merged, written back",
       set_text(&o->timing_cache), false, kBuild},
      {"--noBuilderCache", "", "no timing cache", set_true(&o->no_builder_cache), false, kBuild},
      {"--skipInference", "", "build only", set_true(&o->skip_inference), false, kBuild},

      {"--shapes", "spec", "shapes to run with (and to build for, where none are given)",
       [o](const std::string& t) { append(&o->shapes, parse_shapes("--shapes", t)); }, false, kRun},
      {"--loadInputs", "spec", "raw little-endian data, name:file,...",
       [o](const std::string& t) { o->load_inputs = parse_name_values("--loadInputs", t); }, false,
       kRun},
      {"--iterations", "N", "at least N runs (default 10)",
       set_integer("--iterations", &o->iterations, 1), false, kRun},
      {"--warmUp", "ms", "warm-up before measuring (default 200)",
       set_number("--warmUp", &o->warm_up_ms, 0), false, kRun},
      {"--duration", "s", "run at least so long (default 3; -1: endless)",
       set_number("--duration", &o->duration_s, -1), false, kRun},
      {"--sleepTime", "ms", "delay between launch and compute", set_number("--sleepTime", &o->sleep_ms, 0),
       false, kRun},
      {"--idleTime", "ms", "pause between two runs", set_number("--idleTime", &o->idle_ms, 0), false,
       kRun},
      {"--infStreams", "N", "requests at a time; the cores are split among them (default 1)",
       set_integer("--infStreams", &o->streams, 1), false, kRun},
      {"--useCudaGraph", "", "one CUDA graph a run (a GPU's)", set_true(&o->cuda_graph), false, kRun},
      {"--useSpinWait", "", "spin for the end of a run (a GPU's)", set_true(&o->spin_wait), false, kRun},
      {"--noDataTransfers", "", "no transfers to and from the device", set_true(&o->no_transfers), false,
       kRun},
      {"--useProfile", "i", "profile to run with (default 0)",
       set_integer("--useProfile", &o->profile_index, 0), false, kRun},
      {"--separateProfileRun", "", "a run of its own for the layer profile",
       set_true(&o->separate_profile), false, kRun},

      {"--verbose", "", "everything", set_true(&o->verbose), false, kReport},
      {"--avgRuns", "N", "runs in one line of the trace (default 10)",
       set_integer("--avgRuns", &o->average_runs, 1), false, kReport},
      {"--percentile", "P,...", "percentiles to report (default 90,95,99)",
       [o](const std::string& t) { parse_percentiles(o, t); }, false, kReport},
      {"--dumpOutput", "", "print the outputs of the last run", set_true(&o->dump_output), false, kReport},
      {"--dumpProfile", "", "print the time of every layer", set_true(&o->dump_profile), false, kReport},
      {"--dumpLayerInfo", "", "print what the engine is made of", set_true(&o->dump_layer_info), false,
       kReport},
      {"--dumpOptimizationProfile", "", "print the profiles of the engine",
       set_true(&o->dump_optimization_profile), false, kReport},
      {"--exportTimes", "file", "times of all runs as JSON", set_text(&o->export_times), false, kReport},
      {"--exportOutput", "file", "outputs as JSON", set_text(&o->export_output), false, kReport},
      {"--exportProfile", "file", "times of layers as JSON", set_text(&o->export_profile), false, kReport},
      {"--exportLayerInfo", "file", "what the engine is made of, as JSON",
       set_text(&o->export_layer_info), false, kReport},

      {"--device", "N", "GPU to use, or cpu", set_text(&o->device), false, kSystem},
      {"--help", "", "this text", set_true(&o->help), false, kSystem},
      {"-h", "", "", set_true(&o->help), false, kSystem},

      {"--threads", "N", "threads of the CPU backend (default: INGOT_THREADS, else all cores)",
       set_integer("--threads", &o->threads, 1), false, kOurs},
      {"--buildTimeLimit", "s", "stop tuning after so long and take the best so far",
       set_number("--buildTimeLimit", &o->build_time_limit, 0), false, kOurs},
      {"--tactics", "+-pattern,...", "allow or forbid tactics by name, -dnnl.*,+dnnl.conv",
       [o](const std::string& t) { o->tactics = checked_filters(t); }, false, kOurs},
      {"--disable-pass", "name,...", "skip passes", [o](const std::string& t) {
         for (std::string& name : split_list(t)) o->disabled_passes.push_back(std::move(name));
       }, true, kOurs},
      {"--dump-passes", "dir", "the graph after every pass, as text", set_text(&o->dump_passes), false,
       kOurs},
      {"--verify-passes", "", "check the graph after every pass", set_true(&o->verify_passes), false,
       kOurs},
  };
}

std::vector<Flag> missing_flags() {
  constexpr std::string_view kNames[] = {
      "--calib", "--fp8", "--int4", "--minShapesCalib", "--optShapesCalib", "--maxShapesCalib",
      "--calibProfile", "--inputIOFormats", "--outputIOFormats", "--refit", "--stripWeights",
      "--stripAllWeights", "--weightless", "--versionCompatible", "--vc", "--excludeLeanRuntime",
      "--leanDLLPath", "--useRuntime", "--pluginInstanceNorm", "--pi",
      "--uint8AsymmetricQuantizationDLA", "--reportCapabilityDLA", "--adjustForDLA",
      "--enablePluginOverride", "--monitorMemory", "--sparsity", "--stronglyTyped",
      "--distributiveIndependence", "--precisionConstraints", "--layerPrecisions",
      "--layerOutputTypes", "--layerDeviceTypes", "--decomposableAttentions", "--safe",
      "--dumpKernelText", "--buildDLAStandalone", "--allowGPUFallback", "--consistency",
      "--restricted", "--cpuOnly", "--remoteAutoTuningConfig", "--asyncFileReader",
      "--getPlanVersionOnly", "--tacticSources", "--noCompilationCache", "--errorOnTimingCacheMiss",
      "--preview", "--maxTactics", "--tilingOptimizationLevel", "--l2LimitForTiling",
      "--hardwareCompatibilityLevel", "--runtimePlatform", "--tempdir", "--tempfileControls",
      "--maxAuxStreams", "--allowWeightStreaming", "--markDebug", "--markUnfusedTensorsAsDebugTensors",
      "--refitFromOnnx", "--exposeDMA", "--useManagedMemory", "--timeDeserialize", "--timeRefit",
      "--persistentCacheRatio", "--allocationStrategy", "--saveDebugTensors",
      "--saveAllDebugTensors", "--weightStreamingBudget", "--dumpRefit", "--dumpRawBindingsToFile",
      "--useDLACore", "--staticPlugins", "--dynamicPlugins", "--setPluginsToSerialize",
      "--ignoreParsedPluginLibs", "--safetyPlugins", "--plugins", "--uff", "--uffInput", "--uffNHWC",
      "--deploy", "--model", "--output"};
  std::vector<Flag> flags;
  for (std::string_view name : kNames) {
    flags.push_back({name, "", "", [name](const std::string&) {
                       throw UsageError(fmt::format("{} is not supported yet", name));
                     }, true, ""});
  }
  return flags;
}

std::vector<Flag> old_flags(TrtexecOptions* o) {
  const auto warn = [o](std::string text) { o->warnings.push_back(std::move(text)); };
  const auto ignore = [warn](std::string_view name, std::string_view why) {
    return [warn, name, why](const std::string&) { warn(fmt::format("{} {}", name, why)); };
  };
  const auto no_batch = [](std::string_view name) {
    return [name](const std::string& t) {
      throw UsageError(fmt::format("{}={}: an ONNX model has its batch in its shapes; give "
                                   "--shapes=input:{}x...", name, t, t));
    };
  };
  return {
      {"--workspace", "MiB", "", [o, warn](const std::string& t) {
         o->workspace_bytes = parse_integer("--workspace", t) << 20;
         warn(fmt::format("--workspace={} means --memPoolSize=workspace:{} today", t, t));
       }, false, ""},
      {"--explicitBatch", "", "", ignore("--explicitBatch", "has no effect: every model has it"),
       false, ""},
      {"--explicitPrecision", "", "", ignore("--explicitPrecision", "has no effect today"), false, ""},
      {"--directIO", "", "", ignore("--directIO", "has no effect"), false, ""},
      {"--minTiming", "N", "", ignore("--minTiming", "has no effect; see --avgTiming"), false, ""},
      {"--batch", "N", "", no_batch("--batch"), false, ""},
      {"--maxBatch", "N", "", no_batch("--maxBatch"), false, ""},
      {"--buildOnly", "", "", [o, warn](const std::string&) {
         o->skip_inference = true;
         warn("--buildOnly means --skipInference today");
       }, false, ""},
      {"--nvtxMode", "mode", "", [o, warn](const std::string& t) {
         o->verbosity = t == "verbose" ? "detailed" : t == "none" ? "none" : "layer_names_only";
         warn(fmt::format("--nvtxMode={} means --profilingVerbosity={} today", t, o->verbosity));
       }, false, ""},
      {"--heuristic", "", "", [o, warn](const std::string&) {
         o->optimization_level = std::min(o->optimization_level, 2);
         warn("--heuristic means --builderOptimizationLevel=2 today");
       }, false, ""},
      {"--streams", "N", "", [o, warn](const std::string& t) {
         o->streams = static_cast<int>(parse_integer("--streams", t));
         if (o->streams < 1) throw UsageError("--streams must be at least 1");
         warn("--streams means --infStreams today");
       }, false, ""},
  };
}

}  // namespace ingot::apps
