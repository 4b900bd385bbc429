// The text form of dims. Grammar:
//
//   sum     = ['-'] product { ('+' | '-') product }
//   product = factor { '*' factor }
//   factor  = number | symbol | ("floor_div" | "ceil_div" | "min" | "max") '(' sum {',' sum} ')'
//           | '(' sum ')'
//   symbol  = letters, digits, '_', '.', not a digit first; or any text in double quotes
#include <cctype>
#include <charconv>

#include "core/base/error.h"
#include "core/tensor/dim.h"
#include "core/tensor/dim_polynomial.h"

namespace ingot {
namespace {

constexpr std::string_view kFunctions[] = {"", "floor_div", "ceil_div", "min", "max"};

bool starts_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool in_word(char c) {
  return starts_word(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '.';
}

std::string quoted(const std::string& name) {
  bool plain = !name.empty() && starts_word(name[0]);
  for (const char c : name) plain = plain && in_word(c);
  if (plain) return name;
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

std::string text_of(const Atom& atom) {
  if (atom.kind == Atom::kSymbol) return quoted(atom.name);
  std::string text = std::string(kFunctions[atom.kind]) + "(";
  for (size_t i = 0; i < atom.arguments.size(); ++i) {
    if (i > 0) text += ',';
    text += atom.arguments[i].to_string();
  }
  return text + ")";
}

std::string text_of(const Term& term) {
  if (term.monomial.empty()) return std::to_string(term.coefficient);
  std::string text;
  if (term.coefficient == -1) text = "-";
  if (term.coefficient != 1 && term.coefficient != -1) {
    text = std::to_string(term.coefficient) + "*";
  }
  bool first = true;
  for (const Factor& factor : term.monomial) {
    for (int i = 0; i < factor.power; ++i) {
      if (!first) text += '*';
      text += text_of(*factor.atom);
      first = false;
    }
  }
  return text;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Dim parse_all() {
    Dim dim = sum();
    if (peek() != '\0') fail_at("an operator or the end");
    return dim;
  }

 private:
  // Deeper nesting than this is no dim of a model but an attack on the stack.
  static constexpr int kMaxDepth = 200;

  Dim sum() {
    if (++depth_ > kMaxDepth) fail_at("less nesting");
    Dim result = take('-') ? product(true) : product(false);
    while (true) {
      if (take('+')) {
        result = result + product(false);
      } else if (take('-')) {
        result = result + product(true);
      } else {
        break;
      }
    }
    --depth_;
    return result;
  }

  Dim product(bool negative) {
    Dim result = factor(negative);
    while (take('*')) result = result * factor(false);
    return result;
  }

  /// The sign goes into the number, or the smallest int64 could not be read.
  Dim factor(bool negative) {
    Dim result;
    while (take('-')) negative = !negative;
    const char c = peek();
    if (take('(')) {
      result = sum();
      expect(')');
    } else if (std::isdigit(static_cast<unsigned char>(c))) {
      return number(negative);
    } else if (c == '"') {
      result = Dim::symbol(quoted_name());
    } else if (starts_word(c)) {
      result = symbol_or_call();
    } else {
      fail_at("a number, a symbol or '('");
    }
    return negative ? result * -1 : result;
  }

  Dim number(bool negative) {
    std::string digits = negative ? "-" : "";
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) {
      digits += text_[at_++];
    }
    int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc()) fail_at("a number of at most 64 bits");
    return value;
  }

  std::string quoted_name() {
    std::string name;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      name += text_[at_];
    }
    if (at_ >= text_.size()) fail_at("a closing '\"'");
    ++at_;
    return name;
  }

  Dim symbol_or_call() {
    const size_t start = at_;
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    if (!take('(')) return Dim::symbol(std::string(word));
    if (word == "floor_div" || word == "ceil_div") {
      const Dim a = sum();
      expect(',');
      const Dim b = sum();
      expect(')');
      return word == "floor_div" ? Dim::floor_div(a, b) : Dim::ceil_div(a, b);
    }
    if (word != "min" && word != "max") fail_at("floor_div, ceil_div, min or max before '('");
    Dim result = sum();
    while (take(',')) result = word == "min" ? Dim::min(result, sum()) : Dim::max(result, sum());
    expect(')');
    return result;
  }

  char peek() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail_at(std::string("'") + c + "'");
  }
  [[noreturn]] void fail_at(const std::string& expected) {
    fail({"dim.syntax",
          "\"" + std::string(text_) + "\" is no dim: expected " + expected + " at character " +
              std::to_string(at_ + 1),
          "", "write it like 2*batch+1 or floor_div(h+1,2)"});
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string Dim::to_string() const {
  if (is_constant()) return std::to_string(constant_);
  std::string text;
  for (const Term& term : polynomial_->terms) {
    if (!text.empty() && term.coefficient > 0) text += '+';
    text += text_of(term);
  }
  return text;
}

Dim Dim::parse(std::string_view text) { return Parser(text).parse_all(); }

}  // namespace ingot
