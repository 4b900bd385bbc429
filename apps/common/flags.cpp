// Flags of the command line: see the header.
#include "apps/common/flags.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "apps/common/names.h"

namespace ingot::apps {
namespace {

class Parser {
 public:
  Parser(const std::vector<std::string>& arguments, const std::vector<Flag>& flags,
         std::vector<std::string>* words)
      : arguments_(arguments), flags_(flags), words_(words) {}

  void run() {
    while (next_ < arguments_.size()) parse_one(arguments_[next_++]);
    if (!problems_.empty()) throw UsageError(problems_);
  }

 private:
  void problem(std::string_view line) {
    if (!problems_.empty()) problems_ += '\n';
    problems_ += line;
  }

  void parse_one(const std::string& argument) {
    if (words_ && (!argument.starts_with("-") || argument == "-")) {
      words_->push_back(argument);
      return;
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const auto flag = std::find_if(flags_.begin(), flags_.end(), [&name](const Flag& candidate) {
      return candidate.name == name;
    });
    if (flag == flags_.end()) return unknown(name, argument, equals);
    bool has_value = equals != std::string::npos;
    std::string value = has_value ? argument.substr(equals + 1) : "";
    if (flag->value.empty() && has_value && !flag->any_value) {
      return problem(fmt::format("{} takes no value", name));
    }
    if (words_ && !flag->value.empty() && !has_value && next_ < arguments_.size() &&
        !arguments_[next_].starts_with("--")) {
      value = arguments_[next_++];
      has_value = true;
    }
    if (!flag->value.empty() && value.empty()) {
      return problem(fmt::format("{} needs a value: {}=<{}>", name, name, flag->value));
    }
    if (!seen_.insert(name).second && !flag->repeatable) {
      return problem(fmt::format("Unknown option: {}: it is given twice; remove one", argument));
    }
    try {
      flag->apply(value);
    } catch (const UsageError& error) {
      problem(error.what());
    }
  }

  void unknown(const std::string& name, const std::string& argument, size_t equals) {
    std::vector<std::string> names;
    for (const Flag& flag : flags_) {
      if (!flag.help.empty()) names.emplace_back(flag.name);
    }
    const std::string value = equals == std::string::npos ? "" : " " + argument.substr(equals + 1);
    problem(fmt::format("Unknown option: {}{}; {}", name, value, nearest_hint(name, names)));
  }

  const std::vector<std::string>& arguments_;
  const std::vector<Flag>& flags_;
  std::vector<std::string>* words_;
  size_t next_ = 0;
  std::string problems_;
  std::set<std::string> seen_;
};

template <typename T>
bool parse_whole(const std::string& text, T* value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && stop == end;
}

}  // namespace

void parse_flags(const std::vector<std::string>& arguments, const std::vector<Flag>& flags,
                 std::vector<std::string>* words) {
  Parser(arguments, flags, words).run();
}

std::string flags_help(const std::vector<Flag>& flags) {
  std::vector<std::string_view> groups;
  for (const Flag& flag : flags) {
    if (flag.help.empty()) continue;
    if (std::find(groups.begin(), groups.end(), flag.group) == groups.end()) {
      groups.push_back(flag.group);
    }
  }
  std::string text;
  for (std::string_view group : groups) {
    if (!group.empty()) text += fmt::format("\n=== {} ===\n", group);
    for (const Flag& flag : flags) {
      if (flag.help.empty() || flag.group != group) continue;
      std::string usage(flag.name);
      if (!flag.value.empty()) usage += fmt::format("=<{}>", flag.value);
      text += fmt::format("  {:<34} {}\n", usage, flag.help);
    }
  }
  return text;
}

int64_t parse_integer(std::string_view flag, const std::string& text) {
  int64_t value = 0;
  if (!parse_whole(text, &value)) {
    throw UsageError(fmt::format("{}: \"{}\" is not a whole number", flag, text));
  }
  return value;
}

double parse_number(std::string_view flag, const std::string& text) {
  double value = 0;
  if (!parse_whole(text, &value) || !std::isfinite(value)) {
    throw UsageError(fmt::format("{}: \"{}\" is not a number", flag, text));
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
      if (close == std::string::npos || close == 1 ||
          (close + 1 < item.size() && item[close + 1] != ':')) {
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

Apply set_text(std::string* target) {
  return [target](const std::string& value) { *target = value; };
}

Apply set_true(bool* target) {
  return [target](const std::string&) { *target = true; };
}

Apply set_integer(std::string_view flag, int* target, int low) {
  return [flag, target, low](const std::string& text) {
    constexpr int64_t kHigh = 1 << 30;
    const int64_t value = parse_integer(flag, text);
    if (value < low || value > kHigh) {
      throw UsageError(fmt::format("{}={} must be from {} to {}", flag, text, low, kHigh));
    }
    *target = static_cast<int>(value);
  };
}

Apply set_number(std::string_view flag, double* target, double low) {
  return [flag, target, low](const std::string& text) {
    const double value = parse_number(flag, text);
    if (value < low) throw UsageError(fmt::format("{}={} must be at least {}", flag, text, low));
    *target = value;
  };
}

}  // namespace ingot::apps
