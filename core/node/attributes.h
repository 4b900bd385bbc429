// Attributes of a node or step: a small sorted map from names to typed values, with a text form
// that prints and parses:  {axis=-1, mode="linear", pads=[1,1,1,1], epsilon=1e-05, to=f16}
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/node/expression.h"
#include "core/tensor/dim.h"
#include "core/tensor/tensor.h"

namespace ingot {

struct Program;

/// Text: 3 | 0.5 (always with a point or exponent) | "text" | [1,2] | [0.5,1.0] | ["a","b"] |
/// f16 | expr(...) | dims[batch,2*h] | tensor f32[2]{1,2} | program(1) {...}
/// Empty lists of other types than integers: floats[] | strings[]. All of it reads back equal.
using AttributeValue = std::variant<int64_t, float, std::string, std::vector<int64_t>,
                                    std::vector<float>, std::vector<std::string>, DType, Expression,
                                    std::vector<Dim>, Tensor, std::shared_ptr<const Program>>;

class Attributes {
 public:
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const AttributeValue* find(std::string_view name) const;
  /// The value if it is there with type T, else null.
  template <typename T>
  const T* find_as(std::string_view name) const {
    const AttributeValue* value = find(name);
    return value ? std::get_if<T>(value) : nullptr;
  }
  /// `fallback` where there is none; Error ("attributes.bad_type") for a value of another type. A
  /// number may be written as an integer.
  int64_t integer(std::string_view name, int64_t fallback = 0) const;
  float number(std::string_view name, float fallback = 0) const;
  std::string text(std::string_view name, std::string_view fallback = "") const;
  std::vector<int64_t> integers(std::string_view name, std::vector<int64_t> fallback = {}) const;
  std::vector<float> numbers(std::string_view name) const;
  const Expression* expression(std::string_view name) const { return find_as<Expression>(name); }

  void set(std::string name, AttributeValue value);
  void erase(std::string_view name);
  bool empty() const { return values_.empty(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

  std::string to_string() const;                   ///< "{}" when empty
  static Attributes parse(std::string_view text);  ///< throws Error ("attributes.syntax")
  /// The same for text that goes on behind the closing brace; *length is what was read.
  static Attributes parse_prefix(std::string_view text, size_t* length);

 private:
  std::map<std::string, AttributeValue, std::less<>> values_;
};

std::string attribute_to_string(const AttributeValue& value);
bool operator==(const Attributes& a, const Attributes& b);

}  // namespace ingot
