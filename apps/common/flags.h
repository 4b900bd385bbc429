// Flags of the command line: `--name` or `--name=value`, split at the first '='. Commands that also
// take words (`ingot build model.onnx -o model.plan`) may have the value as the next word.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ingot::apps {

/// A problem with the command line; `what()` is one line for a person, or several.
class UsageError : public std::exception {
 public:
  explicit UsageError(std::string text) : text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

/// One flag that a command understands.
struct Flag {
  std::string_view name;   ///< "--saveEngine"
  std::string_view value;  ///< "file" in help; empty: the flag takes no value
  std::string_view help;   ///< one sentence; empty: not in the help text
  /// Called for each occurrence in order; throws UsageError for a bad value.
  std::function<void(const std::string& value)> apply;
  bool repeatable = false;
  std::string_view group = "";  ///< heading in help
  bool any_value = false;       ///< applied with or without a value
};

/// Parses `arguments` (without the program's name). Unknown flags, a value too many or too few,
/// and repeated flags are all collected; throws UsageError with one line each, nearest names added.
/// @param words  receives what is no flag; if null, a word is a problem and a flag's value must
///               stand behind its '='
void parse_flags(const std::vector<std::string>& arguments, const std::vector<Flag>& flags,
                 std::vector<std::string>* words = nullptr);

/// Help text: flags by group, in the order of their first flags.
std::string flags_help(const std::vector<Flag>& flags);

// Values. Each throws UsageError naming the flag.
int64_t parse_integer(std::string_view flag, const std::string& text);
double parse_number(std::string_view flag, const std::string& text);

/// Items at separators outside single quotes.
std::vector<std::string> split_list(const std::string& text, char separator = ',');

/// Splits "name:value" items at commas outside single quotes, each at its last ':'; a name in
/// single quotes may hold anything.
std::vector<std::pair<std::string, std::string>> parse_name_values(std::string_view flag,
                                                                   const std::string& text);

// What flags usually do with their value.
using Apply = std::function<void(const std::string&)>;
Apply set_text(std::string* target);
Apply set_true(bool* target);
Apply set_integer(std::string_view flag, int* target, int low);
Apply set_number(std::string_view flag, double* target, double low);

}  // namespace ingot::apps
