// ReduceLogSumExp: log(sum(exp(x))) over axes, without overflow.
#include "ops/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_number(node, 0);
  infer_reduction(node);
}

void evaluate(Reference& node) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Reduction reduction = reduction_of(node);
  const auto count = static_cast<size_t>(reduction.kept.elements());
  // exp(x - peak) stays in range; an infinite peak is taken as 0, and is then in the sum.
  std::vector<double> peaks(count, -kInfinity), sums(count, 0);
  accumulate(node.input(0), reduction.kept, peaks,
             [](double peak, double x, size_t) { return std::max(peak, x); });
  for (double& peak : peaks) peak = std::isfinite(peak) ? peak : 0;
  accumulate(node.input(0), reduction.kept, sums,
             [&](double sum, double x, size_t k) { return sum + std::exp(x - peaks[k]); });
  for (size_t k = 0; k < count; ++k) sums[k] = peaks[k] + std::log(sums[k]);
  store_block(node.output(0), 0, sums.data(), static_cast<int64_t>(count));
}

}  // namespace

extern const OpDef kReduceLogSumExp = {
    .name = "ReduceLogSumExp",
    .summary = "Takes the logarithm of the sum of exponentials along axes.",
    .inputs = reduction_inputs("a number, any shape"),
    .outputs = {{"reduced", "type of data"}},
    .attributes = reduction_attributes(),
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
