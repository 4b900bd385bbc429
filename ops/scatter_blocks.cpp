// Replacing and reducing blocks of elements at given offsets.
#include <cstring>

#include "core/base/error.h"
#include "ops/axes.h"
#include "ops/blocks.h"
#include "ops/indices.h"
#include "ops/scatter.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

template <typename T>
T combine(char reduction, T old, T update) {
  switch (reduction) {
    case '+':
      return old + update;
    case '*':
      return old * update;
    case '<':
      return update < old ? update : old;
    default:
      return update > old ? update : old;
  }
}

template <typename T>
void reduce_blocks(const Reference& node, char reduction, const std::vector<int64_t>& offsets,
                   int64_t block) {
  const TensorView& updates = node.input(2);
  const TensorView& y = node.output(0);
  std::vector<T> old(static_cast<size_t>(block)), update(static_cast<size_t>(block));
  for (size_t k = 0; k < offsets.size(); ++k) {
    load_block(y, offsets[k], old.data(), block);
    load_block(updates, static_cast<int64_t>(k) * block, update.data(), block);
    for (size_t i = 0; i < old.size(); ++i) old[i] = combine(reduction, old[i], update[i]);
    store_block(y, offsets[k], old.data(), block);
  }
}

}  // namespace

void scatter_blocks(const Reference& node, const std::vector<int64_t>& offsets, int64_t block) {
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const size_t width = element_width(x.dtype, node.op().name);
  if (x.bytes() != 0 && x.data != y.data) std::memcpy(y.data, x.data, x.bytes());
  if (x.bytes() == 0 || block == 0) return;
  if (static_cast<int64_t>(offsets.size()) * block != node.input(2).elements()) {
    fail({"op.bad_shape",
          std::string(node.op().name) + ": updates of shape " + node.input(2).shape.to_string() +
              " do not have one element for each place that the indices name",
          "", "correct the shape of the updates"});
  }
  const std::string reduction = node.text("reduction");
  if (reduction == "none") {
    const size_t bytes = static_cast<size_t>(block) * width;
    const auto* from = static_cast<const char*>(node.input(2).data);
    for (const int64_t offset : offsets) {
      std::memcpy(element_at(y, offset, width), from, bytes);
      from += bytes;
    }
    return;
  }
  const char symbol = reduction == "add"   ? '+'
                      : reduction == "mul" ? '*'
                      : reduction == "min" ? '<'
                                           : '>';
  if (is_float(x.dtype)) {
    reduce_blocks<double>(node, symbol, offsets, block);
  } else {
    reduce_blocks<int64_t>(node, symbol, offsets, block);
  }
}

void infer_scatter(InferContext& node) {
  require_indices(node, 1);
  node.require_same_dtype(0, 2);
  require_one_of(node, "reduction", {"none", "add", "mul", "min", "max"});
  node.set_output(0, node.input(0).dtype, node.dims(0));
  if (node.text("reduction") == "none") move_contents(node, {0, 2});
}

OpAttribute reduction_attribute() {
  return {"reduction", "none",
          "what an update does to the element: \"none\" (replace), \"add\", \"mul\", \"min\", "
          "\"max\""};
}

}  // namespace ingot
