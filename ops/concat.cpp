// Concat: tensors one after the other along an axis.
#include "ops/float_tensor.h"
#include "ops/outputs.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"
#include "ops/whole_bytes.h"

#include <cstring>
#include <numeric>

namespace ingot {
namespace {

void infer(InferContext& node) {
  const auto axis = static_cast<size_t>(node.axis("axis", node.rank(0)));
  SymbolicShape dims = node.dims(0);
  for (int i = 1; i < node.input_count(); ++i) {
    node.require_same_dtype(0, i);
    node.require_rank(i, node.rank(0), node.rank(0));
    for (size_t k = 0; k < dims.size(); ++k) {
      const Dim& other = node.dims(i)[k];
      if (k == axis) {
        dims[k] = dims[k] + other;
      } else if (!dims[k].is_constant()) {
        // A number says more than a symbol; that they agree is checked by the run.
        if (other.is_constant()) dims[k] = other;
      } else if (other.is_constant() && !(other == dims[k])) {
        node.fail("op.bad_shape",
                  "input " + std::to_string(i) + " is " + to_string(node.dims(i)) +
                      ", input 0 is " + to_string(node.dims(0)),
                  "inputs may differ along axis " + std::to_string(axis) + " only");
      }
    }
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
  std::vector<int> all(static_cast<size_t>(node.input_count()));
  std::iota(all.begin(), all.end(), 0);
  move_contents(node, all);
}

void evaluate(Reference& node) {
  if (evaluate_in_whole_bytes(node, evaluate)) return;
  const TensorView& y = node.output(0);
  const size_t width = element_width(y.dtype, node.op().name);
  const AxisSplit split = AxisSplit::at(y.shape, node.axis("axis", y.shape.rank()));
  const size_t pitch = static_cast<size_t>(split.length * split.inner) * width;
  auto* to = static_cast<char*>(y.data);
  const int axis = node.axis("axis", y.shape.rank());
  int64_t total = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    const Shape& shape = node.input(i).shape;
    total += shape[axis];
    for (int k = 0; k < y.shape.rank(); ++k) {
      require_fit(node, k == axis || shape[k] == y.shape[k]);
    }
  }
  require_fit(node, total == y.shape[axis]);
  for (int i = 0; i < node.input_count(); ++i) {
    const TensorView& x = node.input(i);
    if (x.elements() == 0 || split.outer == 0) continue;
    const size_t row = x.bytes() / static_cast<size_t>(split.outer);
    const auto* from = static_cast<const char*>(x.data);
    for (size_t k = 0; k < static_cast<size_t>(split.outer); ++k) {
      std::memcpy(to + k * pitch, from + k * row, row);
    }
    to += row;
  }
}

}  // namespace

extern const OpDef kConcat = {
    .name = "Concat",
    .summary = "Joins tensors along an axis.",
    .inputs = {{"inputs", "any type; shapes equal but for the axis", OpPort::kVariadic}},
    .outputs = {{"concat_result", "type of the inputs"}},
    .attributes = {{"axis", 0, "the axis to join along", true}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
