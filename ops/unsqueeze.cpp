// Unsqueeze: inserts axes of size 1.
#include <algorithm>

#include "ops/axes.h"
#include "ops/view.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  const std::vector<int64_t> given = known_axes(node, 1);
  const int rank = node.rank(0) + static_cast<int>(given.size());
  const std::vector<int> axes = normalize_axes(given, rank, node.op().name);
  SymbolicShape dims;
  size_t next = 0;
  for (int axis = 0; axis < rank; ++axis) {
    const bool inserted = std::find(axes.begin(), axes.end(), axis) != axes.end();
    dims.push_back(inserted ? Dim(1) : node.dims(0)[next++]);
  }
  infer_view(node, std::move(dims));
}

}  // namespace

extern const OpDef kUnsqueeze = {
    .name = "Unsqueeze",
    .summary = "Inserts axes of size 1.",
    .inputs = {{"data", "any type, any shape"},
               {"axes", "i64, one axis: where they are in the output"}},
    .outputs = {{"expanded", "type of data, as many elements"}},
    .infer = infer,
    .evaluate = evaluate_view,
    .traits = {.is_view = true, .commutes_with_quantize = true},
};

}  // namespace ingot
