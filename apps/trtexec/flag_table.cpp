// The flags of trtexec that Ingot has: see the header.
#include "apps/trtexec/flag_table.h"

#include <fmt/core.h>

#include <algorithm>

namespace ingot::apps {
namespace {

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

}  // namespace

std::vector<Flag> trtexec_flags(TrtexecOptions* o) {
  constexpr std::string_view kModel = "Model Options", kBuild = "Build Options",
                             kRun = "Inference Options", kReport = "Reporting Options",
                             kSystem = "System Options";
  std::vector<Flag> flags = {
      {"--onnx", "file", "ONNX model", set_text(&o->onnx), false, kModel},
      {"--saveEngine", "file", "write the engine", set_text(&o->save_engine), false, kBuild},
      {"--loadEngine", "file", "run an engine instead of building one", set_text(&o->load_engine),
       false, kBuild},
      {"--skipInference", "", "build only", set_true(&o->skip_inference), false, kBuild}};
  add_build_flags(o, &flags);
  add_common_flags(o, &flags);
  const std::vector<Flag> more = {
      {"--loadInputs", "spec", "raw little-endian data, name:file,...",
       [o](const std::string& t) { o->load_inputs = parse_name_values("--loadInputs", t); }, false,
       kRun},
      {"--iterations", "N", "at least N runs (default 10)",
       set_integer("--iterations", &o->iterations, 1), false, kRun},
      {"--warmUp", "ms", "warm-up before measuring (default 200)",
       set_number("--warmUp", &o->warm_up_ms, 0), false, kRun},
      {"--duration", "s", "run at least so long (default 3; -1: endless)",
       set_number("--duration", &o->duration_s, -1), false, kRun},
      {"--sleepTime", "ms", "delay between launch and compute",
       set_number("--sleepTime", &o->sleep_ms, 0), false, kRun},
      {"--idleTime", "ms", "pause between two runs", set_number("--idleTime", &o->idle_ms, 0),
       false, kRun},
      {"--infStreams", "N", "requests at a time; the cores are split among them (default 1)",
       set_integer("--infStreams", &o->streams, 1), false, kRun},
      {"--useCudaGraph", "", "one CUDA graph a run (a GPU's)", set_true(&o->cuda_graph), false,
       kRun},
      {"--useSpinWait", "", "spin for the end of a run (a GPU's)", set_true(&o->spin_wait), false,
       kRun},
      {"--noDataTransfers", "", "no transfers to and from the device", set_true(&o->no_transfers),
       false, kRun},
      {"--useProfile", "i", "profile to run with (default 0)",
       set_integer("--useProfile", &o->profile_index, 0), false, kRun},
      {"--separateProfileRun", "", "a run of its own for the layer profile",
       set_true(&o->separate_profile), false, kRun},

      {"--avgRuns", "N", "runs in one line of the trace (default 10)",
       set_integer("--avgRuns", &o->average_runs, 1), false, kReport},
      {"--percentile", "P,...", "percentiles to report (default 90,95,99)",
       [o](const std::string& t) { parse_percentiles(o, t); }, false, kReport},
      {"--dumpOutput", "", "print the outputs of the last run", set_true(&o->dump_output), false,
       kReport},
      {"--dumpProfile", "", "print the time of every layer", set_true(&o->dump_profile), false,
       kReport},
      {"--dumpLayerInfo", "", "print what the engine is made of", set_true(&o->dump_layer_info),
       false, kReport},
      {"--dumpOptimizationProfile", "", "print the profiles of the engine",
       set_true(&o->dump_optimization_profile), false, kReport},
      {"--exportTimes", "file", "times of all runs as JSON", set_text(&o->export_times), false,
       kReport},
      {"--exportOutput", "file", "outputs as JSON", set_text(&o->export_output), false, kReport},
      {"--exportProfile", "file", "times of layers as JSON", set_text(&o->export_profile), false,
       kReport},
      {"--exportLayerInfo", "file", "what the engine is made of, as JSON",
       set_text(&o->export_layer_info), false, kReport},

      {"--help", "", "this text (-h too)", set_true(&o->help), false, kSystem},
      {"-h", "", "", set_true(&o->help), false, kSystem},
  };
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

std::vector<Flag> missing_flags() {
  constexpr std::string_view kNames[] = {"--int4",
                                         "--minShapesCalib",
                                         "--optShapesCalib",
                                         "--maxShapesCalib",
                                         "--inputIOFormats",
                                         "--outputIOFormats",
                                         "--refit",
                                         "--stripWeights",
                                         "--stripAllWeights",
                                         "--weightless",
                                         "--versionCompatible",
                                         "--vc",
                                         "--excludeLeanRuntime",
                                         "--leanDLLPath",
                                         "--useRuntime",
                                         "--pluginInstanceNorm",
                                         "--pi",
                                         "--uint8AsymmetricQuantizationDLA",
                                         "--reportCapabilityDLA",
                                         "--adjustForDLA",
                                         "--enablePluginOverride",
                                         "--monitorMemory",
                                         "--sparsity",
                                         "--stronglyTyped",
                                         "--distributiveIndependence",
                                         "--layerDeviceTypes",
                                         "--decomposableAttentions",
                                         "--safe",
                                         "--dumpKernelText",
                                         "--buildDLAStandalone",
                                         "--allowGPUFallback",
                                         "--consistency",
                                         "--restricted",
                                         "--cpuOnly",
                                         "--remoteAutoTuningConfig",
                                         "--asyncFileReader",
                                         "--getPlanVersionOnly",
                                         "--tacticSources",
                                         "--noCompilationCache",
                                         "--errorOnTimingCacheMiss",
                                         "--preview",
                                         "--maxTactics",
                                         "--tilingOptimizationLevel",
                                         "--l2LimitForTiling",
                                         "--hardwareCompatibilityLevel",
                                         "--runtimePlatform",
                                         "--tempdir",
                                         "--tempfileControls",
                                         "--maxAuxStreams",
                                         "--allowWeightStreaming",
                                         "--markDebug",
                                         "--markUnfusedTensorsAsDebugTensors",
                                         "--refitFromOnnx",
                                         "--exposeDMA",
                                         "--useManagedMemory",
                                         "--timeDeserialize",
                                         "--timeRefit",
                                         "--persistentCacheRatio",
                                         "--allocationStrategy",
                                         "--saveDebugTensors",
                                         "--saveAllDebugTensors",
                                         "--weightStreamingBudget",
                                         "--dumpRefit",
                                         "--dumpRawBindingsToFile",
                                         "--useDLACore",
                                         "--staticPlugins",
                                         "--dynamicPlugins",
                                         "--setPluginsToSerialize",
                                         "--ignoreParsedPluginLibs",
                                         "--safetyPlugins",
                                         "--plugins",
                                         "--uff",
                                         "--uffInput",
                                         "--uffNHWC",
                                         "--deploy",
                                         "--model",
                                         "--output"};
  std::vector<Flag> flags;
  for (std::string_view name : kNames) {
    flags.push_back({name, "", "",
                     [name](const std::string&) {
                       throw UsageError(fmt::format("{} is not supported yet", name));
                     },
                     true, "", true});
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
      throw UsageError(
          fmt::format("{}={}: an ONNX model has its batch in its shapes; give "
                      "--shapes=input:{}x...",
                      name, t, t));
    };
  };
  return {
      {"--workspace", "MiB", "",
       [o, warn](const std::string& t) {
         o->workspace_bytes = parse_size("--workspace", t);
         warn(fmt::format("--workspace={} means --memPoolSize=workspace:{} today", t, t));
       },
       false, ""},
      {"--explicitBatch", "", "", ignore("--explicitBatch", "has no effect: every model has it"),
       false, ""},
      {"--explicitPrecision", "", "", ignore("--explicitPrecision", "has no effect today"), false,
       ""},
      {"--directIO", "", "", ignore("--directIO", "has no effect"), false, ""},
      {"--minTiming", "N", "", ignore("--minTiming", "has no effect; see --avgTiming"), false, ""},
      {"--batch", "N", "", no_batch("--batch"), false, ""},
      {"--maxBatch", "N", "", no_batch("--maxBatch"), false, ""},
      {"--buildOnly", "", "",
       [o, warn](const std::string&) {
         o->skip_inference = true;
         warn("--buildOnly means --skipInference today");
       },
       false, ""},
      {"--nvtxMode", "mode", "",
       [o, warn](const std::string& t) {
         o->verbosity = t == "verbose" ? "detailed" : t == "none" ? "none" : "layer_names_only";
         warn(fmt::format("--nvtxMode={} means --profilingVerbosity={} today", t, o->verbosity));
       },
       false, ""},
      {"--heuristic", "", "",
       [o, warn](const std::string&) {
         o->optimization_level = std::min(o->optimization_level, 2);
         warn("--heuristic means --builderOptimizationLevel=2 today");
       },
       false, ""},
      {"--streams", "N", "",
       [o, warn](const std::string& t) {
         set_integer("--streams", &o->streams, 1)(t);
         warn("--streams means --infStreams today");
       },
       false, ""},
  };
}

}  // namespace ingot::apps
