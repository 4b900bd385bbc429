// Shape: the dims of a tensor, or those of a range of its axes.
#include <algorithm>

#include "ops/outputs.h"

namespace ingot {
namespace {

/// The axes [first, end) that are asked for, clamped as NumPy does.
std::pair<int, int> range(const NodeAttributes& node, int rank) {
  const auto at = [&](int64_t axis) {
    return static_cast<int>(std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank));
  };
  const int first = at(node.integer("start"));
  return {first, node.given("end") ? std::max(first, at(node.integer("end"))) : rank};
}

void infer(InferContext& node) {
  const auto [first, end] = range(node, node.rank(0));
  const SymbolicShape& dims = node.dims(0);
  node.set_output(0, DType::kI64, {Dim(end - first)});
  node.set_contents(0, {dims.begin() + first, dims.begin() + end});
}

void evaluate(Reference& node) {
  const Shape& shape = node.input(0).shape;
  const auto [first, end] = range(node, shape.rank());
  std::copy(shape.begin() + first, shape.begin() + end, node.output(0).as<int64_t>().begin());
}

}  // namespace

extern const OpDef kShape = {
    .name = "Shape",
    .summary = "Gives the dims of a tensor.",
    .inputs = {{"data", "any type, any shape"}},
    .outputs = {{"shape", "i64, one axis"}},
    .attributes = {{"start", 0, "the first axis; negative: from the end"},
                   {"end", 0, "the axis after the last; without it, all"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.shape_only = true},
};

}  // namespace ingot
