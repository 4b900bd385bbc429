// Symbols of a plan and their values: what the shape program is evaluated with.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/plan/plan.h"

namespace ingot {

inline constexpr int64_t kUnbound = std::numeric_limits<int64_t>::min();

/// Value of every symbol, by its index in the SymbolTable; kUnbound where it is not known (yet).
using Bindings = std::vector<int64_t>;

/// All symbols of a plan's dims and of dims within attributes.
class SymbolTable {
 public:
  SymbolTable() = default;
  explicit SymbolTable(const Plan& plan);

  Bindings unbound() const { return Bindings(names_.size(), kUnbound); }
  const std::string& name(int symbol) const { return names_[static_cast<size_t>(symbol)]; }
  /// The symbol that dim `dim` of the plan is, or -1 if it is a constant or an expression.
  int symbol_of(int dim) const { return alone_[static_cast<size_t>(dim)]; }
  int find(const std::string& name) const;

  /// Value of dim `dim` of the plan, or nothing if a symbol in it is unbound. Throws Error
  /// ("shape.invalid") where the value does not exist (a division by zero).
  std::optional<int64_t> evaluate(int dim, const Bindings& bindings) const;

  /// Whether the attributes have dims with symbols, and those that do with their symbols replaced
  /// by numbers; nothing while one of them is unbound.
  static bool has_symbols(const Attributes& attributes);
  std::optional<Attributes> substitute(const Attributes& attributes,
                                       const Bindings& bindings) const;

 private:
  void add(const std::string& name);

  const Plan* plan_ = nullptr;
  std::vector<std::string> names_;
  std::unordered_map<std::string, int> index_;
  std::vector<std::vector<int>> used_;  // symbols of each dim
  std::vector<int> alone_;
};

}  // namespace ingot
