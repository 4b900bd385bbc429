// Pad: elements added (or, where negative, taken away) before and after each axis: a constant, the
// edge, the mirrored or the wrapped-around tensor.
#include <cstring>

#include "ops/axes.h"
#include "ops/outputs.h"
#include "ops/shape_arithmetic.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  require_one_of(node, "mode", {"constant", "edge", "reflect", "wrap"});
  std::vector<int64_t> given;
  if (node.has_input(3)) {
    given = known_axes(node, 3);
  } else {
    for (int axis = 0; axis < node.rank(0); ++axis) given.push_back(axis);
  }
  const std::vector<int> axes = normalize_axes(given, node.rank(0), node.op().name);
  const auto pads = node.known_dims(1);
  if (pads && pads->size() != 2 * axes.size()) {
    node.fail("op.bad_shape",
              std::to_string(pads->size()) + " pads for " + std::to_string(axes.size()) + " axes",
              "give two per axis: all begins, then all ends");
  }
  if (node.has_input(2)) node.require_same_dtype(0, 2);
  SymbolicShape dims = node.dims(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    Dim& dim = dims[static_cast<size_t>(axes[i])];
    dim = pads ? dim + (*pads)[i] + (*pads)[i + axes.size()] : node.unknown_dim(0, axes[i]);
  }
  node.set_output(0, node.input(0).dtype, std::move(dims));
  if (!node.has_input(2)) move_contents(node, {0});
}

/// For each index along an axis of the output, the index in the input, or -1 for padding.
std::vector<int64_t> sources(std::string_view mode, int64_t in, int64_t out, int64_t begin) {
  std::vector<int64_t> result(static_cast<size_t>(out), -1);
  if (in == 0) return result;
  for (int64_t i = 0; i < out; ++i) {
    int64_t at = i - begin;
    if (at < 0 || at >= in) {
      if (mode == "constant") continue;
      if (mode == "edge") {
        at = at < 0 ? 0 : in - 1;
      } else {
        // A period of the repeated pattern; mirrored, the two ends are not doubled.
        const int64_t period = mode == "wrap" ? in : std::max<int64_t>(1, 2 * in - 2);
        at = (at % period + period) % period;
        if (at >= in) at = period - at;
      }
    }
    result[static_cast<size_t>(i)] = at;
  }
  return result;
}

struct Padding {
  std::vector<std::vector<int64_t>> sources;  ///< per axis
  std::vector<int64_t> from, to;              ///< strides
  const char* fill;
  size_t width;

  void fill_elements(char* to_bytes, int64_t count) const {
    for (int64_t i = 0; i < count; ++i) {
      std::memcpy(to_bytes + static_cast<size_t>(i) * width, fill, width);
    }
  }

  void copy(size_t axis, const char* x, char* y) const {
    const std::vector<int64_t>& map = sources[axis];
    const bool last = axis + 1 == sources.size();
    const size_t pitch = static_cast<size_t>(to[axis]) * width;
    for (size_t i = 0; i < map.size();) {
      if (map[i] < 0) {
        fill_elements(y + i * pitch, to[axis]);
        ++i;
      } else if (!last) {
        copy(axis + 1, x + static_cast<size_t>(map[i] * from[axis]) * width, y + i * pitch);
        ++i;
      } else {
        // A run of neighbours at once: nearly all of the row.
        size_t end = i + 1;
        while (end < map.size() && map[end] == map[end - 1] + 1) ++end;
        std::memcpy(y + i * width, x + static_cast<size_t>(map[i]) * width, (end - i) * width);
        i = end;
      }
    }
  }
};

void evaluate(Reference& node) {
  allocate_outputs(node);
  const TensorView& x = node.input(0);
  const TensorView& y = node.output(0);
  const size_t width = element_width(x.dtype, node.op().name);
  const uint64_t zero = 0;
  const void* fill = node.has_input(2) ? node.input(2).data : &zero;
  if (y.elements() == 0) return;
  if (x.shape.rank() == 0) {
    std::memcpy(y.data, x.data, width);
    return;
  }
  const int rank = x.shape.rank();
  std::vector<int64_t> begins(static_cast<size_t>(rank), 0);
  const std::vector<int64_t> pads = node.input_integers(1);
  if (node.has_input(3)) {
    const std::vector<int> axes = normalize_axes(node.input_integers(3), rank, node.op().name);
    require_fit(node, pads.size() == 2 * axes.size());
    for (size_t i = 0; i < axes.size(); ++i) begins[static_cast<size_t>(axes[i])] = pads[i];
  } else {
    require_fit(node, pads.size() == 2 * begins.size());
    for (size_t i = 0; i < begins.size(); ++i) begins[i] = pads[i];
  }
  Padding padding{
      {}, dense_strides(x.shape), dense_strides(y.shape), static_cast<const char*>(fill), width};
  const std::string mode = node.text("mode");
  for (int axis = 0; axis < rank; ++axis) {
    padding.sources.push_back(
        sources(mode, x.shape[axis], y.shape[axis], begins[static_cast<size_t>(axis)]));
  }
  padding.copy(0, static_cast<const char*>(x.data), static_cast<char*>(y.data));
}

}  // namespace

extern const OpDef kPad = {
    .name = "Pad",
    .summary = "Adds elements before and after each axis.",
    .inputs = {{"data", "any type, any shape"},
               {"pads", "i64, all begins, then all ends; negative takes elements away"},
               {"constant_value", "scalar, type of data; without it 0", OpPort::kOptional},
               {"axes", "i32 or i64: the padded axes; without it all", OpPort::kOptional}},
    .outputs = {{"output", "type and rank of data"}},
    .attributes = {{"mode", "constant", "\"constant\", \"edge\", \"reflect\" or \"wrap\""}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
