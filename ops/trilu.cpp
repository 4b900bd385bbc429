// Trilu: the upper or lower triangle of matrices, zeros elsewhere.
#include <algorithm>
#include <cstring>

#include "ops/elementwise.h"
#include "ops/reference.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.require_rank(0, 2);
  if (node.has_input(1)) require_integer(node, 1);
  infer_map(node);
}

void evaluate(Reference& node) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const size_t width = element_width(x.dtype, node.op().name);
  const int rank = x.shape.rank();
  const int64_t rows = x.shape[rank - 2], columns = x.shape[rank - 1];
  if (y.elements() == 0) return;
  const int64_t k = node.has_input(1) ? node.input_integers(1).at(0) : 0;
  const bool upper = node.integer("upper") != 0;
  for (int64_t row = 0; row < x.elements() / columns; ++row) {
    // The diagonal's column in this row; the upper triangle begins there, the lower ends there.
    const int64_t low = -columns - rows, high = columns + rows;
    const int64_t diagonal = row % rows + std::clamp(k, low, high);
    const int64_t first = upper ? std::clamp<int64_t>(diagonal, 0, columns) : 0;
    const int64_t end = upper ? columns : std::clamp<int64_t>(diagonal + 1, 0, columns);
    std::memset(element_at(y, row * columns, width), 0, static_cast<size_t>(columns) * width);
    std::memcpy(element_at(y, row * columns + first, width),
                element_at(x, row * columns + first, width),
                static_cast<size_t>(end - first) * width);
  }
}

}  // namespace

extern const OpDef kTrilu = {
    .name = "Trilu",
    .summary = "Keeps the upper or lower triangle of matrices.",
    .inputs = {{"input", "any type, rank from 2: the last two axes are the matrices"},
               {"k", "i64 scalar: which diagonal ends the triangle; without it the main one",
                OpPort::kOptional}},
    .outputs = {{"output", "type and shape of input"}},
    .attributes = {{"upper", 1, "1: the upper triangle; 0: the lower"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
