// Folds per-channel constants after a convolution or matrix product into its weights and bias.
//
//   y = Mul(Conv(x, w, b), c)          =>    y = Conv(x, w * c, b * c)
//   y = Add(Conv(x, w), c)             =>    y = Conv(x, w, c)
//   y = Mul(MatMul(x, w), c)           =>    y = MatMul(x, w * c)
//   y = Mul(Add(MatMul(x, w), b), c)   =>    y = Add(MatMul(x, w * c), b * c)
//
// Also Sub and Div, also ConvTranspose. The weights must be constant, nobody else may read what is
// between, and the constant may vary along the channels only.
#include <fmt/core.h>

#include "compiler/passes/affine.h"
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

ValueId reshaped(Graph* graph, ValueId constant, const Shape& shape) {
  return graph->add_constant(graph->value(constant).type.constant.reshaped(shape));
}

/// w with each output channel multiplied by its scale.
ValueId scale_weights(Graph* graph, NodeId anchor, ValueId weights, const Affine& affine) {
  const Node& node = graph->node(anchor);
  const DType dtype = graph->dtype(weights);
  const Shape shape = graph->value(weights).type.constant.shape();
  const auto channels = static_cast<int64_t>(affine.scale.size());
  if (node.is("MatMul")) {
    const bool transposed = attributes_of(*graph, anchor).integer("transpose_b") != 0;
    const Shape factors = transposed ? Shape{channels, 1} : Shape{channels};
    return fold_now(graph, "Mul", {weights, add_floats(graph, affine.scale, factors, dtype)});
  }
  if (node.is("Conv")) {
    Shape factors{channels};
    for (int axis = 1; axis < shape.rank(); ++axis) factors.push_back(1);
    return fold_now(graph, "Mul", {weights, add_floats(graph, affine.scale, factors, dtype)});
  }
  // ConvTranspose: [groups * channels per group, filters per group, kernel...].
  const int64_t groups = attributes_of(*graph, anchor).integer("group");
  const Shape by_group{groups, shape[0] / groups, shape[1],
                       shape.elements() / (shape[0] * shape[1])};
  const ValueId factors =
      add_floats(graph, affine.scale, Shape{groups, 1, channels / groups, 1}, dtype);
  const ValueId product = fold_now(graph, "Mul", {reshaped(graph, weights, by_group), factors});
  return reshaped(graph, product, shape);
}

/// bias * scale + shift, where an absent bias is 0.
std::vector<float> new_bias(const Graph& graph, ValueId bias, const Affine& affine) {
  std::vector<float> values(affine.scale.size(), 0.0F);
  if (bias) values = graph.value(bias).type.constant.to_floats();
  for (size_t c = 0; c < values.size(); ++c) {
    values[c] = values[c] * affine.scale[c] + affine.shift[c];
  }
  return values;
}

class Folder {
 public:
  Folder(Graph* graph, PassContext* pass) : graph_(*graph), pass_(*pass) {}

  void fold(NodeId id) {
    const Node& node = graph_.node(id);
    if (node.inputs.size() != 2) return;
    for (ValueId input : node.inputs) {
      if (const NodeId conv = convolution(input)) return fold_into_convolution(id, conv);
      if (producer_of(graph_, input, "MatMul")) return fold_into_product(id, input);
      const NodeId add = producer_of(graph_, input, "Add");
      if (!add) continue;
      for (ValueId sum : graph_.node(add).inputs) {
        if (producer_of(graph_, sum, "MatMul")) return fold_through_bias(id, add, sum);
      }
    }
  }

 private:
  NodeId convolution(ValueId value) const {
    const NodeId conv = producer_of(graph_, value, "Conv");
    return conv ? conv : producer_of(graph_, value, "ConvTranspose");
  }

  /// A reason why the weights of `anchor` cannot take what node `id` does.
  std::string obstacle(NodeId anchor, const Affine& affine, ValueId between) const {
    if (!affine.why_not.empty()) return affine.why_not;
    if (!sole_reader(graph_, between)) return "others read the value before it";
    const auto& inputs = graph_.node(anchor).inputs;
    if (graph_.node(anchor).attributes.has("epilogue")) return "an epilogue was fused already";
    if (affine.scales && !graph_.value(inputs[1]).is_constant())
      return "the weights are not constant";
    return {};
  }

  void fold_into_convolution(NodeId id, NodeId conv) {
    const ValueId between = graph_.node(conv).outputs[0];
    const Affine affine = match_affine(graph_, id, 1);
    if (!affine.input || affine.input != between) return;
    const ValueId bias = input_or_none(graph_, conv, 2);
    std::string why = obstacle(conv, affine, between);
    if (why.empty() && bias && !graph_.value(bias).is_constant()) why = "the bias is not constant";
    if (!why.empty()) return pass_.near_miss(graph_, id, why);

    const DType dtype = graph_.dtype(between);
    if (affine.scales) {
      graph_.set_input(conv, 1, scale_weights(&graph_, conv, graph_.node(conv).inputs[1], affine));
    }
    if (affine.shifts || bias) {
      const std::vector<float> values = new_bias(graph_, bias, affine);
      const Shape shape{static_cast<int64_t>(values.size())};
      graph_.set_input(conv, 2, add_floats(&graph_, values, shape, dtype));
    }
    take_over(id, between);
  }

  /// The scale of a product with a constant matrix.
  void fold_into_product(NodeId id, ValueId between) {
    const NodeId product = graph_.producer(between);
    const Affine affine = match_affine(graph_, id, last_axis(between));
    if (!affine.input || affine.input != between || affine.shifts) return;
    if (!is_matrix(graph_.node(product).inputs[1])) return;
    const std::string why = obstacle(product, affine, between);
    if (!why.empty()) return pass_.near_miss(graph_, id, why);
    scale_product(product, affine);
    take_over(id, between);
  }

  /// The scale of a product with a constant matrix and a constant bias added.
  void fold_through_bias(NodeId id, NodeId add, ValueId sum) {
    const ValueId between = graph_.node(add).outputs[0];
    const NodeId product = graph_.producer(sum);
    const Affine scale = match_affine(graph_, id, last_axis(between));
    if (!scale.input || scale.input != between || scale.shifts) return;
    const Affine bias = match_affine(graph_, add, last_axis(between));
    if (!bias || !is_matrix(graph_.node(product).inputs[1])) return;
    std::string why = obstacle(product, scale, between);
    if (why.empty()) why = obstacle(product, bias, sum);
    if (!why.empty()) return pass_.near_miss(graph_, id, why);

    std::vector<float> values = bias.shift;
    for (size_t c = 0; c < values.size(); ++c) values[c] *= scale.scale[c];
    scale_product(product, scale);
    const ValueId constant =
        add_floats(&graph_, values, Shape{static_cast<int64_t>(values.size())}, graph_.dtype(sum));
    graph_.set_input(add, graph_.node(add).inputs[0] == sum ? 1 : 0, constant);
    take_over(id, between);
  }

  void scale_product(NodeId product, const Affine& affine) {
    const ValueId weights = graph_.node(product).inputs[1];
    graph_.set_input(product, 1, scale_weights(&graph_, product, weights, affine));
  }

  int last_axis(ValueId value) const { return static_cast<int>(graph_.dims(value).size()) - 1; }
  bool is_matrix(ValueId value) const {
    return graph_.value(value).is_constant() && graph_.dims(value).size() == 2;
  }

  /// The value takes the place, and the name, of the node's output.
  void take_over(NodeId id, ValueId value) {
    const std::string name = graph_.value(graph_.node(id).outputs[0]).name;
    graph_.replace(id, value);
    graph_.set_name(value, name);
  }

  Graph& graph_;
  PassContext& pass_;
};

}  // namespace

Graph fold_affine_into_weights(Graph graph, PassContext& pass) {
  Folder folder(&graph, &pass);
  for (NodeId id : graph.nodes()) folder.fold(id);
  return graph;
}

}  // namespace ingot
