// Flags of precision: see the header.
#include "apps/common/precision_flags.h"

#include <fmt/core.h>

#include "apps/common/names.h"

namespace ingot::apps {
namespace {

template <typename T>
T one_of(std::string_view flag, const std::string& text,
         const std::vector<std::pair<std::string, T>>& known) {
  std::vector<std::string> names;
  for (const auto& [name, value] : known) {
    if (name == text) return value;
    names.push_back(name);
  }
  throw UsageError(fmt::format("{}={}: {}", flag, text, nearest_hint(text, names)));
}

DType parse_type(std::string_view flag, const std::string& layer, const std::string& text) {
  const DType type = dtype_from_name(text);
  if (type != DType::kUndefined) return type;
  static const std::vector<std::string> kTypes = {"fp32",  "fp16",  "bf16", "int8",
                                                  "int32", "int64", "bool"};
  throw UsageError(fmt::format("{}: \"{}\" of layer \"{}\" is no type; {}", flag, text, layer,
                               nearest_hint(text, kTypes)));
}

void parse_layer_precisions(BuildFlags* target, const std::string& text) {
  for (const auto& [layer, type] : parse_name_values("--layerPrecisions", text)) {
    target->layer_precisions.push_back({layer, parse_type("--layerPrecisions", layer, type)});
  }
}

void parse_layer_output_types(BuildFlags* target, const std::string& text) {
  for (const auto& [layer, types] : parse_name_values("--layerOutputTypes", text)) {
    LayerOutputTypes wish{layer, {}};
    for (const std::string& type : split_list(types, '+')) {
      wish.dtypes.push_back(parse_type("--layerOutputTypes", layer, type));
    }
    target->layer_output_types.push_back(std::move(wish));
  }
}

VerifyMode parse_verify(const std::string& text) {
  // The flag alone asks for the check of every engine, in whatever precision.
  if (text.empty()) return VerifyMode::kWarn;
  return one_of<VerifyMode>("--verify", text,
                            {{"off", VerifyMode::kOff},
                             {"warn", VerifyMode::kWarn},
                             {"strict", VerifyMode::kStrict},
                             {"auto", VerifyMode::kAuto}});
}

}  // namespace

void add_precision_flags(BuildFlags* t, std::vector<Flag>* flags) {
  constexpr std::string_view kBuild = "Build Options", kOurs = "Options of Ingot's own";
  const auto add = [flags](Flag flag) { flags->push_back(std::move(flag)); };
  add({"--int8", "", "allow INT8 where it is faster; its ranges come from --calib or the model",
       set_true(&t->int8), false, kBuild});
  add({"--fp8", "", "allow FP8 (GPUs from Ada on)", set_true(&t->fp8), false, kBuild});
  add({"--best", "", "allow FP16, BF16 and INT8", set_true(&t->best), false, kBuild});
  add({"--calib", "file",
       "calibration cache, or data to calibrate with: folder, list, .npz, random",
       set_text(&t->calib), false, kBuild});
  add({"--calibProfile", "N", "profile whose opt shapes calibration uses (default 0)",
       set_integer("--calibProfile", &t->calib_profile, 0), false, kBuild});
  add({"--precisionConstraints", "mode",
       "none (default), prefer, obey: what the next two are worth",
       [t](const std::string& text) {
         t->precision_constraints =
             one_of<PrecisionConstraints>("--precisionConstraints", text,
                                          {{"none", PrecisionConstraints::kNone},
                                           {"prefer", PrecisionConstraints::kPrefer},
                                           {"obey", PrecisionConstraints::kObey}});
       },
       false, kBuild});
  add({"--layerPrecisions", "spec", "precision of layers by name, layer:fp32,/head/*:fp16",
       [t](const std::string& text) { parse_layer_precisions(t, text); }, true, kBuild});
  add({"--layerOutputTypes", "spec", "types of their outputs, layer:fp32,other:fp16+fp32",
       [t](const std::string& text) { parse_layer_output_types(t, text); }, true, kBuild});
  add({"--calibAlgo", "name", "auto (default), entropy, minmax, percentile, mse",
       set_text(&t->calib_algo), false, kOurs});
  add({"--calibPreprocess", "spec", "how images become inputs, resize=256,crop=224,scale=255",
       set_text(&t->calib_preprocess), false, kOurs});
  add({"--forceInt8", "", "keep INT8 also where it was measured to be slower",
       set_true(&t->force_int8), false, kOurs});
  add({"--verify", "", "compare with FP32: --verify=off, warn, strict, auto (default: below FP32)",
       [t](const std::string& text) { t->verify.mode = parse_verify(text); }, false, kOurs, true});
  add({"--verifyTolerance", "x", "largest relative error (RMS) of an output",
       set_number("--verifyTolerance", &t->verify.tolerance, 0), false, kOurs});
  add({"--verifyInputs", "spec", "raw inputs to compare with, name:file,...",
       [t](const std::string& text) {
         t->verify.inputs = parse_name_values("--verifyInputs", text);
       },
       false, kOurs});
  add({"--verifyData", "path", "samples to compare with: a folder, a list, a file",
       set_text(&t->verify.data), false, kOurs});
  add({"--verifySamples", "N", "compare at most so many (default 8)",
       set_integer("--verifySamples", &t->verify.samples, 1), false, kOurs});
}

void set_precision_options(const BuildFlags& flags, BuildOptions* options) {
  options->force_int8 = flags.force_int8;
  options->precision_constraints = flags.precision_constraints;
  options->layer_precisions = flags.layer_precisions;
  options->layer_output_types = flags.layer_output_types;
  options->verify = flags.verify;
  options->calibration.path = flags.calib;
  options->calibration.preprocess = flags.calib_preprocess;
  options->calibration.profile = flags.calib_profile;
  if (!flags.calib_algo.empty()) {
    options->calibration.algorithm = algorithm_from_name(flags.calib_algo);
  }
}

}  // namespace ingot::apps
