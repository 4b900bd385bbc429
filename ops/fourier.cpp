// A mixed-radix Fourier transform: split by the smallest prime factor, transform, recombine.
#include "ops/fourier.h"

#include <cmath>
#include <numbers>

namespace ingot {
namespace {

using Values = std::vector<std::complex<double>>;

size_t smallest_factor(size_t n) {
  for (size_t factor = 2; factor * factor <= n; ++factor) {
    if (n % factor == 0) return factor;
  }
  return n;
}

/// `roots[k]` is exp(sign * 2 pi i k / roots.size()); `step` * values.size() == roots.size().
Values transform(const Values& values, const Values& roots, size_t step) {
  const size_t n = values.size();
  if (n <= 1) return values;
  const size_t factor = smallest_factor(n), part = n / factor;
  std::vector<Values> parts;
  for (size_t r = 0; r < factor; ++r) {
    Values every;
    for (size_t i = r; i < n; i += factor) every.push_back(values[i]);
    parts.push_back(part == 1 ? every : transform(every, roots, step * factor));
  }
  Values result(n);
  for (size_t k = 0; k < n; ++k) {
    for (size_t r = 0; r < factor; ++r) {
      result[k] += parts[r][k % part] * roots[r * k % n * step];
    }
  }
  return result;
}

}  // namespace

Values fourier_transform(const Values& values, bool inverse) {
  const size_t n = values.size();
  Values roots;
  for (size_t k = 0; k < n; ++k) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n);
    roots.push_back(std::polar(1.0, inverse ? angle : -angle));
  }
  Values result = transform(values, roots, 1);
  if (inverse) {
    for (auto& value : result) value /= static_cast<double>(n);
  }
  return result;
}

}  // namespace ingot
