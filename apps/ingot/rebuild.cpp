// ingot rebuild: builds an engine again for this machine, as it was built elsewhere.
#include <fmt/core.h>

#include "apps/common/build_engine.h"
#include "apps/common/build_flags.h"
#include "apps/common/console.h"
#include "apps/common/program.h"
#include "apps/ingot/command.h"
#include "ingot/engine.h"

namespace ingot::apps {
namespace {

std::vector<Flag> flags_of(BuildFlags* options) {
  std::vector<Flag> flags;
  flags.push_back({"--onnx", "file", "the source model (default: its name, beside the engine)",
                   set_text(&options->onnx)});
  flags.push_back({"-o", "file", "where the engine goes (default: in the old one's place)",
                   set_text(&options->save_engine)});
  add_build_flags(options, &flags);
  add_common_flags(options, &flags);
  return flags;
}

std::string beside(const std::string& plan, const std::string& name) {
  const size_t slash = plan.find_last_of('/');
  return slash == std::string::npos ? name : plan.substr(0, slash + 1) + name;
}

int run(const std::vector<std::string>& arguments) {
  BuildFlags given;
  std::vector<std::string> words;
  parse_flags(arguments, flags_of(&given), &words);
  const std::string path = only_word(words, "an engine file");
  set_activity(fmt::format("reading \"{}\"", path));
  const EngineInfo info = Engine::read_info(path);

  // What the engine was built with, then what is given now.
  BuildFlags options;
  std::vector<std::string> all = info.build_flags;
  for (const std::string& argument : arguments) {
    if (argument != path) all.push_back(argument);
  }
  parse_flags(all, flags_of(&options), &words);
  if (options.onnx.empty()) options.onnx = beside(path, info.model_name);
  if (options.save_engine.empty()) options.save_engine = path;
  if (options.verbose) show_lines(Severity::kVerbose, Severity::kVerbose);
  ingot::apps::info(fmt::format("Built for \"{}\" by Ingot {}", info.device, info.ingot_version));
  for (const std::string& flag : info.build_flags) ingot::apps::info("  " + flag);
  build_engine(options, options.threads > 0 ? options.threads : default_threads());
  const std::string hash = Engine::read_info(options.save_engine).model_hash;
  if (hash != info.model_hash) {
    warning(fmt::format("\"{}\" is not the model that the engine was built from (hash {}, was {})",
                        options.onnx, hash, info.model_hash));
  }
  return 0;
}

std::string help() {
  BuildFlags options;
  return flags_help(flags_of(&options));
}

}  // namespace

const Command kRebuildCommand = {"rebuild", "engine.plan [--onnx=model.onnx] [-o new.plan] [flags]",
                                 "Builds an engine again for this machine, with its own flags.",
                                 run, help};

}  // namespace ingot::apps
