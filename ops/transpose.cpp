// Transpose: axes in another order; without perm, reversed.
#include "ops/axes.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"
#include "ops/whole_bytes.h"

namespace ingot {
namespace {

std::vector<int> permutation(const NodeAttributes& node, int rank) {
  std::vector<int64_t> given = node.integers("perm");
  if (!node.given("perm")) {
    for (int axis = rank - 1; axis >= 0; --axis) given.push_back(axis);
  }
  return normalize_axes(given, rank, node.op().name);
}

void infer(InferContext& node) {
  const std::vector<int> perm = permutation(node, node.rank(0));
  if (static_cast<int>(perm.size()) != node.rank(0)) {
    node.fail("op.bad_attribute",
              "perm has " + std::to_string(perm.size()) + " axes, the input " +
                  std::to_string(node.rank(0)),
              "name every axis once");
  }
  SymbolicShape dims;
  for (const int axis : perm) dims.push_back(node.dims(0)[static_cast<size_t>(axis)]);
  node.set_output(0, node.input(0).dtype, std::move(dims));
  move_contents(node, {0});
}

void evaluate(Reference& node) {
  if (evaluate_in_whole_bytes(node, evaluate)) return;
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const std::vector<int64_t> from = dense_strides(x.shape), to = dense_strides(y.shape);
  const std::vector<int> perm = permutation(node, x.shape.rank());
  std::vector<CopyAxis> axes;
  for (size_t i = 0; i < perm.size(); ++i) {
    axes.push_back({y.shape[static_cast<int>(i)], from[static_cast<size_t>(perm[i])], to[i]});
  }
  copy_strided(std::move(axes), x.data, y.data, element_width(x.dtype, node.op().name));
}

}  // namespace

extern const OpDef kTranspose = {
    .name = "Transpose",
    .summary = "Puts the axes into another order.",
    .inputs = {{"data", "any type, any shape"}},
    .outputs = {{"transposed", "type of data"}},
    .attributes = {{"perm", std::vector<int64_t>{},
                    "input axis of each output axis; without it, all reversed"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.commutes_with_quantize = true},
};

}  // namespace ingot
