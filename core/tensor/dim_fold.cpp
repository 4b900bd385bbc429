// Divisions, min and max of symbolic dims: what can be folded is, the rest becomes an atom.
#include <algorithm>
#include <numeric>
#include <optional>

#include "core/base/error.h"
#include "core/tensor/dim.h"
#include "core/tensor/dim_polynomial.h"

namespace ingot {
namespace {

/// Models write "to the end" as the largest int32 or int64: no axis is that long.
constexpr int64_t kUnbounded = std::numeric_limits<int32_t>::max();

[[noreturn]] void fail_division(const Dim& a) {
  fail({"dim.division_by_zero", "the dim " + a.to_string() + " is divided by zero", "",
        "check the shape arithmetic of the model"});
}

/// True if `dim` cannot be negative. Symbols are sizes, so they are not.
bool is_non_negative(const Dim& dim);

bool is_non_negative(const Atom& atom) {
  switch (atom.kind) {
    case Atom::kSymbol:
      return true;
    case Atom::kMax:
      return std::any_of(atom.arguments.begin(), atom.arguments.end(),
                         [](const Dim& d) { return is_non_negative(d); });
    default:
      return std::all_of(atom.arguments.begin(), atom.arguments.end(),
                         [](const Dim& d) { return is_non_negative(d); });
  }
}

bool is_non_negative(const Dim& dim) {
  for (const Term& term : DimAlgebra::terms(dim)) {
    if (term.coefficient < 0) return false;
    for (const Factor& factor : term.monomial) {
      if (factor.power % 2 != 0 && !is_non_negative(*factor.atom)) return false;
    }
  }
  return true;
}

Dim division(Atom::Kind kind, const Dim& a, const Dim& b) {
  return DimAlgebra::from_atom({kind, "", {a, b}});
}

/// Greatest common divisor of all coefficients.
int64_t content(const std::vector<Term>& terms, int64_t start = 0) {
  int64_t divisor = start;
  for (const Term& term : terms) {
    if (term.coefficient == std::numeric_limits<int64_t>::min()) return 1;
    divisor = std::gcd(divisor, term.coefficient);
  }
  return divisor;
}

/// floor(a / divisor) for a positive constant: multiples leave the division, common factors cancel.
Dim floor_div_by_constant(const Dim& a, int64_t divisor) {
  if (divisor == 1) return a;
  // a = divisor * quotient + rest, with the coefficients of rest in [0, divisor).
  std::vector<Term> quotient, rest;
  int64_t constant = 0;
  for (const Term& term : DimAlgebra::terms(a)) {
    const int64_t whole = floor_divide(term.coefficient, divisor);
    const int64_t remainder = term.coefficient % divisor;
    const int64_t left = remainder < 0 ? remainder + divisor : remainder;
    if (whole != 0) quotient.push_back({term.monomial, whole});
    if (term.monomial.empty()) constant = left;
    if (left != 0 && !term.monomial.empty()) rest.push_back({term.monomial, left});
  }
  const Dim outside = DimAlgebra::from_terms(std::move(quotient));
  if (rest.empty()) return outside;  // floor(constant / divisor) is 0

  const int64_t common = content(rest, divisor);
  for (Term& term : rest) term.coefficient /= common;
  divisor /= common;
  constant = floor_divide(constant, common);
  Dim inside = DimAlgebra::from_terms(std::move(rest));
  if (divisor == 1) return outside + inside + constant;

  // floor((floor(x / c) + k) / d) = floor((x + k c) / (c d)).
  if (const Atom* atom = DimAlgebra::single_atom(inside); atom && atom->kind == Atom::kFloorDiv &&
                                                          atom->arguments[1].is_constant() &&
                                                          atom->arguments[1].constant() > 0) {
    const int64_t inner = atom->arguments[1].constant();
    int64_t both = 0;
    if (!__builtin_mul_overflow(inner, divisor, &both)) {
      return outside + Dim::floor_div(atom->arguments[0] + Dim(constant) * inner, both);
    }
  }
  return outside + division(Atom::kFloorDiv, inside + constant, divisor);
}

/// Divides both by the factors that all their terms share.
void cancel_common_factors(Dim* a, Dim* b) {
  std::vector<Term> terms = DimAlgebra::terms(*a), divisor = DimAlgebra::terms(*b);
  std::vector<Term> all = terms;
  all.insert(all.end(), divisor.begin(), divisor.end());
  Monomial shared = all.front().monomial;
  for (const Term& term : all) {
    Monomial smaller;
    for (const Factor& factor : shared) {
      for (const Factor& other : term.monomial) {
        if (compare(*factor.atom, *other.atom) != 0) continue;
        smaller.push_back({factor.atom, std::min(factor.power, other.power)});
      }
    }
    shared = std::move(smaller);
  }
  const Dim common = DimAlgebra::from_terms({{shared, content(all)}});
  Dim reduced_a, reduced_b;
  if (common == 1 || !Dim::divides_exactly(*a, common, &reduced_a) ||
      !Dim::divides_exactly(*b, common, &reduced_b)) {
    return;
  }
  *a = reduced_a;
  *b = reduced_b;
}

/// A dim with one division by a constant as floor(dividend / divisor) as a whole.
struct Floor {
  Dim dividend;
  int64_t divisor = 1;
};
std::optional<Floor> as_floor(const Dim& dim) {
  std::optional<Floor> found;
  for (const Term& term : DimAlgebra::terms(dim)) {
    if (term.coefficient != 1 || term.monomial.size() != 1 || term.monomial[0].power != 1) continue;
    const Atom& atom = *term.monomial[0].atom;
    if (atom.kind != Atom::kFloorDiv || !atom.arguments[1].is_constant()) continue;
    if (found) return std::nullopt;
    const int64_t divisor = atom.arguments[1].constant();
    const Dim rest = dim - DimAlgebra::from_terms({term});
    found = Floor{atom.arguments[0] + rest * divisor, divisor};
  }
  return found;
}

/// True if a <= b for all values of the symbols; false if that is not known.
bool is_at_most(const Dim& a, const Dim& b) {
  if (is_non_negative(b - a)) return true;
  // floor is monotonic: floor(x / d) <= floor(y / d) where x <= y.
  const auto left = as_floor(a), right = as_floor(b);
  if (!left && !right) return false;
  if (left && right && left->divisor != right->divisor) return false;
  const int64_t divisor = left ? left->divisor : right->divisor;
  return is_non_negative((right ? right->dividend : b * divisor) -
                         (left ? left->dividend : a * divisor));
}

enum class Pick { kMin, kMax };

/// The extreme of two dims where their order is known, else nothing.
std::optional<Dim> known_extreme(Pick pick, const Dim& a, const Dim& b) {
  const bool minimum = pick == Pick::kMin;
  if (a == b) return a;
  for (const auto& [bound, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    if (!bound->is_constant() || other->is_constant()) continue;
    if (bound->constant() >= kUnbounded) return minimum ? *other : *bound;
    if (bound->constant() <= -kUnbounded) return minimum ? *bound : *other;
  }
  if (is_at_most(a, b)) return minimum ? a : b;
  if (is_at_most(b, a)) return minimum ? b : a;
  return std::nullopt;
}

Dim extreme(Pick pick, const Dim& a, const Dim& b) {
  const Atom::Kind kind = pick == Pick::kMin ? Atom::kMin : Atom::kMax;
  if (auto known = known_extreme(pick, a, b)) return *known;
  // min(min(x, y), z) is min(x, y, z), without what another one makes needless.
  std::vector<Dim> arguments;
  for (const Dim* side : {&a, &b}) {
    const Atom* atom = DimAlgebra::single_atom(*side);
    const bool nested = atom && atom->kind == kind;
    for (Dim candidate : nested ? atom->arguments : std::vector<Dim>{*side}) {
      for (size_t i = 0; i < arguments.size();) {
        const auto known = known_extreme(pick, arguments[i], candidate);
        if (known) {
          candidate = *known;
          arguments.erase(arguments.begin() + static_cast<ptrdiff_t>(i));
        } else {
          ++i;
        }
      }
      arguments.push_back(candidate);
    }
  }
  if (arguments.size() == 1) return arguments[0];
  std::sort(arguments.begin(), arguments.end(),
            [](const Dim& x, const Dim& y) { return compare(x, y) > 0; });
  return DimAlgebra::from_atom({kind, "", std::move(arguments)});
}

}  // namespace

Dim Dim::floor_div(const Dim& a, const Dim& b) {
  if (b == 0) fail_division(a);
  if (a.is_constant() && b.is_constant()) return floor_divide(a.constant(), b.constant());
  if (b.is_constant()) {
    const bool negative = b.constant() < 0;
    return floor_div_by_constant(negative ? a * -1 : a,
                                 negative ? saturated_multiply(b.constant(), -1) : b.constant());
  }
  Dim quotient;
  if (divides_exactly(a, b, &quotient)) return quotient;
  Dim dividend = a, divisor = b;
  cancel_common_factors(&dividend, &divisor);
  if (divisor.is_constant()) return floor_div(dividend, divisor);
  return division(Atom::kFloorDiv, dividend, divisor);
}

Dim Dim::ceil_div(const Dim& a, const Dim& b) {
  if (b == 0) fail_division(a);
  if (a.is_constant() && b.is_constant()) return ceil_divide(a.constant(), b.constant());
  if (b.is_constant()) {
    const bool negative = b.constant() < 0;
    const int64_t divisor = negative ? saturated_multiply(b.constant(), -1) : b.constant();
    return floor_div_by_constant((negative ? a * -1 : a) + (divisor - 1), divisor);
  }
  Dim quotient;
  if (divides_exactly(a, b, &quotient)) return quotient;
  Dim dividend = a, divisor = b;
  cancel_common_factors(&dividend, &divisor);
  if (divisor.is_constant()) return ceil_div(dividend, divisor);
  return division(Atom::kCeilDiv, dividend, divisor);
}

Dim Dim::min(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return std::min(a.constant(), b.constant());
  return extreme(Pick::kMin, a, b);
}

Dim Dim::max(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return std::max(a.constant(), b.constant());
  return extreme(Pick::kMax, a, b);
}

}  // namespace ingot
