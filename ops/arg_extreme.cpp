// Rows across the axis are compared with the best so far, element by element.
#include "ops/arg_extreme.h"

#include "ops/blocks.h"
#include "ops/float_tensor.h"

namespace ingot {
namespace {

template <typename Compute>
void find(const Reference& node, bool largest) {
  const TensorView& x = node.input(0);
  const AxisSplit split = AxisSplit::at(x.shape, node.axis("axis", x.shape.rank()));
  const bool last = node.integer("select_last_index") != 0;
  auto* to = static_cast<int64_t*>(node.output(0).data);
  const int64_t slab = split.length * split.inner;
  std::vector<Compute> values(static_cast<size_t>(slab));
  for (int64_t outer = 0; outer < split.outer; ++outer, to += split.inner) {
    load_block(x, outer * slab, values.data(), slab);
    std::fill_n(to, split.inner, 0);
    for (int64_t k = 1; k < split.length; ++k) {
      for (int64_t i = 0; i < split.inner; ++i) {
        const Compute value = values[static_cast<size_t>(k * split.inner + i)];
        const Compute best = values[static_cast<size_t>(to[i] * split.inner + i)];
        const bool better = largest ? value > best : value < best;
        // The first NaN stays, as in NumPy.
        const bool nan = value != value && best == best;
        if (better || nan || (last && value == best)) to[i] = k;
      }
    }
  }
}

}  // namespace

std::vector<OpAttribute> arg_extreme_attributes() {
  return {{"axis", 0, "the axis to search along"},
          {"keepdims", 1, "1: the axis stays with size 1; 0: it is dropped"},
          {"select_last_index", 0, "1: of equal elements the last, else the first"}};
}

void infer_arg_extreme(InferContext& node) {
  const int axis = node.axis("axis", node.rank(0));
  SymbolicShape dims = node.dims(0);
  if (dims[static_cast<size_t>(axis)] == Dim(0)) {
    node.fail("op.bad_shape", "axis " + std::to_string(axis) + " is empty",
              "search along an axis with elements");
  }
  if (node.integer("keepdims") != 0) {
    dims[static_cast<size_t>(axis)] = 1;
  } else {
    dims.erase(dims.begin() + axis);
  }
  node.set_output(0, DType::kI64, std::move(dims));
}

void evaluate_arg_extreme(const Reference& node, bool largest) {
  if (is_float(node.input(0).dtype)) {
    find<double>(node, largest);
  } else {
    find<int64_t>(node, largest);
  }
}

}  // namespace ingot
