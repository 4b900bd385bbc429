// A symbolic dim: a constant, a named symbol, or an expression of them. Kept in a canonical form
// (a polynomial with integer coefficients over symbols and divisions), so that equal expressions
// compare equal and what can be known before run time folds away.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

class Dim {
 public:
  Dim() = default;                                ///< the constant 0
  Dim(int64_t constant) : constant_(constant) {}  // NOLINT: a number is a dim
  static Dim symbol(std::string name);

  bool is_constant() const { return polynomial_ == nullptr; }
  int64_t constant() const { return constant_; }  ///< meaningful only if is_constant()
  bool is_symbol() const;                         ///< exactly one symbol, nothing else

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  friend bool operator==(const Dim& a, const Dim& b);

  /// Divisions round towards minus and plus infinity; the divisor must not be zero.
  static Dim floor_div(const Dim& a, const Dim& b);
  static Dim ceil_div(const Dim& a, const Dim& b);
  static Dim min(const Dim& a, const Dim& b);
  static Dim max(const Dim& a, const Dim& b);

  /// True when `a` is `b` times something exactly; then *quotient is that something.
  static bool divides_exactly(const Dim& a, const Dim& b, Dim* quotient);

  /// Infix text: "2*batch+1", "floor_div(h+1,2)". `parse` reads it back and throws Error
  /// ("dim.syntax") for anything else.
  std::string to_string() const;
  static Dim parse(std::string_view text);

  /// Value with the symbols given by `lookup`.
  int64_t evaluate(const std::function<int64_t(const std::string&)>& lookup) const;

  /// The same expression with symbols replaced.
  Dim substitute(const std::function<Dim(const std::string&)>& replacement) const;

  /// Appends the names of all symbols in it (each once).
  void collect_symbols(std::vector<std::string>* names) const;

  struct Polynomial;

 private:
  explicit Dim(std::shared_ptr<const Polynomial> polynomial);
  friend struct DimAlgebra;

  int64_t constant_ = 0;
  std::shared_ptr<const Polynomial> polynomial_;  ///< null for a constant
};

using SymbolicShape = std::vector<Dim>;

/// "[batch,3,224,224]".
std::string to_string(const SymbolicShape& shape);

/// Product of the dims.
Dim elements(const SymbolicShape& shape);

/// A size that only the run decides is a symbol that begins with '?'. True if one is in `shape`.
bool depends_on_data(const SymbolicShape& shape);

/// True if every dim is constant.
bool is_static(const SymbolicShape& shape);

}  // namespace ingot
