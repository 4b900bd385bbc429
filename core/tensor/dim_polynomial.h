// The inside of Dim: a polynomial with integer coefficients over atoms, and the operations on it.
// Only dim.cpp and dim_text.cpp include this.
//
// Atoms are symbols and the operations that no polynomial expresses: floor and ceil division, min
// and max of canonical dims. A monomial is a sorted list of atoms with powers; terms stand in
// descending lexicographic order, the constant last, so that equal polynomials are equal lists.
// Numbers saturate at the ends of int64_t instead of overflowing.
#pragma once

#include <compare>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor/dim.h"

namespace ingot {

struct Atom {
  enum Kind : uint8_t { kSymbol, kFloorDiv, kCeilDiv, kMin, kMax };
  Kind kind = kSymbol;
  std::string name;            ///< of kSymbol
  std::vector<Dim> arguments;  ///< divisions: dividend, divisor; min and max: two or more, sorted
};
using AtomPtr = std::shared_ptr<const Atom>;

struct Factor {
  AtomPtr atom;
  int power = 1;
};
using Monomial = std::vector<Factor>;

struct Term {
  Monomial monomial;  ///< empty for the constant
  int64_t coefficient = 0;
};

struct Dim::Polynomial {
  std::vector<Term> terms;
};

std::strong_ordering compare(const Atom& a, const Atom& b);
std::strong_ordering compare(const Monomial& a, const Monomial& b);
std::strong_ordering compare(const Dim& a, const Dim& b);

int64_t saturated_add(int64_t a, int64_t b);
int64_t saturated_multiply(int64_t a, int64_t b);
int64_t floor_divide(int64_t a, int64_t b);  ///< b is not 0
int64_t ceil_divide(int64_t a, int64_t b);   ///< b is not 0

/// Access to the terms, and building from them.
struct DimAlgebra {
  static std::vector<Term> terms(const Dim& dim);
  /// Sorts, merges equal monomials, drops zeros; a constant result does not allocate.
  static Dim from_terms(std::vector<Term> terms);
  static Dim from_atom(Atom atom);
  /// The atom if `dim` is exactly one, else null.
  static const Atom* single_atom(const Dim& dim);
};

}  // namespace ingot
