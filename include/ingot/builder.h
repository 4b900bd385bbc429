// Building: read an ONNX model, say what is allowed, get an engine file.
//
//   ingot::Model model = ingot::Model::from_file("resnet50.onnx");
//   ingot::BuildOptions options;
//   options.profiles = {{{"input", {.min = {1,3,224,224}, .opt = {8,3,224,224}, .max = {32,3,224,224}}}}};
//   ingot::BuildResult result = ingot::build(model, options);
//   result.save("resnet50.plan");
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingot/calibration.h"
#include "ingot/error.h"
#include "ingot/precision.h"
#include "ingot/types.h"

namespace ingot {

/// A model that was read and understood. Immutable, cheap to copy, usable from any thread.
class Model {
 public:
  /// Maps the file and reads it. Throws Error with every problem of the model.
  static Model from_file(const std::string& path);

  const std::string& path() const;
  std::vector<TensorInfo> inputs() const;
  std::vector<TensorInfo> outputs() const;
  /// Non-fatal findings, such as NaN weights.
  const std::vector<Problem>& warnings() const;
  /// The graph as read, in Ingot's text form.
  std::string to_text() const;

  struct State;
  const State& state() const { return *state_; }
  explicit Model(std::shared_ptr<const State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<const State> state_;
};

/// What an ONNX file says of itself, and what stands in the way of building it.
struct ModelSummary {
  int64_t ir_version = 0;
  std::string producer;                   ///< "pytorch 2.9.0"
  std::map<std::string, int64_t> opsets;  ///< by domain; the standard one is "ai.onnx"
  std::map<std::string, int> operators;   ///< nodes by operator, subgraphs included
  std::vector<Problem> problems;          ///< why Model::from_file would throw; empty: it would not
};

/// Throws Error only for what cannot be read as ONNX at all.
ModelSummary summarize_model(const std::string& path);

/// Bounds of one dynamic input. All three have the input's rank and min <= opt <= max per axis.
struct ShapeRange {
  Shape min, opt, max;
};

/// One optimization profile: the ranges of the inputs, by name. An input that is static in the
/// model needs none.
using Profile = std::map<std::string, ShapeRange>;

/// Where a build is, for progress displays. Times are in seconds.
struct BuildProgress {
  /// "calibrate", "passes", "tune", "schedule", "pack", "compare", "verify", "write"
  std::string_view stage;
  std::string_view item;  ///< the pass, node or tactic at work
  int done = 0, total = 0;
  double elapsed_seconds = 0;
  double remaining_seconds = -1;  ///< -1 when unknown
};

struct BuildOptions {
  std::vector<Profile> profiles;  ///< empty: static inputs as they are, dynamic dims become 1

  // Permissions: precisions that the builder may use besides FP32.
  bool allow_fp16 = false;
  bool allow_bf16 = false;
  /// Needs ranges: a calibration, or a model that has its own QuantizeLinear nodes (which run in
  /// INT8 without it, too).
  bool allow_int8 = false;
  bool allow_fp8 = false;   ///< a GPU's, from Ada on
  bool allow_tf32 = true;   ///< a GPU's; the CPU always computes in FP32
  bool force_int8 = false;  ///< INT8 also where it was measured to be slower

  PrecisionConstraints precision_constraints = PrecisionConstraints::kNone;
  std::vector<LayerPrecision> layer_precisions;
  std::vector<LayerOutputTypes> layer_output_types;
  CalibrationOptions calibration;  ///< where the ranges of INT8 come from
  VerifyOptions verify;

  std::string device = "auto";    ///< "auto", "cpu", the index of a GPU or its UUID
  int threads = 0;                ///< 0: INGOT_THREADS or the cores of the process
  int optimization_level = 3;     ///< 0 (first tactic that works) to 5 (exhaustive), as in trtexec
  double time_limit_seconds = 0;  ///< 0: none; the best engine found so far is returned
  int average_timing = 8;         ///< timed repeats of one candidate
  int64_t workspace_bytes = -1;   ///< limit on one step's scratch memory; -1: none
  std::string timing_cache_path;  ///< empty: no file
  bool use_timing_cache = true;   ///< false: no file, and equal nodes are timed again
  std::vector<std::string> tactics;          ///< "+pattern" / "-pattern", globs on tactic names
  std::vector<std::string> disabled_passes;  ///< names of passes to skip
  std::string dump_passes_directory;         ///< one text file a pass; empty: none
  bool verify_passes = false;                ///< run the graph verifier after every pass
  bool layer_information = true;             ///< false: the plan tells nothing of its layers
  bool detailed_layer_information = false;   ///< --profilingVerbosity=detailed

  std::function<void(const BuildProgress&)> on_progress;
};

/// What was built, and what it took.
struct BuildResult {
  std::shared_ptr<const std::vector<std::byte>> plan;  ///< bytes of the engine file
  std::vector<std::pair<std::string, double>> stage_seconds;
  std::vector<std::pair<std::string, double>> slowest_items;  ///< what took longest to tune
  std::vector<Problem> warnings;
  PrecisionReport precision;
  AccuracyReport accuracy;

  /// Writes the plan atomically: the file appears whole or not at all, and an older file of that
  /// name stays as it was when anything fails. Throws Error.
  void save(const std::string& path) const;
};

/// Compiles `model`. Throws Error. Uses all cores that it may; one build at a time is best.
BuildResult build(const Model& model, const BuildOptions& options);

/// What `ingot try-steps` is, which builds for a GPU call at level 5: runs the steps that are named on
/// standard input, one after another, so that one which crashes takes this process with it and not
/// the build. Returns the exit code.
int serve_trials(int device);

/// A report on `model` after the passes, before tuning (used by `ingot explain m.onnx`), as JSON:
/// {"nodes": [...], "passes": [{"name", "changed", "seconds", "near_misses": [...]}]}.
std::string explain_model(const Model& model, const BuildOptions& options);

/// One line for each pass: name and why it exists.
std::vector<std::pair<std::string, std::string>> list_passes();

/// Names of all tactics, in the order in which they are tried.
std::vector<std::string> list_tactics();

/// docs/ops.md: the operators with attributes, generated from their definitions (Markdown).
std::string operators_reference();

}  // namespace ingot
