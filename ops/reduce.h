// Reductions over axes: shape rule, and one accumulation that walks the input once in memory order,
// whatever the axes are.
#pragma once

#include "ops/blocks.h"
#include "ops/broadcast_iteration.h"
#include "ops/elementwise.h"
#include "ops/reference.h"

namespace ingot {

/// Inputs, outputs and attributes of all Reduce operators.
std::vector<OpPort> reduction_inputs(std::string_view types);
std::vector<OpAttribute> reduction_attributes();

/// Shape rule of all Reduce operators. `fold` follows contents where it is given.
void infer_reduction(InferContext& node, BinaryFold fold = nullptr);

/// What is reduced.
struct Reduction {
  Shape kept;         ///< the input's shape with 1 along the reduced axes
  int64_t count = 1;  ///< elements of the input per element of the output
};
/// Also allocates the output if it is not there.
Reduction reduction_of(Reference& node);

/// totals[k] = fold(totals[k], x) for every element x of the input that belongs to k; k counts the
/// elements of `kept`. `fold` also gets k.
template <typename Compute, typename Fold>
void accumulate(const TensorView& input, const Shape& kept, std::vector<Compute>& totals,
                const Fold& fold) {
  Compute block[kBlock];
  for (BroadcastRows rows(input.shape, {kept}); rows.more(); rows.next()) {
    for (int64_t first = 0; first < rows.length(); first += kBlock) {
      const int64_t count = std::min(kBlock, rows.length() - first);
      load_block(input, rows.out() + first, block, count);
      const auto k = static_cast<size_t>(rows.offset(0) + first * rows.step(0));
      if (rows.step(0) == 0) {
        Compute total = totals[k];
        for (int64_t i = 0; i < count; ++i) total = fold(total, block[i], k);
        totals[k] = total;
      } else {
        for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
          totals[k + i] = fold(totals[k + i], block[i], k + i);
        }
      }
    }
  }
}

/// Output 0 = finish(total, count) in `Compute`, where totals begin as `start`.
template <typename Compute, typename Fold, typename Finish>
void reduce_in(Reference& node, Compute start, const Fold& fold, const Finish& finish) {
  const Reduction reduction = reduction_of(node);
  std::vector<Compute> totals(static_cast<size_t>(reduction.kept.elements()), start);
  accumulate(node.input(0), reduction.kept, totals,
             [&](Compute total, Compute x, size_t) { return fold(total, x); });
  for (Compute& total : totals) total = finish(total, static_cast<Compute>(reduction.count));
  store_block(node.output(0), 0, totals.data(), static_cast<int64_t>(totals.size()));
}

/// In double for floats, in int64_t for integers and bool.
template <typename Fold, typename Finish>
void reduce_numbers(Reference& node, double float_start, int64_t integer_start, const Fold& fold,
                    const Finish& finish) {
  if (is_float(node.input(0).dtype)) {
    reduce_in<double>(node, float_start, fold, finish);
  } else {
    reduce_in<int64_t>(node, integer_start, fold, finish);
  }
}

/// The smallest and largest value of an integer type or bool, as far as int64_t holds them.
std::pair<int64_t, int64_t> integer_limits(DType dtype);

/// A finish that changes nothing.
inline constexpr auto kAsItIs = [](auto total, auto) { return total; };

}  // namespace ingot
