// Asking cuDNN's heuristics, and making plans.
#include "runtime/cuda/cudnn/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/base/error.h"

namespace ingot {
namespace {

[[noreturn]] void unsupported(std::string what) {
  fail({"step.unsupported", std::move(what), "", "another configuration or tactic serves"});
}

struct Configuration {
  CudnnDescriptor descriptor;
  std::string text;
};

/// "eng41{2=3,4=1}": index of the engine, knobs by their numbers in cudnnBackendKnobType_t.
std::string configuration_text(const CudnnDescriptor& configuration,
                               const CudnnDescriptor& engine) {
  std::vector<std::pair<int, int64_t>> knobs;
  for (const CudnnDescriptor& choice :
       configuration.descriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
                                 CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS)) {
    knobs.emplace_back(choice.value<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
                       choice.value<int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  }
  std::sort(knobs.begin(), knobs.end());
  std::string text = fmt::format("eng{}", engine.value<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
  for (size_t i = 0; i < knobs.size(); ++i) {
    text += fmt::format("{}{}={}", i == 0 ? "{" : ",", knobs[i].first, knobs[i].second);
  }
  return knobs.empty() ? text : text + "}";
}

/// Reads numbers of a text with the signs between them.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), rest_(text) {}
  bool skip(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }
  void expect(std::string_view prefix) {
    if (!skip(prefix)) bad();
  }
  int64_t number() {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) bad();
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }
  void end() const {
    if (!rest_.empty()) bad();
  }

 private:
  [[noreturn]] void bad() const {
    fail({"plan.malformed", fmt::format("\"{}\" is no configuration of cuDNN", text_), "",
          "write it as in eng41{2=3,4=1}, or rebuild the plan"});
  }
  std::string_view text_, rest_;
};

/// True if the engine rounds more than was allowed, or gives other results from run to run.
bool breaks_limits(const CudnnDescriptor& engine, const CudnnLimits& limits) {
  for (const auto note : engine.values<cudnnBackendNumericalNote_t>(
           CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT)) {
    switch (note) {
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
        return true;
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:
        if (limits.is_f32 && !limits.allow_tf32) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

CudnnDescriptor engine_of(const CudnnDescriptor& configuration) {
  std::vector<CudnnDescriptor> engines =
      configuration.descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  INGOT_CHECK(engines.size() == 1);
  return std::move(engines[0]);
}

std::vector<Configuration> recommended(const CudnnGraph& graph, const CudnnTarget& target,
                                       const CudnnLimits& limits) {
  std::vector<Configuration> result;
  std::string why;
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.descriptor())
        .set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
    if (target.properties) {
      heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.properties);
    }
    if (!heuristics.try_finalize(&why)) continue;
    for (CudnnDescriptor& configuration : heuristics.descriptors(
             CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)) {
      const CudnnDescriptor engine = engine_of(configuration);
      if (breaks_limits(engine, limits)) continue;
      std::string text = configuration_text(configuration, engine);
      if (std::any_of(result.begin(), result.end(),
                      [&](const Configuration& known) { return known.text == text; })) {
        continue;
      }
      result.push_back({std::move(configuration), std::move(text)});
    }
  }
  if (result.empty()) {
    unsupported(fmt::format("cuDNN has no engine for this{}{}", why.empty() ? "" : ": ", why));
  }
  return result;
}

std::optional<CudnnDescriptor> make_plan(const CudnnDescriptor& configuration,
                                         const CudnnTarget& target, std::string* why) {
  CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  if (target.handle) plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
  if (target.properties) plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.properties);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  if (!plan.try_finalize(why)) return std::nullopt;
  return plan;
}

}  // namespace

CudnnPlan::CudnnPlan(CudnnDescriptor plan, std::string text)
    : plan_(std::move(plan)),
      text_(std::move(text)),
      workspace_bytes_(plan_.value<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)) {}

CudnnPlan CudnnPlan::from_text(const CudnnGraph& graph, const CudnnTarget& target,
                               std::string_view text) {
  Reader reader(text);
  reader.expect("eng");
  CudnnDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph.descriptor())
      .set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, reader.number());
  if (target.properties) engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, *target.properties);
  engine.finalize();
  std::vector<CudnnDescriptor> choices;
  std::vector<cudnnBackendDescriptor_t> raw;
  if (reader.skip("{")) {
    do {
      CudnnDescriptor& choice = choices.emplace_back(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
      choice.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE,
                 static_cast<cudnnBackendKnobType_t>(reader.number()));
      reader.expect("=");
      choice.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, reader.number()).finalize();
      raw.push_back(choice.get());
    } while (reader.skip(","));
    reader.expect("}");
  }
  reader.end();
  CudnnDescriptor configuration(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  configuration.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  if (!raw.empty()) configuration.set_all(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, raw);
  configuration.finalize();
  std::string why;
  std::optional<CudnnDescriptor> plan = make_plan(configuration, target, &why);
  if (!plan) unsupported(fmt::format("cuDNN cannot make a plan of {}: {}", text, why));
  return CudnnPlan(std::move(*plan), std::string(text));
}

CudnnPlan CudnnPlan::ranked(const CudnnGraph& graph, const CudnnTarget& target,
                            const CudnnLimits& limits, int rank) {
  std::vector<Configuration> configurations = recommended(graph, target, limits);
  if (rank >= static_cast<int>(configurations.size())) {
    unsupported(fmt::format("cuDNN has only {} configurations", configurations.size()));
  }
  // Plans of runtime-compiled engines take a second each, so that a higher rank makes its own alone.
  const size_t end = rank == 0 ? configurations.size() : static_cast<size_t>(rank) + 1;
  std::string why;
  for (auto i = static_cast<size_t>(rank); i < end; ++i) {
    Configuration& configuration = configurations[i];
    std::optional<CudnnDescriptor> plan = make_plan(configuration.descriptor, target, &why);
    if (!plan) {
      why = fmt::format("{}: {}", configuration.text, why);
      continue;
    }
    CudnnPlan made(std::move(*plan), configuration.text);
    if (limits.workspace_bytes < 0 || made.workspace_bytes() <= limits.workspace_bytes) {
      return made;
    }
    why = fmt::format("{} needs a workspace of {} bytes, the limit is {}", configuration.text,
                      made.workspace_bytes(), limits.workspace_bytes);
  }
  unsupported(fmt::format("cuDNN's configuration of rank {} does not work: {}", rank, why));
}

void CudnnPlan::execute(cudnnHandle_t handle, void* stream, const std::vector<int64_t>& ids,
                        const std::vector<void*>& pointers, void* workspace) const {
  const CudnnLibrary& cudnn = cudnn_library();
  CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set_all(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids)
      .set_addresses(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, pointers)
      .set_addresses(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, {workspace})
      .finalize();
  cudnnStatus_t status = cudnn.cudnnSetStream(handle, static_cast<cudaStream_t>(stream));
  if (status == CUDNN_STATUS_SUCCESS) {
    status = cudnn.cudnnBackendExecute(handle, plan_.get(), pack.get());
  }
  if (status != CUDNN_STATUS_SUCCESS) {
    fail({"cuda.cudnn_failed", fmt::format("cuDNN, {}: {}", text_, cudnn_error_text(status)), "",
          "report it with the version of cuDNN; --tactics=-cudnn.* goes without"});
  }
}

std::vector<std::string> cudnn_configurations(const CudnnGraph& graph, const CudnnTarget& target,
                                              const CudnnLimits& limits) {
  std::vector<std::string> texts;
  for (const Configuration& configuration : recommended(graph, target, limits)) {
    texts.push_back(configuration.text);
  }
  return texts;
}

}  // namespace ingot
