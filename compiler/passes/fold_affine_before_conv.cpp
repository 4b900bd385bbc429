// Folds per-channel constants before a convolution into its weights and bias: images are often
// scaled to [0, 1] or normalised first.
//
//   y = Conv(Div(x, 255), w, b)           =>    y = Conv(x, w / 255, b)
//   y = Conv(Add(Mul(x, s), t), w, b)     =>    y = Conv(x, w * s, b + sum(w * t))
//
// A shift can be folded only if the convolution does not pad: what it pads with is not shifted.
#include <algorithm>

#include "compiler/passes/affine.h"
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

bool pads(const Graph& graph, NodeId conv) {
  const NodeAttributes attributes = attributes_of(graph, conv);
  const std::string mode = attributes.text("auto_pad");
  if (mode == "VALID") return false;
  const auto sizes = attributes.integers("pads");
  return mode != "NOTSET" || std::any_of(sizes.begin(), sizes.end(), [](auto p) { return p != 0; });
}

std::string obstacle(const Graph& graph, NodeId conv, const Affine& affine) {
  if (!affine.why_not.empty()) return affine.why_not;
  const auto& inputs = graph.node(conv).inputs;
  if (!graph.value(inputs[1]).is_constant()) return "the weights are not constant";
  if (affine.shifts && pads(graph, conv)) return "the convolution pads, and pads are not shifted";
  const ValueId bias = input_or_none(graph, conv, 2);
  if (affine.shifts && bias && !graph.value(bias).is_constant()) return "the bias is not constant";
  return {};
}

/// Position of the input channel that element i of the weights [filters, channels / group, kernel]
/// multiplies.
class ChannelOf {
 public:
  ChannelOf(const Shape& weights, int64_t groups)
      : per_group_(weights[1]),
        taps_(weights.elements() / (weights[0] * weights[1])),
        filters_per_group_(weights[0] / groups) {}
  int64_t filter(int64_t i) const { return i / (per_group_ * taps_); }
  size_t operator()(int64_t i) const {
    const int64_t group = filter(i) / filters_per_group_;
    return static_cast<size_t>(group * per_group_ + i / taps_ % per_group_);
  }

 private:
  int64_t per_group_, taps_, filters_per_group_;
};

void fold(Graph* graph, NodeId conv, const Affine& affine) {
  const Node node = graph->node(conv);
  const Tensor tensor = graph->value(node.inputs[1]).type.constant;
  const Shape shape = tensor.shape();
  const ChannelOf channel(shape, attributes_of(*graph, conv).integer("group"));
  std::vector<float> weights = tensor.to_floats();
  std::vector<float> bias(static_cast<size_t>(shape[0]), 0.0F);
  if (const ValueId old = input_or_none(*graph, conv, 2); old && affine.shifts) {
    bias = graph->value(old).type.constant.to_floats();
  }
  for (int64_t i = 0; i < shape.elements(); ++i) {
    float& weight = weights[static_cast<size_t>(i)];
    bias[static_cast<size_t>(channel.filter(i))] += weight * affine.shift[channel(i)];
    weight *= affine.scale[channel(i)];
  }
  const DType dtype = graph->dtype(node.inputs[1]);
  std::vector<ValueId> inputs = node.inputs;
  inputs[0] = affine.input;
  inputs[1] = add_floats(graph, weights, shape, dtype);
  if (affine.shifts) {
    if (inputs.size() < 3) inputs.resize(3);
    inputs[2] = add_floats(graph, bias, Shape{shape[0]}, dtype);
  }
  graph->set_op(conv, *node.op, std::move(inputs), node.attributes);
}

}  // namespace

Graph fold_affine_before_conv(Graph graph, PassContext& pass) {
  for (NodeId conv : graph.nodes("Conv")) {
    for (;;) {  // a scale and a shift are two nodes
      const NodeId before = graph.producer(graph.node(conv).inputs[0]);
      if (!before) break;
      const Affine affine = match_affine(graph, before, 1);
      if (!affine.input || sole_reader(graph, graph.node(before).outputs[0]) != conv) break;
      const std::string why = obstacle(graph, conv, affine);
      if (!why.empty()) {
        pass.near_miss(graph, before, why);
        break;
      }
      fold(&graph, conv, affine);
      graph.add_origin(conv, graph.node(before).origin);
      graph.remove(before);
    }
  }
  return graph;
}

}  // namespace ingot
