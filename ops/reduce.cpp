// Axes, shapes and contents of reductions.
#include "ops/reduce.h"

#include <limits>

#include "ops/axes.h"
#include "ops/outputs.h"

namespace ingot {
namespace {

/// Which axes are reduced: those given, all if none are, none if that is asked for.
std::vector<bool> reduced(const NodeAttributes& node, const std::vector<int64_t>& axes, int rank) {
  const bool all = axes.empty() && node.integer("noop_with_empty_axes") == 0;
  std::vector<bool> result(static_cast<size_t>(rank), all);
  for (const int axis : normalize_axes(axes, rank, node.op().name)) {
    result[static_cast<size_t>(axis)] = true;
  }
  return result;
}

/// Axes that only the run knows: every dim may be reduced or kept.
void infer_unknown_axes(InferContext& node) {
  const Dim& count = node.dims(1).at(0);
  const bool keeps = node.integer("keepdims") != 0;
  if (!keeps && (!count.is_constant() || count == Dim(0))) {
    node.fail("op.unknown_axes", "the axes are computed at run time, which leaves the rank open",
              "make the axes a constant");
  }
  const auto rank = node.rank(0) - (keeps ? 0 : static_cast<int>(count.constant()));
  SymbolicShape dims;
  for (int axis = 0; axis < rank; ++axis) dims.push_back(node.unknown_dim(0, axis));
  node.set_output(0, node.input(0).dtype, std::move(dims));
}

}  // namespace

std::vector<OpPort> reduction_inputs(std::string_view types) {
  return {{"data", types},
          {"axes", "i64, one axis: the axes to reduce; without it all", OpPort::kOptional}};
}

std::vector<OpAttribute> reduction_attributes() {
  return {{"keepdims", 1, "1: reduced axes stay with size 1; 0: they are dropped"},
          {"noop_with_empty_axes", 0, "1: without axes nothing is reduced"}};
}

void infer_reduction(InferContext& node, BinaryFold fold) {
  std::vector<int64_t> axes;
  if (node.has_input(1)) {
    const auto known = node.known_integers(1);
    if (!known) return infer_unknown_axes(node);
    axes = *known;
  }
  const std::vector<bool> drop = reduced(node, axes, node.rank(0));
  const bool keeps = node.integer("keepdims") != 0;
  SymbolicShape dims;
  for (size_t axis = 0; axis < drop.size(); ++axis) {
    if (!drop[axis]) {
      dims.push_back(node.dims(0)[axis]);
    } else if (keeps) {
      dims.emplace_back(1);
    }
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
  const auto contents = node.known_dims(0);
  const bool whole = node.rank(0) == 1 && drop[0];
  if (fold == nullptr || !contents || contents->empty() || !whole) return;
  Dim total = contents->front();
  for (size_t i = 1; i < contents->size(); ++i) {
    const auto next = fold(total, (*contents)[i]);
    if (!next) return;
    total = *next;
  }
  if (can_track(node.outputs()[0])) node.set_contents(0, {total});
}

std::pair<int64_t, int64_t> integer_limits(DType dtype) {
  if (dtype == DType::kBool) return {0, 1};
  const int bits = dtype_bits(dtype);
  if (is_signed_integer(dtype)) {
    const int64_t half =
        bits == 64 ? std::numeric_limits<int64_t>::max() : (int64_t{1} << (bits - 1)) - 1;
    return {-half - 1, half};
  }
  return {0, bits == 64 ? std::numeric_limits<int64_t>::max() : (int64_t{1} << bits) - 1};
}

Reduction reduction_of(Reference& node) {
  allocate_outputs(node);
  const Shape& shape = node.input(0).shape;
  const std::vector<int64_t> axes =
      node.has_input(1) ? node.input_integers(1) : std::vector<int64_t>{};
  const std::vector<bool> drop = reduced(node, axes, shape.rank());
  Reduction reduction;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool dropped = drop[static_cast<size_t>(axis)];
    reduction.kept.push_back(dropped ? 1 : shape[axis]);
    if (dropped) reduction.count *= shape[axis];
  }
  return reduction;
}

}  // namespace ingot
