// Flags of the command line: see the header.
#include "apps/common/flags.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>

#include "apps/common/names.h"

namespace ingot::apps {

void parse_flags(const std::vector<std::string>& arguments, const std::vector<Flag>& flags,
                 std::vector<std::string>* positional) {
  std::vector<std::string> names;
  for (const Flag& flag : flags) names.emplace_back(flag.name);
  std::string problems;
  const auto problem = [&problems](std::string line) {
    problems += (problems.empty() ? "" : "\n") + std::move(line);
  };
  std::set<std::string> seen;
  for (const std::string& argument : arguments) {
    if (!argument.starts_with("-") && positional) {
      positional->push_back(argument);
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const auto found = std::find_if(flags.begin(), flags.end(),
                                    [&name](const Flag& flag) { return flag.name == name; });
    if (found == flags.end()) {
      const std::string value =
          equals == std::string::npos ? "" : " " + argument.substr(equals + 1);
      problem(fmt::format("Unknown option: {}{}; {}", name, value, nearest_hint(name, names)));
      continue;
    }
    const bool has_value = equals != std::string::npos;
    if (found->value.empty() && has_value) {
      problem(fmt::format("{} takes no value", name));
      continue;
    }
    if (!found->value.empty() && (!has_value || equals + 1 == argument.size())) {
      problem(fmt::format("{} needs a value: {}=<{}>", name, name, found->value));
      continue;
    }
    if (!seen.insert(name).second && !found->repeatable) {
      problem(fmt::format("Unknown option: {} is given twice; remove one", argument));
      continue;
    }
    try {
      found->apply(has_value ? argument.substr(equals + 1) : std::string());
    } catch (const UsageError& error) {
      problem(error.what());
    }
  }
  if (!problems.empty()) throw UsageError(problems);
}

std::string flags_help(const std::vector<Flag>& flags) {
  std::string text;
  std::string_view group;
  for (const Flag& flag : flags) {
    if (flag.help.empty()) continue;
    if (flag.group != group) {
      group = flag.group;
      text += fmt::format("\n=== {} ===\n", group);
    }
    std::string usage(flag.name);
    if (!flag.value.empty()) usage += fmt::format("=<{}>", flag.value);
    text += fmt::format("  {:<34} {}\n", usage, flag.help);
  }
  return text;
}

int64_t parse_integer(std::string_view flag, const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw UsageError(fmt::format("{}={} is not a whole number", flag, text));
  }
  return value;
}

double parse_number(std::string_view flag, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw UsageError(fmt::format("{}={} is not a number", flag, text));
  }
  return value;
}

std::vector<std::string> split_list(const std::string& text, char separator) {
  std::vector<std::string> items;
  bool quoted = false;
  std::string item;
  for (char c : text) {
    if (c == '\'') quoted = !quoted;
    if (c == separator && !quoted) {
      items.push_back(std::move(item));
      item.clear();
    } else {
      item += c;
    }
  }
  items.push_back(std::move(item));
  return items;
}

std::vector<std::pair<std::string, std::string>> parse_name_values(std::string_view flag,
                                                                   const std::string& text) {
  std::vector<std::pair<std::string, std::string>> result;
  for (const std::string& item : split_list(text)) {
    std::string name, value;
    if (item.starts_with('\'')) {
      const size_t close = item.find('\'', 1);
      if (close == std::string::npos || (close + 1 < item.size() && item[close + 1] != ':')) {
        throw UsageError(fmt::format("{}: \"{}\" should be 'name':value", flag, item));
      }
      name = item.substr(1, close - 1);
      value = close + 2 <= item.size() ? item.substr(close + 2) : "";
    } else {
      const size_t colon = item.rfind(':');
      if (colon == std::string::npos || colon == 0) {
        throw UsageError(fmt::format("{}: \"{}\" should be name:value", flag, item));
      }
      name = item.substr(0, colon);
      value = item.substr(colon + 1);
    }
    result.emplace_back(std::move(name), std::move(value));
  }
  return result;
}

}  // namespace ingot::apps
