// Slice: every step-th element between a start and an end along some axes.
#include <algorithm>
#include <limits>

#include "ops/axes.h"
#include "ops/outputs.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

/// Bounds at least this large mean "to the end".
constexpr int64_t kFar = std::numeric_limits<int32_t>::max();
constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();

struct Range {
  int64_t start, size, step;
};

/// NumPy's clamping.
Range resolve(int64_t start, int64_t end, int64_t step, int64_t dim) {
  const int64_t low = step > 0 ? 0 : -1;
  const int64_t high = step > 0 ? dim : dim - 1;
  const auto clamp = [&](int64_t at) {
    if (at < 0) at = at < -dim ? low : at + dim;
    return std::clamp(at, low, std::max(low, high));
  };
  const int64_t from = clamp(start), to = clamp(end);
  // Not (to - from + step - 1) / step, which overflows for the huge steps of some exporters.
  int64_t size = 0;
  if (step > 0 && to > from) size = (to - from - 1) / step + 1;
  if (step < 0 && to < from) size = (from - to - 1) / -std::max(step, -kLargest) + 1;
  return {from, size, step};
}

/// A bound on an axis of size `dim`, for steps > 0, within [0, dim]; nothing if its sign is open.
std::optional<Dim> clamped(const Dim& bound, const Dim& dim) {
  if (is_nonnegative(bound)) return Dim::min(bound, dim);
  if (is_nonnegative(Dim(0) - bound)) return Dim::max(dim + bound, 0);
  return std::nullopt;
}

Dim sliced_size(InferContext& node, int axis, const Dim& start, const Dim& end, int64_t step) {
  const Dim& dim = node.dims(0)[static_cast<size_t>(axis)];
  if (start.is_constant() && end.is_constant() && dim.is_constant()) {
    return resolve(start.constant(), end.constant(), step, dim.constant()).size;
  }
  if (step > 0) {
    const std::optional<Dim> from = clamped(start, dim), to = clamped(end, dim);
    if (!from || !to) return node.unknown_dim(0, axis);
    return Dim::ceil_div(Dim::max(*to - *from, 0), step);
  }
  // Backwards to the first element, from the last one or from a given one.
  if (!start.is_constant() || !end.is_constant() || end.constant() > -kFar) {
    return node.unknown_dim(0, axis);
  }
  if (start.constant() >= 0) return Dim::ceil_div(Dim::min(start + 1, dim), -step);
  return Dim::ceil_div(Dim::max(dim + start + 1, 0), -step);
}

std::vector<int> sliced_axes(const std::optional<std::vector<int64_t>>& given, size_t count,
                             int rank, std::string_view op) {
  if (given) return normalize_axes(*given, rank, op);
  std::vector<int> axes;
  for (size_t i = 0; i < count; ++i) axes.push_back(static_cast<int>(i));
  return axes;
}

void infer(InferContext& node) {
  node.require_rank(1, 1, 1);
  if (!node.dims(1)[0].is_constant()) {
    node.fail("op.unknown_axes", "how many axes are sliced is not known",
              "export the model with a fixed number of starts");
  }
  const auto count = static_cast<size_t>(node.dims(1)[0].constant());
  std::optional<std::vector<int64_t>> given;
  if (node.has_input(3)) given = known_axes(node, 3);
  const std::vector<int> axes = sliced_axes(given, count, node.rank(0), node.op().name);
  const auto starts = node.known_dims(1), ends = node.known_dims(2);
  std::optional<std::vector<int64_t>> steps(std::vector<int64_t>(count, 1));
  if (node.has_input(4)) steps = node.known_integers(4);
  if (axes.size() != count || (starts && ends && starts->size() != ends->size()) ||
      (steps && steps->size() != count) || static_cast<int>(count) > node.rank(0)) {
    node.fail("op.bad_shape", "starts, ends, axes and steps differ in length",
              "give one of each per sliced axis");
  }
  SymbolicShape dims = node.dims(0);
  for (size_t i = 0; i < count; ++i) {
    if (steps && (*steps)[i] == 0) node.fail("op.bad_shape", "a step is 0", "use another step");
    const bool known = starts && ends && steps;
    dims[static_cast<size_t>(axes[i])] =
        known ? sliced_size(node, axes[i], (*starts)[i], (*ends)[i], (*steps)[i])
              : node.unknown_dim(0, axes[i]);
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
  move_contents(node, {0});
}

void evaluate(Reference& node) {
  allocate_outputs(node);
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const size_t width = element_width(x.dtype, node.op().name);
  const std::vector<int64_t> starts = node.input_integers(1), ends = node.input_integers(2);
  std::optional<std::vector<int64_t>> given;
  if (node.has_input(3)) given = node.input_integers(3);
  const std::vector<int> sliced = sliced_axes(given, starts.size(), x.shape.rank(), node.op().name);
  const std::vector<int64_t> steps =
      node.has_input(4) ? node.input_integers(4) : std::vector<int64_t>(starts.size(), 1);
  const std::vector<int64_t> from = dense_strides(x.shape), to = dense_strides(y.shape);
  std::vector<CopyAxis> axes;
  for (int axis = 0; axis < y.shape.rank(); ++axis) {
    const auto i = static_cast<size_t>(axis);
    axes.push_back({y.shape[axis], from[i], to[i]});
  }
  int64_t first = 0;
  for (size_t i = 0; i < sliced.size(); ++i) {
    const auto axis = static_cast<size_t>(sliced[i]);
    const Range range = resolve(starts[i], ends[i], steps[i], x.shape[sliced[i]]);
    require_fit(node, range.size == y.shape[sliced[i]]);
    first += range.start * from[axis];
    axes[axis].from_stride = axes[axis].size > 1 ? from[axis] * range.step : 0;
  }
  if (y.elements() != 0) {
    copy_strided(std::move(axes), element_at(x, first, width), y.data, width);
  }
}

}  // namespace

extern const OpDef kSlice = {
    .name = "Slice",
    .summary = "Takes every step-th element between a start and an end along some axes.",
    .inputs = {{"data", "any type, any rank from 1"},
               {"starts", "i32 or i64, one axis; negative: from the end"},
               {"ends", "as starts; exclusive"},
               {"axes", "as starts: the sliced axes; without it the first ones", OpPort::kOptional},
               {"steps", "as starts: not 0; without it 1", OpPort::kOptional}},
    .outputs = {{"output", "type and rank of data"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
