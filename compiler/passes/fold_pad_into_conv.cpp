// Lets a convolution or pool do the padding that a Pad before it did.
//
//   p = Pad(x, [0,0,1,1,0,0,1,1]); y = Conv(p, w)    =>    y = Conv(x, w) {pads=[1,1,1,1]}
//
// Pads must be constant, not negative, and on spatial axes only. A convolution needs zeros; an
// AveragePool needs zeros that count; a MaxPool needs lowest values, or zeros where the input
// cannot be negative and every window still sees the image.
#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "compiler/passes/passes.h"

namespace ingot {
namespace {

/// The padding of a Pad: spatial begins and ends, and the value.
struct Padding {
  std::vector<int64_t> pads;
  float value = 0;
  std::string why_not;
};

Padding read_padding(const Graph& graph, NodeId id) {
  Padding padding;
  const Node& node = graph.node(id);
  const auto rank = graph.dims(node.inputs[0]).size();
  const auto no = [&](std::string why) {
    padding.why_not = std::move(why);
    return padding;
  };
  if (attributes_of(graph, id).text("mode") != "constant") return no("its mode is not constant");
  const auto given = known_integers(graph, input_or_none(graph, id, 1));
  if (!given) return no("the pads are not constant");
  if (const ValueId value = input_or_none(graph, id, 2)) {
    const auto known = uniform_constant(graph, value);
    if (!known) return no("the padding value is not constant");
    padding.value = *known;
  }
  std::vector<int64_t> axes(rank);
  for (size_t i = 0; i < rank; ++i) axes[i] = static_cast<int64_t>(i);
  if (const ValueId list = input_or_none(graph, id, 3)) {
    const auto known = known_integers(graph, list);
    if (!known) return no("the padded axes are not constant");
    axes = *known;
  }
  if (rank < 3 || given->size() != 2 * axes.size()) return no("it has no spatial axes");
  const size_t spatial = rank - 2;
  padding.pads.assign(2 * spatial, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = normalize_axis(axes[i], static_cast<int>(rank), "Pad");
    const int64_t begin = (*given)[i], end = (*given)[i + axes.size()];
    if (begin < 0 || end < 0) return no("a pad is negative");
    if (axis < 2 && (begin != 0 || end != 0)) return no("it pads the batch or the channels");
    if (axis < 2) continue;
    padding.pads[static_cast<size_t>(axis) - 2] = begin;
    padding.pads[static_cast<size_t>(axis) - 2 + spatial] = end;
  }
  return padding;
}

/// The value cannot hold anything below 0.
bool is_not_negative(const Graph& graph, ValueId value) {
  const NodeId id = graph.producer(value);
  if (!id) return false;
  const Node& node = graph.node(id);
  if (node.is("Clip")) {
    const auto low = uniform_constant(graph, input_or_none(graph, id, 1));
    return low && *low >= 0;
  }
  return node.is("Relu") || node.is("Sigmoid") || node.is("HardSigmoid") || node.is("Softmax") ||
         node.is("Abs");
}

/// A reason why `reader` cannot do the padding.
std::string obstacle(const Graph& graph, NodeId pad, const Padding& padding, NodeId reader) {
  const Node& node = graph.node(reader);
  const NodeAttributes attributes = attributes_of(graph, reader);
  if (attributes.text("auto_pad") != "NOTSET") return "what reads it pads automatically";
  if (node.is("Conv")) return padding.value == 0 ? "" : "a convolution pads with 0";
  if (attributes.integer("ceil_mode") != 0) return "the pool rounds its size up";
  if (node.is("AveragePool")) {
    if (padding.value != 0) return "an average pool pads with 0";
    const auto own = attributes.integers("pads");
    const bool pads = std::any_of(own.begin(), own.end(), [](int64_t p) { return p != 0; });
    if (pads && attributes.integer("count_include_pad") == 0) {
      return "the pool has pads of its own that do not count";
    }
    return "";
  }
  if (padding.value <= std::numeric_limits<float>::lowest()) return "";
  if (padding.value != 0) return "a max pool pads with the lowest value";
  if (!is_not_negative(graph, graph.node(pad).inputs[0])) {
    return "zeros could win over the negative values of a window";
  }
  const auto kernel = attributes.integers("kernel_shape");
  const auto own = attributes.integers("pads");
  for (size_t i = 0; i < padding.pads.size(); ++i) {
    const int64_t pad_size = padding.pads[i] + (i < own.size() ? own[i] : 0);
    if (pad_size >= kernel[i % kernel.size()]) return "a window could lie in the padding";
  }
  return "";
}

}  // namespace

Graph fold_pad_into_conv(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes("Pad")) {
    const NodeId reader = sole_reader(graph, graph.node(id).outputs[0]);
    if (!reader) continue;
    const Node& node = graph.node(reader);
    const bool fits = node.is("Conv") || node.is("AveragePool") || node.is("MaxPool");
    if (!fits || node.inputs[0] != graph.node(id).outputs[0]) continue;
    const Padding padding = read_padding(graph, id);
    std::string why = padding.why_not;
    if (why.empty()) why = obstacle(graph, id, padding, reader);
    if (!why.empty()) {
      pass.near_miss(graph, id, why);
      continue;
    }
    std::vector<int64_t> pads = attributes_of(graph, reader).integers("pads");
    pads.resize(padding.pads.size(), 0);
    for (size_t i = 0; i < pads.size(); ++i) pads[i] += padding.pads[i];
    // One step, so that no half-changed node has its shape inferred.
    std::vector<ValueId> inputs = node.inputs;
    inputs[0] = graph.node(id).inputs[0];
    Attributes attributes = node.attributes;
    attributes.set("pads", pads);
    if (node.is("AveragePool")) attributes.set("count_include_pad", int64_t{1});
    graph.set_op(reader, *node.op, std::move(inputs), std::move(attributes));
    graph.add_origin(reader, graph.node(id).origin);
    graph.remove(id);
  }
  return graph;
}

}  // namespace ingot
