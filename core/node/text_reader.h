// A cursor over the text forms of this folder: skips blanks, takes what is expected, or fails with
// the place. Shared by the parsers of expressions, attributes and programs.
#pragma once

#include <string>
#include <string_view>

namespace ingot {

class TextReader {
 public:
  /// `id` is that of the Error for wrong syntax ("attributes.syntax").
  TextReader(std::string_view text, std::string_view id) : text_(text), id_(id) {}

  size_t position() const { return at_; }
  void skip_to(size_t position) { at_ = position; }
  std::string_view rest() const { return text_.substr(at_); }
  std::string_view between(size_t start, size_t end) const {
    return text_.substr(start, end - start);
  }

  char peek();  ///< the next character that is no blank; 0 at the end
  bool take(char c);
  void expect(char c);
  bool take_word(std::string_view word);  ///< only as a whole word

  /// Letters, digits, '_' and '.'; fails if there is none.
  std::string_view word();
  int64_t integer();
  /// A number as in JSON, or inf, -inf, nan. *is_integer: no point, no exponent.
  double number(bool* is_integer = nullptr);
  /// Text in double quotes with \" \\ \n escapes, taken and unescaped.
  std::string quoted();
  /// From an opening bracket, not yet taken, to behind its partner; quoted text is passed over.
  std::string_view bracketed();

  void enter();  ///< guards the stack against deep nesting; leave() afterwards
  void leave() { --depth_; }

  [[noreturn]] void fail_at(std::string_view expected) const;

 private:
  std::string_view text_;
  std::string_view id_;
  size_t at_ = 0;
  int depth_ = 0;
};

/// In double quotes, escaped so that `quoted` reads it back.
std::string quoted_text(std::string_view text);

/// Shortest text that reads back to the same float ("0.5", "1", "inf").
std::string float_text(double value);
std::string float_text(float value);

}  // namespace ingot
