// MeanVarianceNormalization: subtracts the mean and divides by the deviation over chosen axes.
#include "ops/normalization.h"

namespace ingot {
namespace {

std::vector<bool> reduced_axes(const NodeAttributes& node, int rank) {
  std::vector<bool> reduced(static_cast<size_t>(rank), false);
  for (int64_t axis : node.integers("axes")) {
    reduced[static_cast<size_t>(normalize_axis(axis, rank, node.op().name))] = true;
  }
  return reduced;
}

void infer(InferContext& node) {
  infer_same_float(node);
  reduced_axes(node, node.rank(0));
}

/// Calls visit(element, group): elements of one group are normalised together.
template <typename Visit>
void for_each_element(const Shape& shape, const std::vector<bool>& reduced, Visit&& visit) {
  for (int64_t i = 0; i < shape.elements(); ++i) {
    int64_t rest = i, group = 0, scale = 1;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (!reduced[static_cast<size_t>(axis)]) {
        group += rest % shape[axis] * scale;
        scale *= shape[axis];
      }
      rest /= shape[axis];
    }
    visit(i, static_cast<size_t>(group));
  }
}

template <typename T>
void evaluate_as(const Reference& node) {
  constexpr double kEpsilon = 1e-9;  // as the specification's function body adds to the deviation
  const Shape& shape = node.input(0).shape;
  const std::vector<bool> reduced = reduced_axes(node, shape.rank());
  int64_t groups = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (!reduced[static_cast<size_t>(axis)]) groups *= shape[axis];
  }
  const Elements<T> x(node.input(0));
  ElementsToStore<T> y(node.output(0));
  std::vector<double> sums(static_cast<size_t>(groups)), squares(static_cast<size_t>(groups));
  const double count = static_cast<double>(shape.elements()) / static_cast<double>(groups);
  for_each_element(shape, reduced, [&](int64_t i, size_t group) { sums[group] += x[i]; });
  for_each_element(shape, reduced, [&](int64_t i, size_t group) {
    const double distance = x[i] - sums[group] / count;
    squares[group] += distance * distance;
  });
  for_each_element(shape, reduced, [&](int64_t i, size_t group) {
    const double deviation = std::sqrt(squares[group] / count);
    y[i] = static_cast<T>((x[i] - sums[group] / count) / (deviation + kEpsilon));
  });
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kMeanVarianceNormalization = {
    .name = "MeanVarianceNormalization",
    .summary = "Subtracts the mean and divides by the standard deviation over chosen axes.",
    .inputs = {{"X", "float, any rank"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"axes", std::vector<int64_t>{0, 2, 3}, "the axes to normalise over"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
