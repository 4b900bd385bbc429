// Unique: each different element (or slice along an axis) once, with its first place, its number
// for every element of the input, and its count.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "ops/blocks.h"
#include "ops/float_tensor.h"
#include "ops/outputs.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  const Dim found = node.unknown_dim(0, 0);
  SymbolicShape dims = node.dims(0);
  Dim all = elements(dims);
  if (node.given("axis")) {
    Dim& dim = dims[static_cast<size_t>(node.axis("axis", node.rank(0)))];
    all = dim;
    dim = found;
  } else {
    dims = {found};
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
  const int count = node.output_count();
  if (count > 1) node.set_output(1, DType::kI64, {found});
  if (count > 2) node.set_output(2, DType::kI64, {all});
  if (count > 3) node.set_output(3, DType::kI64, {found});
}

/// The slices along an axis as rows, compared element by element.
template <typename Compute>
class Slices {
 public:
  Slices(const TensorView& x, AxisSplit split) : split_(split), values_(load_all<Compute>(x)) {}

  /// -1, 0 or 1; NaN is equal to itself and above everything.
  int compare(int64_t a, int64_t b) const {
    for (int64_t outer = 0; outer < split_.outer; ++outer) {
      for (int64_t i = 0; i < split_.inner; ++i) {
        const Compute x = at(outer, a, i), y = at(outer, b, i);
        const bool nan_x = x != x, nan_y = y != y;
        if (nan_x != nan_y) return nan_x ? 1 : -1;
        if (!nan_x && x != y) return x < y ? -1 : 1;
      }
    }
    return 0;
  }

 private:
  Compute at(int64_t outer, int64_t k, int64_t i) const {
    return values_[static_cast<size_t>((outer * split_.length + k) * split_.inner + i)];
  }
  AxisSplit split_;
  std::vector<Compute> values_;
};

struct Groups {
  std::vector<int64_t> first;    ///< place of each different slice
  std::vector<int64_t> inverse;  ///< for each slice, which one it is
  std::vector<int64_t> counts;
};

template <typename Compute>
Groups group(const TensorView& x, const AxisSplit& split, bool sorted) {
  const Slices<Compute> slices(x, split);
  std::vector<int64_t> order(static_cast<size_t>(split.length));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return slices.compare(a, b) < 0; });
  Groups groups;
  groups.inverse.resize(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || slices.compare(order[i - 1], order[i]) != 0) {
      groups.first.push_back(order[i]);
      groups.counts.push_back(0);
    }
    ++groups.counts.back();
    groups.inverse[static_cast<size_t>(order[i])] = static_cast<int64_t>(groups.first.size()) - 1;
  }
  if (sorted) return groups;
  // In the order of first appearance.
  std::vector<int64_t> by_place(groups.first.size()), rank(groups.first.size());
  std::iota(by_place.begin(), by_place.end(), 0);
  std::ranges::sort(by_place, {}, [&](int64_t k) { return groups.first[static_cast<size_t>(k)]; });
  Groups result;
  for (size_t i = 0; i < by_place.size(); ++i) {
    const auto k = static_cast<size_t>(by_place[i]);
    rank[k] = static_cast<int64_t>(i);
    result.first.push_back(groups.first[k]);
    result.counts.push_back(groups.counts[k]);
  }
  for (const int64_t k : groups.inverse) result.inverse.push_back(rank[static_cast<size_t>(k)]);
  return result;
}

void write(Reference& node, int i, const std::vector<int64_t>& values) {
  if (!node.has_output(i)) return;
  const TensorView y = output_like(node, i, DType::kI64, {static_cast<int64_t>(values.size())});
  std::ranges::copy(values, static_cast<int64_t*>(y.data));
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  AxisSplit split{1, x.elements(), 1};
  Shape shape = {0};
  int axis = 0;
  if (node.given("axis")) {
    axis = node.axis("axis", x.shape.rank());
    split = AxisSplit::at(x.shape, axis);
    shape = x.shape;
  }
  const bool sorted = node.integer("sorted") != 0;
  const Groups groups =
      is_float(x.dtype) ? group<double>(x, split, sorted) : group<int64_t>(x, split, sorted);
  const auto found = static_cast<int64_t>(groups.first.size());
  shape[axis] = found;
  const TensorView y = output_like(node, 0, x.dtype, shape);
  const size_t width = element_width(x.dtype, node.op().name);
  for (int64_t outer = 0; y.elements() != 0 && outer < split.outer; ++outer) {
    for (int64_t k = 0; k < found; ++k) {
      const int64_t from = outer * split.length + groups.first[static_cast<size_t>(k)];
      std::memcpy(element_at(y, (outer * found + k) * split.inner, width),
                  element_at(x, from * split.inner, width),
                  static_cast<size_t>(split.inner) * width);
    }
  }
  write(node, 1, groups.first);
  write(node, 2, groups.inverse);
  write(node, 3, groups.counts);
}

}  // namespace

extern const OpDef kUnique = {
    .name = "Unique",
    .summary = "Finds the different elements, or slices along an axis.",
    .inputs = {{"X", "a number or bool, any rank from 1"}},
    .outputs = {{"Y", "type of X: each different element once"},
                {"indices", "i64: where each is first", OpPort::kOptional},
                {"inverse_indices", "i64: for each element of X, which it is", OpPort::kOptional},
                {"counts", "i64: how often each is there", OpPort::kOptional}},
    .attributes = {{"axis", 0, "the axis of the slices; without it, single elements"},
                   {"sorted", 1, "1: in rising order; 0: in the order of X"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.data_dependent_shape = true},
};

}  // namespace ingot
