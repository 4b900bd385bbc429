// ingot build model.onnx -o model.plan: the build of trtexec without its measurement.
#include <fmt/core.h>

#include "apps/common/build_engine.h"
#include "apps/common/console.h"
#include "apps/ingot/command.h"

namespace ingot::apps {
namespace {

std::vector<Flag> flags_of(BuildFlags* options) {
  std::vector<Flag> flags = {
      {"-o", "file", "where to write the engine (default: the model's name with .plan)",
       set_text(&options->save_engine), false, "Output"},
      {"--saveEngine", "file", "the same", set_text(&options->save_engine), false, "Output"}};
  add_build_flags(options, &flags);
  add_common_flags(options, &flags);
  return flags;
}

std::string default_output(const std::string& model) {
  const size_t slash = model.find_last_of('/');
  const size_t dot = model.find_last_of('.');
  const bool has_ending = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return model.substr(0, has_ending ? dot : std::string::npos) + ".plan";
}

int run(const std::vector<std::string>& arguments) {
  BuildFlags options;
  std::vector<std::string> words;
  parse_flags(arguments, flags_of(&options), &words);
  options.onnx = only_word(words, "an ONNX model");
  if (options.save_engine.empty()) options.save_engine = default_output(options.onnx);
  for (const std::string& line : options.warnings) warning(line);
  if (options.verbose) show_lines(Severity::kVerbose, Severity::kVerbose);
  build_engine(options, options.threads > 0 ? options.threads : default_threads());
  return 0;
}

std::string help() {
  BuildFlags options;
  return flags_help(flags_of(&options));
}

}  // namespace

const Command kBuildCommand = {"build", "model.onnx [-o model.plan] [flags]",
                               "Builds an engine from an ONNX model.", run, help};

}  // namespace ingot::apps
