// ingot env, docs, passes, tactics: what this Ingot is and has.
#include <fmt/core.h>

#include <cstdlib>

#include "apps/common/console.h"
#include "apps/common/names.h"
#include "apps/ingot/command.h"
#include "ingot/builder.h"
#include "ingot/engine.h"

namespace ingot::apps {
namespace {

void expect_no_words(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  parse_flags(arguments, {}, &words);
  if (!words.empty()) throw UsageError(fmt::format("\"{}\" is one word too many", words[0]));
}

int run_env(const std::vector<std::string>& arguments) {
  expect_no_words(arguments);
  for (const std::string& line : environment_report(/*with_libraries=*/true))
    print_text(line + "\n");
  print_text("\nenvironment variables:\n");
  for (const auto& [name, help] : list_environment_variables()) {
    const char* value = std::getenv(name.c_str());
    print_text(fmt::format("  {:<18} {} ({})\n", name, help,
                           value ? fmt::format("now {}", value) : std::string("not set")));
  }
  return 0;
}

int run_docs(const std::vector<std::string>& arguments) {
  static const std::vector<std::string> kPages = {"ops"};
  std::vector<std::string> words;
  parse_flags(arguments, {}, &words);
  const std::string page = only_word(words, "the name of a page (ops)");
  if (page != "ops") {
    throw UsageError(
        fmt::format("there is no page \"{}\"; pages: ops; {}", page, nearest_hint(page, kPages)));
  }
  print_text(operators_reference());
  return 0;
}

int run_passes(const std::vector<std::string>& arguments) {
  expect_no_words(arguments);
  for (const auto& [name, why] : list_passes()) print_text(fmt::format("{:<32} {}\n", name, why));
  return 0;
}

int run_tactics(const std::vector<std::string>& arguments) {
  expect_no_words(arguments);
  for (const std::string& name : list_tactics()) print_text(name + "\n");
  return 0;
}

}  // namespace

const Command kEnvCommand = {
    "env", "", "Tells versions, devices, libraries, environment variables.", run_env, nullptr};
const Command kDocsCommand = {"docs", "ops", "Prints a generated page of the documentation.",
                              run_docs, nullptr};
const Command kPassesCommand = {"passes", "", "Lists the passes in their order.", run_passes,
                                nullptr};
const Command kTacticsCommand = {"tactics", "", "Lists the tactics in the order of trial.",
                                 run_tactics, nullptr};

}  // namespace ingot::apps
