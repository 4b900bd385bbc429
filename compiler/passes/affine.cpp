// Matching of per-channel scales and shifts.
#include "compiler/passes/affine.h"

#include <fmt/core.h>

namespace ingot {

std::optional<std::vector<float>> per_channel(const Tensor& constant, int rank, int axis,
                                              int64_t channels, std::string* why_not) {
  const Shape& shape = constant.shape();
  if (shape.rank() > rank) {
    *why_not =
        fmt::format("the constant has more axes ({}) than the value ({})", shape.rank(), rank);
    return std::nullopt;
  }
  for (int i = 0; i < shape.rank(); ++i) {
    const int at = i + rank - shape.rank();
    if (shape[i] == 1 || (at == axis && shape[i] == channels)) continue;
    *why_not = fmt::format("the constant has {} values along axis {}", shape[i], at);
    return std::nullopt;
  }
  std::vector<float> values = constant.to_floats();
  if (values.size() == 1) values.resize(static_cast<size_t>(channels), values[0]);
  return values;
}

Affine match_affine(const Graph& graph, NodeId id, int axis) {
  const Node& node = graph.node(id);
  const bool add = node.is("Add"), sub = node.is("Sub"), mul = node.is("Mul"), div = node.is("Div");
  if (!add && !sub && !mul && !div) return {};
  const bool constant_first = graph.value(node.inputs[0]).is_constant();
  if (constant_first == graph.value(node.inputs[1]).is_constant()) return {};
  Affine affine;
  affine.input = node.inputs[constant_first ? 1 : 0];
  const ValueId constant = node.inputs[constant_first ? 0 : 1];
  if (!is_float(graph.dtype(constant))) return {};
  if (div && constant_first) {
    affine.why_not = "the constant is divided by the value";
    return affine;
  }
  if (!same_dims(graph, affine.input, node.outputs[0])) {
    affine.why_not = "the constant makes the value larger";
    return affine;
  }
  const SymbolicShape& dims = graph.dims(affine.input);
  if (axis >= static_cast<int>(dims.size()) || !dims[static_cast<size_t>(axis)].is_constant()) {
    affine.why_not = "the number of channels is not known";
    return affine;
  }
  const int64_t channels = dims[static_cast<size_t>(axis)].constant();
  auto values = per_channel(graph.value(constant).type.constant, static_cast<int>(dims.size()),
                            axis, channels, &affine.why_not);
  if (!values) return affine;
  affine.scale.assign(static_cast<size_t>(channels), 1.0F);
  affine.shift.assign(static_cast<size_t>(channels), 0.0F);
  affine.shifts = add || sub;
  affine.scales = mul || div || (sub && constant_first);
  if (add || (sub && constant_first)) affine.shift = *values;
  if (sub && constant_first) affine.scale.assign(static_cast<size_t>(channels), -1.0F);
  for (size_t c = 0; c < values->size(); ++c) {
    if (sub && !constant_first) affine.shift[c] = -(*values)[c];
    if (mul) affine.scale[c] = (*values)[c];
    if (div) affine.scale[c] = 1.0F / (*values)[c];
  }
  return affine;
}

}  // namespace ingot
