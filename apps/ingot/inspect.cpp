// ingot inspect: what a model or an engine file is made of.
#include <fmt/core.h>

#include <algorithm>

#include "apps/common/console.h"
#include "apps/common/program.h"
#include "apps/common/shapes.h"
#include "apps/ingot/command.h"
#include "ingot/builder.h"
#include "ingot/engine.h"

namespace ingot::apps {
namespace {

struct InspectFlags {
  bool unsupported = false, text = false;
};

std::vector<Flag> flags_of(InspectFlags* options) {
  return {{"--unsupported", "", "only what stands in the way of building the model, all of it",
           set_true(&options->unsupported)},
          {"--text", "", "the graph as text", set_true(&options->text)}};
}

void print_tensors(std::string_view title, const std::vector<TensorInfo>& tensors) {
  print_text(fmt::format("{}:\n", title));
  for (const TensorInfo& tensor : tensors) {
    print_text(fmt::format("  {:<5} {:<24} {}\n", dtype_name(tensor.dtype), dims_text(tensor),
                           tensor.name));
  }
}

void print_operators(const ModelSummary& summary) {
  std::vector<std::pair<std::string, int>> counts(summary.operators.begin(),
                                                  summary.operators.end());
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  int nodes = 0;
  for (const auto& [name, count] : counts) nodes += count;
  print_text(fmt::format("nodes: {}\n", nodes));
  for (const auto& [name, count] : counts) print_text(fmt::format("  {:>6}  {}\n", count, name));
}

int report_problems(const ModelSummary& summary) {
  for (const Problem& problem : summary.problems) error(problem.to_string());
  return summary.problems.empty() ? 0 : 1;
}

int inspect_model(const std::string& path, const InspectFlags& flags) {
  set_activity("reading \"" + path + "\"");
  const ModelSummary summary = summarize_model(path);
  if (flags.unsupported) {
    for (const Problem& problem : summary.problems) print_text(problem.to_string() + "\n");
    if (summary.problems.empty()) print_text("everything in this model is supported\n");
    return summary.problems.empty() ? 0 : 1;
  }
  if (flags.text) {
    if (!summary.problems.empty()) return report_problems(summary);
    print_text(Model::from_file(path).to_text());
    return 0;
  }
  std::string opsets;
  for (const auto& [domain, version] : summary.opsets) {
    opsets += fmt::format("{}{} {}", opsets.empty() ? "" : ", ", domain, version);
  }
  print_text(fmt::format("model: {}\nopset: {}\nIR version: {}\nproducer: {}\n", path, opsets,
                         summary.ir_version, summary.producer));
  if (summary.problems.empty()) {
    const Model model = Model::from_file(path);
    print_tensors("inputs", model.inputs());
    print_tensors("outputs", model.outputs());
    for (const Problem& problem : model.warnings()) print_warning(problem);
  }
  print_operators(summary);
  return report_problems(summary);
}

std::string range_text(const ProfileInfo::Input& input) {
  if (input.min == input.opt && input.opt == input.max) return input.opt.to_string();
  return fmt::format("min {}, opt {}, max {}", input.min.to_string(), input.opt.to_string(),
                     input.max.to_string());
}

// Of an engine that cannot run here the file is shown, and why it cannot.
int inspect_engine(const std::string& path, const InspectFlags& flags) {
  set_activity("loading \"" + path + "\"");
  EngineDescription engine = Engine::describe(path);
  if (flags.text) {
    print_text(engine.graph_text);
    return 0;
  }
  std::string here;
  try {
    engine.info = Engine::load(path)->info();
    here = fmt::format(
        "{}\nscratch memory at opt shapes: {}\n",
        engine.info.repacked_at_load ? " (another CPU: weights are repacked at load)" : "",
        bytes_text(static_cast<double>(engine.info.arena_bytes_at_opt)));
  } catch (const Error& error) {
    here = fmt::format(" (does not run here: {})\n", error.problems().front().what);
  }
  const EngineInfo& facts = engine.info;
  print_text(fmt::format(
      "engine: {}\nbuilt by: Ingot {}\nmodel's hash: {}\nsteps: {}\nfile: {}\nweights: {}\n"
      "for: {}{}",
      path, facts.ingot_version, facts.model_hash, facts.steps,
      bytes_text(static_cast<double>(facts.plan_bytes)),
      bytes_text(static_cast<double>(facts.weight_bytes)), facts.device, here));
  print_tensors("inputs", engine.inputs);
  print_tensors("outputs", engine.outputs);
  for (size_t i = 0; i < engine.profiles.size(); ++i) {
    print_text(fmt::format("profile {}:\n", i));
    for (const ProfileInfo::Input& input : engine.profiles[i].inputs) {
      print_text(fmt::format("  {}: {}\n", input.name, range_text(input)));
    }
  }
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  InspectFlags options;
  std::vector<std::string> words;
  parse_flags(arguments, flags_of(&options), &words);
  const std::string path = only_word(words, "a model or an engine file");
  return is_engine_file(path) ? inspect_engine(path, options) : inspect_model(path, options);
}

std::string help() {
  InspectFlags options;
  return flags_help(flags_of(&options));
}

}  // namespace

const Command kInspectCommand = {"inspect", "model.onnx|model.plan [--unsupported] [--text]",
                                 "Shows what a model or an engine is made of.", run, help};

}  // namespace ingot::apps
