// The list of commands, and what they share.
#include <fmt/core.h>

#include <cstdio>

#include "apps/common/console.h"
#include "apps/common/names.h"
#include "apps/common/program.h"
#include "apps/ingot/command.h"
#include "ingot/builder.h"
#include "ingot/engine.h"

namespace ingot::apps {
namespace {

constexpr const Command* kCommands[] = {
    &kBuildCommand, &kCalibrateCommand, &kRebuildCommand, &kRunCommand,   &kBenchCommand,
    &kEvalCommand,  &kInspectCommand,   &kExplainCommand, &kCheckCommand, &kEnvCommand,
    &kDocsCommand,  &kPassesCommand,    &kTacticsCommand};

std::string overview() {
  std::string text = "ingot: builds, runs and explains engines.\n\n";
  for (const Command* command : kCommands) {
    text += fmt::format("  {:<10} {}\n", command->name, command->summary);
  }
  return text + "\n`ingot COMMAND --help` tells more; `ingot --version` the version.\n";
}

std::string help_of(const Command& command) {
  return fmt::format("ingot {} {}\n{}\n{}", command.name, command.usage, command.summary,
                     command.help ? command.help() : "");
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command* command : kCommands) {
    if (command->name == name) return *command;
    names.emplace_back(command->name);
  }
  std::string known;
  for (const std::string& other : names) known += (known.empty() ? "" : ", ") + other;
  throw UsageError(fmt::format("there is no command \"{}\"; {}\ncommands: {}", name,
                               nearest_hint(name, names), known));
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" ||
      arguments[0] == "help") {
    print_text(overview());
    return 0;
  }
  if (arguments[0] == "--version" || arguments[0] == "version") {
    print_text(fmt::format("ingot {}\n", version()));
    return 0;
  }
  // Called by builds, not by users: no help lists it.
  if (arguments[0] == "try-steps" && arguments.size() == 2) {
    return serve_trials(static_cast<int>(parse_integer("try-steps", arguments[1])));
  }
  const Command& command = find_command(arguments[0]);
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  for (const std::string& argument : rest) {
    if (argument != "--help" && argument != "-h") continue;
    print_text(help_of(command));
    return 0;
  }
  return command.run(rest);
}

}  // namespace

std::span<const Command* const> all_commands() { return kCommands; }

int run_ingot(const std::vector<std::string>& arguments) {
  set_line_style(LineStyle::kPlain);
  show_lines(Severity::kInfo, Severity::kWarning);
  int code = 1;
  run_guarded([&] { code = dispatch(arguments); });
  return code;
}

std::string only_word(const std::vector<std::string>& words, std::string_view what) {
  if (words.empty()) throw UsageError(fmt::format("{} is missing", what));
  if (words.size() > 1) {
    throw UsageError(
        fmt::format("\"{}\" is one word too many: only {} is expected", words[1], what));
  }
  return words[0];
}

bool is_engine_file(const std::string& path) {
  constexpr std::string_view kMagic = "INGOTPLN";
  char start[8] = {};
  size_t got = 0;
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    got = std::fread(start, 1, sizeof start, file);
    std::fclose(file);
  }
  if (std::string_view(start, got) == kMagic) return true;
  return path.ends_with(".plan") || path.ends_with(".engine") || path.ends_with(".trt");
}

}  // namespace ingot::apps
