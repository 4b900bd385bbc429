// A command of the program `ingot`: one file each, listed in commands.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/flags.h"

namespace ingot::apps {

struct Command {
  std::string_view name;
  std::string_view usage;    ///< what follows the name: "model.onnx -o model.plan [flags]"
  std::string_view summary;  ///< one sentence
  /// Throws UsageError, Error or StatusError; returns the exit code.
  int (*run)(const std::vector<std::string>& arguments);
  /// The flags, for the help text; null: none.
  std::string (*help)();
};

extern const Command kBuildCommand, kCalibrateCommand, kRebuildCommand, kRunCommand, kBenchCommand,
    kInspectCommand, kExplainCommand, kEvalCommand, kCheckCommand, kEnvCommand, kDocsCommand,
    kPassesCommand, kTacticsCommand;

std::span<const Command* const> all_commands();

/// Runs `ingot` with these arguments (the program's name left out); returns the exit code.
int run_ingot(const std::vector<std::string>& arguments);

/// The single word that a command takes; throws UsageError naming what is missing or too many.
std::string only_word(const std::vector<std::string>& words, std::string_view what);

/// Whether the file is an engine rather than an ONNX model: told by its first bytes, or by its
/// name where it has none.
bool is_engine_file(const std::string& path);

}  // namespace ingot::apps
