// Reshape: the same elements in another shape; -1 is inferred, 0 copies the input's dim.
#include "ops/view.h"

namespace ingot {
namespace {

/// The dim written as -1: what is left of the elements. `others` is the product of all other dims.
Dim inferred_dim(InferContext& node, const Dim& all, const Dim& others) {
  if (others.is_constant() && others.constant() == 0) return 0;
  Dim quotient;
  if (Dim::divides_exactly(all, others, &quotient)) return quotient;
  if (all.is_constant() && others.is_constant()) {
    node.fail("op.bad_shape",
              all.to_string() + " elements of shape " + to_string(node.dims(0)) +
                  " do not divide into rows of " + others.to_string(),
              "correct the target shape");
  }
  return Dim::floor_div(all, others);
}

void infer(InferContext& node) {
  node.require_rank(1, 1, 1);
  const SymbolicShape& from = node.dims(0);
  const auto target = node.known_dims(1);
  SymbolicShape dims;
  if (!target) {
    if (!node.dims(1)[0].is_constant()) {
      node.fail("op.unknown_rank", "the length of the target shape is not known",
                "export the model with a target shape of fixed length");
    }
    const auto rank = static_cast<int>(node.dims(1)[0].constant());
    for (int axis = 0; axis < rank; ++axis) dims.push_back(node.unknown_dim(0, axis));
    return infer_view(node, std::move(dims));
  }
  const bool zero_copies = node.integer("allowzero") == 0;
  int inferred = -1;
  Dim others = 1;
  for (size_t axis = 0; axis < target->size(); ++axis) {
    Dim dim = (*target)[axis];
    if (dim == Dim(-1)) {
      if (inferred >= 0) {
        node.fail("op.bad_shape", "the target shape has more than one -1", "leave one -1");
      }
      inferred = static_cast<int>(axis);
      dims.emplace_back(1);
      continue;
    }
    if (dim == Dim(0) && zero_copies) {
      if (axis >= from.size()) {
        node.fail("op.bad_shape",
                  "axis " + std::to_string(axis) + " is to be copied (0), but the input has rank " +
                      std::to_string(from.size()),
                  "write the size out");
      }
      dim = from[axis];
    } else if (dim.is_constant() && dim.constant() < 0) {
      node.fail("op.bad_shape", "the target shape has the size " + dim.to_string(),
                "use -1 for the size to be inferred");
    }
    others = others * dim;
    dims.push_back(std::move(dim));
  }
  const Dim all = elements(from);
  if (inferred >= 0) {
    dims[static_cast<size_t>(inferred)] = inferred_dim(node, all, others);
  } else if (const Dim difference = all - others;
             difference.is_constant() && difference.constant() != 0) {
    node.fail("op.bad_shape",
              "shape " + to_string(from) + " does not have the elements of " + to_string(dims),
              "correct the target shape");
  }
  infer_view(node, std::move(dims));
}

}  // namespace

extern const OpDef kReshape = {
    .name = "Reshape",
    .summary = "Gives the same elements another shape.",
    .inputs = {{"data", "any type, any shape"},
               {"shape", "i64, one axis; -1 once for what is left, 0 for the input's dim"}},
    .outputs = {{"reshaped", "type of data, as many elements"}},
    .attributes = {{"allowzero", 0, "1: a 0 in the shape is an empty axis, not a copy"}},
    .infer = infer,
    .evaluate = evaluate_view,
    .traits = {.is_view = true, .commutes_with_quantize = true},
};

}  // namespace ingot
