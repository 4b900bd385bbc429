// ingot check: reads a model or an engine file and verifies all of it.
#include <fmt/core.h>

#include "apps/common/console.h"
#include "apps/common/program.h"
#include "apps/ingot/command.h"
#include "ingot/builder.h"
#include "ingot/engine.h"

namespace ingot::apps {
namespace {

int check_model(const std::string& path) {
  const Model model = Model::from_file(path);
  for (const Problem& problem : model.warnings()) print_warning(problem);
  print_text(fmt::format("{}: good; Ingot can build it\n", path));
  return 0;
}

int check_engine(const std::string& path) {
  const EngineDescription file = Engine::describe(path);
  std::shared_ptr<const Engine> engine;
  try {
    engine = Engine::load(path);
  } catch (const Error& refused) {
    const Problem& problem = refused.problems().front();
    if (problem.id != "device.not_available" && problem.id != "plan.other_gpu") throw;
    print_text(fmt::format("{}: whole; built for {}, which is not here: {}\n", path,
                           file.info.device, problem.what));
    return 0;
  }
  // Preparing a context packs weights and makes kernels: what loading alone does not prove.
  Context context(engine);
  const Status status = context.prepare();
  if (!status.ok()) {
    error(status.message());
    return 1;
  }
  print_text(fmt::format("{}: good; {}\n", path,
                         engine->info().repacked_at_load
                             ? "it was built for another CPU (" + engine->info().device +
                                   "): it runs here, its weights are repacked at load"
                             : "it fits this machine"));
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  parse_flags(arguments, {}, &words);
  const std::string path = only_word(words, "a model or an engine file");
  set_activity("checking \"" + path + "\"");
  return is_engine_file(path) ? check_engine(path) : check_model(path);
}

}  // namespace

const Command kCheckCommand = {"check", "model.onnx|model.plan",
                               "Verifies a model or an engine file; exit code 1 if it is bad.", run,
                               nullptr};

}  // namespace ingot::apps
