// The cursor of the parsers, and texts of numbers and strings.
#include "core/node/text_reader.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>

#include "core/base/error.h"

namespace ingot {
namespace {

constexpr int kMaxDepth = 200;

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; }

}  // namespace

char TextReader::peek() {
  while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool TextReader::take(char c) {
  if (peek() != c || at_ == text_.size()) return false;
  ++at_;
  return true;
}

void TextReader::expect(char c) {
  if (!take(c)) fail_at(fmt::format("'{}'", c));
}

bool TextReader::take_word(std::string_view word) {
  peek();
  if (!rest().starts_with(word)) return false;
  const size_t end = at_ + word.size();
  if (end < text_.size() && in_word(text_[end])) return false;
  at_ = end;
  return true;
}

std::string_view TextReader::word() {
  peek();
  const size_t start = at_;
  while (at_ < text_.size() && in_word(text_[at_])) ++at_;
  if (at_ == start) fail_at("a word");
  return between(start, at_);
}

int64_t TextReader::integer() {
  peek();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
  if (error != std::errc()) fail_at("an integer of at most 64 bits");
  at_ = static_cast<size_t>(end - text_.data());
  return value;
}

double TextReader::number(bool* is_integer) {
  peek();
  double value = 0;
  const char* start = text_.data() + at_;
  const auto [end, error] = std::from_chars(start, text_.data() + text_.size(), value);
  if (error == std::errc::invalid_argument) fail_at("a number");
  // Out of range: from_chars leaves the value alone; all that was written is a float or double.
  if (error == std::errc::result_out_of_range) fail_at("a number in the range of a double");
  const std::string_view digits(start, static_cast<size_t>(end - start));
  if (is_integer) *is_integer = digits.find_first_not_of("-0123456789") == std::string_view::npos;
  at_ += digits.size();
  return value;
}

std::string TextReader::quoted() {
  expect('"');
  std::string result;
  for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size()) {
      c = text_[++at_];
      if (c == 'n') c = '\n';
    }
    result += c;
  }
  if (at_ >= text_.size()) fail_at("a closing '\"'");
  ++at_;
  return result;
}

std::string_view TextReader::bracketed() {
  const char first = peek();
  if (first != '(' && first != '[' && first != '{') fail_at("an opening bracket");
  const size_t start = at_;
  int open = 0;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      static_cast<void>(quoted());
      continue;
    }
    ++at_;
    if (c == '(' || c == '[' || c == '{') ++open;
    if ((c == ')' || c == ']' || c == '}') && --open == 0) return between(start, at_);
  }
  fail_at("a closing bracket");
}

void TextReader::enter() {
  if (++depth_ > kMaxDepth) fail_at("less nesting");
}

void TextReader::fail_at(std::string_view expected) const {
  constexpr size_t most = 60;  // enough to find the place in a long text
  const size_t start = at_ > most ? at_ - most : 0;
  fail({std::string(id_),
        fmt::format("expected {} at character {} of: {}{}{}", expected, at_ + 1,
                    start > 0 ? "..." : "", text_.substr(start, 2 * most),
                    start + 2 * most < text_.size() ? "..." : ""),
        "", "compare with the text that Ingot prints (ingot dump)"});
}

std::string quoted_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string float_text(double value) {
  return std::isnan(value) ? "nan" : fmt::format("{}", value);
}
std::string float_text(float value) { return std::isnan(value) ? "nan" : fmt::format("{}", value); }

}  // namespace ingot
