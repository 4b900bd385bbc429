// ingot explain: why an engine is as it is, or what the passes make of a model.
#include "apps/common/build_flags.h"
#include "apps/common/console.h"
#include "apps/common/program.h"
#include "apps/ingot/command.h"
#include "apps/ingot/explain_text.h"
#include "ingot/engine.h"

namespace ingot::apps {
namespace {

struct ExplainFlags {
  BuildFlags build;
  bool json = false;
  std::string node;
};

std::vector<Flag> flags_of(ExplainFlags* options) {
  std::vector<Flag> flags = {
      {"--json", "", "the same for programs, complete", set_true(&options->json), false, "Output"},
      {"--node", "glob", "only steps of that name, or made of ONNX nodes of that name",
       set_text(&options->node), false, "Output"}};
  add_build_flags(&options->build, &flags);
  add_common_flags(&options->build, &flags);
  return flags;
}

int run(const std::vector<std::string>& arguments) {
  ExplainFlags options;
  std::vector<std::string> words;
  parse_flags(arguments, flags_of(&options), &words);
  const std::string path = only_word(words, "a model or an engine file");
  set_activity("explaining \"" + path + "\"");
  if (is_engine_file(path)) {
    const std::string json = Engine::describe(path).explain_json;
    print_text(options.json ? json + "\n" : explain_plan_text(json, options.node));
    return 0;
  }
  const Model model = Model::from_file(path);
  const std::string json =
      explain_model(model, build_options(options.build, model, options.build.threads));
  print_text(options.json ? json + "\n" : explain_model_text(json, options.node));
  return 0;
}

std::string help() {
  ExplainFlags options;
  return flags_help(flags_of(&options));
}

}  // namespace

const Command kExplainCommand = {
    "explain", "model.plan|model.onnx [--json] [--node=GLOB] [build flags for a model]",
    "Tells why each step is as it is: nodes, tactic, time, candidates, reasons.", run, help};

}  // namespace ingot::apps
