// Sums, products and exact division of symbolic dims, and what is asked of them.
// dim_fold.cpp has divisions, min and max; dim_text.cpp the text form.
#include "core/tensor/dim.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/tensor/dim_polynomial.h"

namespace ingot {
namespace {

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();

/// Shape arithmetic of models has a handful of terms; only hostile text multiplies without end.
constexpr size_t kMostTerms = 1 << 14;

Monomial product(const Monomial& a, const Monomial& b) {
  Monomial result;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size()) {
      result.push_back(a[i++]);
    } else if (i == a.size()) {
      result.push_back(b[j++]);
    } else if (const auto order = compare(*a[i].atom, *b[j].atom); order == 0) {
      result.push_back({a[i].atom, a[i].power + b[j].power});
      ++i, ++j;
    } else {
      result.push_back(order < 0 ? a[i++] : b[j++]);
    }
  }
  return result;
}

/// a / b, or false if b has a factor that a lacks.
bool quotient_of(const Monomial& a, const Monomial& b, Monomial* quotient) {
  quotient->clear();
  size_t j = 0;
  for (const Factor& factor : a) {
    int power = factor.power;
    if (j < b.size() && compare(*factor.atom, *b[j].atom) == 0) power -= b[j++].power;
    if (power < 0) return false;
    if (power > 0) quotient->push_back({factor.atom, power});
  }
  return j == b.size();
}

int64_t evaluate_atom(const Atom& atom, const std::function<int64_t(const std::string&)>& lookup) {
  if (atom.kind == Atom::kSymbol) return lookup(atom.name);
  int64_t value = atom.arguments[0].evaluate(lookup);
  for (size_t i = 1; i < atom.arguments.size(); ++i) {
    const int64_t other = atom.arguments[i].evaluate(lookup);
    if (atom.kind == Atom::kMin) value = std::min(value, other);
    if (atom.kind == Atom::kMax) value = std::max(value, other);
    if (atom.kind != Atom::kFloorDiv && atom.kind != Atom::kCeilDiv) continue;
    if (other == 0) {
      fail({"dim.division_by_zero", "a dim is divided by zero: " + atom.arguments[i].to_string(),
            "", "use input shapes without axes of size 0"});
    }
    value = atom.kind == Atom::kFloorDiv ? floor_divide(value, other) : ceil_divide(value, other);
  }
  return value;
}

Dim substitute_atom(const Atom& atom, const std::function<Dim(const std::string&)>& replacement) {
  if (atom.kind == Atom::kSymbol) return replacement(atom.name);
  Dim result = atom.arguments[0].substitute(replacement);
  for (size_t i = 1; i < atom.arguments.size(); ++i) {
    const Dim other = atom.arguments[i].substitute(replacement);
    switch (atom.kind) {
      case Atom::kFloorDiv:
        result = Dim::floor_div(result, other);
        break;
      case Atom::kCeilDiv:
        result = Dim::ceil_div(result, other);
        break;
      case Atom::kMin:
        result = Dim::min(result, other);
        break;
      default:
        result = Dim::max(result, other);
        break;
    }
  }
  return result;
}

}  // namespace

int64_t saturated_add(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? kLargest : kSmallest;
}

int64_t saturated_multiply(int64_t a, int64_t b) {
  int64_t result = 0;
  if (!__builtin_mul_overflow(a, b, &result)) return result;
  return (a > 0) == (b > 0) ? kLargest : kSmallest;
}

int64_t floor_divide(int64_t a, int64_t b) {
  if (b == -1) return a == kSmallest ? kLargest : -a;
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

int64_t ceil_divide(int64_t a, int64_t b) {
  if (b == -1) return floor_divide(a, b);
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) == (b < 0) ? quotient + 1 : quotient;
}

std::strong_ordering compare(const Atom& a, const Atom& b) {
  if (&a == &b) return std::strong_ordering::equal;
  if (const auto order = a.kind <=> b.kind; order != 0) return order;
  if (const int order = a.name.compare(b.name); order != 0) return order <=> 0;
  if (const auto order = a.arguments.size() <=> b.arguments.size(); order != 0) return order;
  for (size_t i = 0; i < a.arguments.size(); ++i) {
    if (const auto order = compare(a.arguments[i], b.arguments[i]); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

// Lexicographic: compatible with multiplication, which exact division relies on.
std::strong_ordering compare(const Monomial& a, const Monomial& b) {
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    // The monomial with the earlier atom has the higher power of it.
    if (const auto order = compare(*b[i].atom, *a[i].atom); order != 0) return order;
    if (const auto order = a[i].power <=> b[i].power; order != 0) return order;
  }
  return a.size() <=> b.size();
}

std::strong_ordering compare(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return a.constant() <=> b.constant();
  const std::vector<Term> left = DimAlgebra::terms(a), right = DimAlgebra::terms(b);
  for (size_t i = 0; i < left.size() && i < right.size(); ++i) {
    if (const auto order = compare(left[i].monomial, right[i].monomial); order != 0) return order;
    if (const auto order = left[i].coefficient <=> right[i].coefficient; order != 0) return order;
  }
  return left.size() <=> right.size();
}

std::vector<Term> DimAlgebra::terms(const Dim& dim) {
  if (!dim.is_constant()) return dim.polynomial_->terms;
  if (dim.constant() == 0) return {};
  return {{{}, dim.constant()}};
}

Dim DimAlgebra::from_terms(std::vector<Term> terms) {
  std::stable_sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) {
    return compare(a.monomial, b.monomial) > 0;
  });
  std::vector<Term> merged;
  for (Term& term : terms) {
    if (!merged.empty() && compare(merged.back().monomial, term.monomial) == 0) {
      merged.back().coefficient = saturated_add(merged.back().coefficient, term.coefficient);
    } else {
      merged.push_back(std::move(term));
    }
    if (merged.back().coefficient == 0) merged.pop_back();
  }
  if (merged.empty()) return 0;
  if (merged.front().monomial.empty()) return merged.front().coefficient;
  return Dim(std::make_shared<const Dim::Polynomial>(Dim::Polynomial{std::move(merged)}));
}

Dim DimAlgebra::from_atom(Atom atom) {
  return from_terms({{{{std::make_shared<const Atom>(std::move(atom)), 1}}, 1}});
}

const Atom* DimAlgebra::single_atom(const Dim& dim) {
  if (dim.is_constant() || dim.polynomial_->terms.size() != 1) return nullptr;
  const Term& term = dim.polynomial_->terms[0];
  const bool single =
      term.coefficient == 1 && term.monomial.size() == 1 && term.monomial[0].power == 1;
  return single ? term.monomial[0].atom.get() : nullptr;
}

Dim::Dim(std::shared_ptr<const Polynomial> polynomial) : polynomial_(std::move(polynomial)) {}

Dim Dim::symbol(std::string name) {
  return DimAlgebra::from_atom({Atom::kSymbol, std::move(name), {}});
}

bool Dim::is_symbol() const {
  const Atom* atom = DimAlgebra::single_atom(*this);
  return atom && atom->kind == Atom::kSymbol;
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return saturated_add(a.constant_, b.constant_);
  std::vector<Term> terms = DimAlgebra::terms(a);
  for (Term& term : DimAlgebra::terms(b)) terms.push_back(std::move(term));
  return DimAlgebra::from_terms(std::move(terms));
}

Dim operator-(const Dim& a, const Dim& b) { return a + b * -1; }

Dim operator*(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return saturated_multiply(a.constant_, b.constant_);
  const std::vector<Term> left = DimAlgebra::terms(a), right = DimAlgebra::terms(b);
  if (left.size() * right.size() > kMostTerms) {
    fail({"dim.too_large", "a dim with more than 16384 terms", "",
          "check the shape arithmetic of the model"});
  }
  std::vector<Term> terms;
  terms.reserve(left.size() * right.size());
  for (const Term& x : left) {
    for (const Term& y : right) {
      terms.push_back(
          {product(x.monomial, y.monomial), saturated_multiply(x.coefficient, y.coefficient)});
    }
  }
  return DimAlgebra::from_terms(std::move(terms));
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.is_constant() || b.is_constant()) {
    return a.is_constant() && b.is_constant() && a.constant_ == b.constant_;
  }
  return a.polynomial_ == b.polynomial_ || compare(a, b) == 0;
}

bool Dim::divides_exactly(const Dim& a, const Dim& b, Dim* quotient) {
  const std::vector<Term> divisor = DimAlgebra::terms(b);
  if (divisor.empty()) return false;
  Dim rest = a;
  std::vector<Term> result;
  // Long division: each round removes the leading term of the rest.
  while (!(rest == 0)) {
    const Term lead = DimAlgebra::terms(rest).front();
    Term term;
    if (!quotient_of(lead.monomial, divisor.front().monomial, &term.monomial)) return false;
    if (divisor.front().coefficient != -1 && lead.coefficient % divisor.front().coefficient != 0) {
      return false;
    }
    term.coefficient = floor_divide(lead.coefficient, divisor.front().coefficient);
    rest = rest - DimAlgebra::from_terms({term}) * b;
    const std::vector<Term> left = DimAlgebra::terms(rest);
    // Saturated numbers do not cancel: no exact answer then.
    if (!left.empty() && compare(left.front().monomial, lead.monomial) >= 0) return false;
    result.push_back(std::move(term));
  }
  *quotient = DimAlgebra::from_terms(std::move(result));
  return true;
}

int64_t Dim::evaluate(const std::function<int64_t(const std::string&)>& lookup) const {
  if (is_constant()) return constant_;
  int64_t sum = 0;
  for (const Term& term : polynomial_->terms) {
    int64_t value = term.coefficient;
    for (const Factor& factor : term.monomial) {
      const int64_t base = evaluate_atom(*factor.atom, lookup);
      for (int i = 0; i < factor.power; ++i) value = saturated_multiply(value, base);
    }
    sum = saturated_add(sum, value);
  }
  return sum;
}

Dim Dim::substitute(const std::function<Dim(const std::string&)>& replacement) const {
  if (is_constant()) return *this;
  Dim sum;
  for (const Term& term : polynomial_->terms) {
    Dim value = term.coefficient;
    for (const Factor& factor : term.monomial) {
      const Dim base = substitute_atom(*factor.atom, replacement);
      for (int i = 0; i < factor.power; ++i) value = value * base;
    }
    sum = sum + value;
  }
  return sum;
}

void Dim::collect_symbols(std::vector<std::string>* names) const {
  if (is_constant()) return;
  for (const Term& term : polynomial_->terms) {
    for (const Factor& factor : term.monomial) {
      const Atom& atom = *factor.atom;
      for (const Dim& argument : atom.arguments) argument.collect_symbols(names);
      if (atom.kind != Atom::kSymbol) continue;
      if (std::find(names->begin(), names->end(), atom.name) == names->end()) {
        names->push_back(atom.name);
      }
    }
  }
}

std::string to_string(const SymbolicShape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ',';
    text += shape[i].to_string();
  }
  return text + "]";
}

Dim elements(const SymbolicShape& shape) {
  Dim product = 1;
  for (const Dim& dim : shape) product = product * dim;
  return product;
}

bool depends_on_data(const SymbolicShape& shape) {
  std::vector<std::string> symbols;
  for (const Dim& dim : shape) dim.collect_symbols(&symbols);
  return std::any_of(symbols.begin(), symbols.end(),
                     [](const std::string& symbol) { return symbol.starts_with('?'); });
}

bool is_static(const SymbolicShape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](const Dim& dim) { return dim.is_constant(); });
}

}  // namespace ingot
