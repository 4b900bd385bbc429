// Matching of attention: from the softmax back through masks and scales to the product of queries
// and keys, and forward to the product with the values.
#include "compiler/passes/attention_pattern.h"

#include <fmt/core.h>

#include <algorithm>

namespace ingot {
namespace {

/// Takes factors off a value: Mul or Div by numbers. What is left is returned.
ValueId without_scale(const Graph& graph, ValueId value, float* scale) {
  for (;;) {
    const NodeId id = graph.producer(value);
    if (!id) return value;
    const Node& node = graph.node(id);
    if (!node.is("Mul") && !node.is("Div")) return value;
    if (node.is("Div")) {
      const auto divisor = uniform_constant(graph, node.inputs[1]);
      if (!divisor || *divisor == 0 || !same_dims(graph, node.inputs[0], value)) return value;
      *scale /= *divisor;
      value = node.inputs[0];
      continue;
    }
    const WithScalar scaled = match_scalar(graph, id);
    if (!scaled || !same_dims(graph, scaled.value, value)) return value;
    *scale *= scaled.scalar;
    value = scaled.value;
  }
}

class ScoreReader {
 public:
  ScoreReader(Graph* graph, AttentionPattern* pattern) : graph_(*graph), pattern_(*pattern) {}

  /// The product of queries and keys below `value`, or none. Masks and scales are noted.
  NodeId read(ValueId value) {
    const NodeId id = graph_.producer(value);
    if (!id || depth_++ > 8) return {};
    if (!sole_reader(graph_, value)) return shared(id);
    const Node node = graph_.node(id);
    if (node.is("MatMul")) return id;
    if (node.is("Add")) return read_mask(node);
    if (node.is("Where")) return read_choice(node);
    if (node.is("Reshape")) return read_window_mask(node);
    if (node.is("Mul") || node.is("Div")) {
      const ValueId below = without_scale(graph_, value, &pattern_.scale);
      if (below == value) return {};
      // A mask below the scale would have to be scaled too.
      const NodeId found = graph_.producer(below);
      return found && graph_.node(found).is("MatMul") && sole_reader(graph_, below) ? found
                                                                                    : NodeId{};
    }
    return {};
  }

  bool saw_shared_product() const { return shared_; }

 private:
  NodeId shared(NodeId id) {
    shared_ = graph_.node(id).is("MatMul");
    return {};
  }

  NodeId read_mask(const Node& add) {
    for (size_t i : {0, 1}) {
      const ValueId scores = add.inputs[i], mask = add.inputs[1 - i];
      if (!same_dims(graph_, scores, add.outputs[0]) || !leads_to_product(scores)) continue;
      pattern_.masks.push_back(mask);
      return read(scores);
    }
    return {};
  }

  /// Where(forbidden, -inf, scores): the number is added instead, which gives the same softmax.
  NodeId read_choice(const Node& where) {
    for (size_t i : {1, 2}) {
      const auto number = uniform_constant(graph_, where.inputs[i]);
      const ValueId scores = where.inputs[3 - i];
      if (!number || *number > -1e4F || !same_dims(graph_, scores, where.outputs[0])) continue;
      const DType dtype = graph_.dtype(scores);
      const ValueId zero = add_scalar(&graph_, 0, dtype), low = add_scalar(&graph_, *number, dtype);
      pattern_.masks.push_back(graph_.add(
          "Where", {where.inputs[0], i == 1 ? low : zero, i == 1 ? zero : low}, {}, where.origin));
      return read(scores);
    }
    return {};
  }

  /// Reshape(Add(Reshape(scores, [batch, windows, ...]), mask)): the windows of a Swin block.
  NodeId read_window_mask(const Node& outer) {
    const NodeId add = sole_producer_of(graph_, outer.inputs[0], "Add");
    if (!add) return {};
    const Node sum = graph_.node(add);
    for (size_t i : {0, 1}) {
      const NodeId inner = sole_producer_of(graph_, sum.inputs[i], "Reshape");
      if (!inner) continue;
      const ValueId scores = graph_.node(inner).inputs[0];
      const SymbolicShape flat = graph_.dims(scores), windows = graph_.dims(sum.inputs[i]);
      const bool fits = windows.size() == flat.size() + 1 && windows[0] * windows[1] == flat[0] &&
                        std::equal(windows.begin() + 2, windows.end(), flat.begin() + 1) &&
                        same_dims(graph_, sum.outputs[0], sum.inputs[i]) &&
                        same_dims(graph_, scores, outer.outputs[0]);
      if (!fits) continue;
      const auto mask = flat_mask(sum.inputs[1 - i], windows, sum.origin);
      if (!mask) return {};
      pattern_.masks.push_back(*mask);
      return read(scores);
    }
    return {};
  }

  /// A mask [1 or batch, windows, ...] as [batch * windows, ...].
  std::optional<ValueId> flat_mask(ValueId mask, const SymbolicShape& windows,
                                   const std::vector<std::string>& origin) {
    SymbolicShape dims = graph_.dims(mask);
    while (dims.size() < windows.size()) dims.insert(dims.begin(), Dim(1));
    if (!(dims[0] == windows[0]) || !(dims[1] == windows[1])) {
      dims[0] = windows[0];
      dims[1] = windows[1];
      const auto repeated = shape_value(dims);
      if (!repeated) return std::nullopt;
      mask = graph_.add("Expand", {mask, *repeated}, {}, origin);
    }
    SymbolicShape flat(dims.begin() + 1, dims.end());
    flat[0] = windows[0] * windows[1];
    const auto target = reshape_target(&graph_, graph_.dims(mask), flat);
    if (!target) return std::nullopt;
    return graph_.add("Reshape", {mask, *target}, {}, origin);
  }

  /// The dims as a tensor of numbers or a ShapeTensor.
  std::optional<ValueId> shape_value(const SymbolicShape& dims) {
    if (const auto shape = static_shape(dims)) return add_integers(&graph_, shape->dims());
    if (!known_at_start(graph_, dims)) return std::nullopt;
    Attributes attributes;
    attributes.set("dims", dims);
    return graph_.add("ShapeTensor", {}, std::move(attributes));
  }

  /// Whether an operand of an Add is on the way to the product; the other one is the mask then.
  bool leads_to_product(ValueId value) const {
    for (int steps = 0; steps < 8; ++steps) {
      const NodeId id = graph_.producer(value);
      if (!id) return false;
      const Node& node = graph_.node(id);
      if (node.is("MatMul")) return true;
      if (node.is("Where")) {
        value = uniform_constant(graph_, node.inputs[1]) ? node.inputs[2] : node.inputs[1];
      } else if (node.is("Add") || node.is("Mul") || node.is("Div") || node.is("Reshape")) {
        const bool second = node.is("Add") && producer_of(graph_, node.inputs[1], "MatMul");
        const bool first_constant = graph_.value(node.inputs[0]).is_constant();
        value = node.inputs[second || first_constant ? 1 : 0];
      } else {
        return false;
      }
    }
    return false;
  }

  Graph& graph_;
  AttentionPattern& pattern_;
  int depth_ = 0;
  bool shared_ = false;
};

}  // namespace

AttentionPattern match_attention(Graph* graph, NodeId softmax, std::string* why_not) {
  const Node soft = graph->node(softmax);
  const ValueId probabilities = soft.outputs[0];
  const int rank = static_cast<int>(graph->dims(probabilities).size());
  AttentionPattern pattern;
  ScoreReader scores(graph, &pattern);
  const NodeId first = scores.read(soft.inputs[0]);
  const bool last_axis = attributes_of(*graph, softmax).axis("axis", rank) == rank - 1;
  const auto readers = graph->readers(probabilities);
  NodeId second;
  for (NodeId reader : readers) {
    if (graph->node(reader).is("MatMul") && graph->node(reader).inputs[0] == probabilities) {
      second = reader;
    }
  }
  if (!second) return {};
  const auto no = [&](std::string why) {
    *why_not = std::move(why);
    return AttentionPattern{};
  };
  if (scores.saw_shared_product()) return no("others read the product of queries and keys");
  if (!first) return {};
  if (!last_axis) return no("the softmax is not over the last axis");
  if (!sole_reader(*graph, probabilities)) return no("others read the probabilities");
  if (rank < 3 || rank > 4) return no(fmt::format("the scores have {} axes", rank));

  const NodeAttributes product = attributes_of(*graph, first);
  const NodeAttributes output = attributes_of(*graph, second);
  if (product.integer("transpose_a") != 0 || output.integer("transpose_a") != 0 ||
      output.integer("transpose_b") != 0) {
    return no("the queries, probabilities or values are read transposed");
  }
  for (NodeId id : {first, second}) {
    if (graph->node(id).attributes.has("epilogue")) return no("a product has an epilogue already");
  }
  pattern.q = without_scale(*graph, graph->node(first).inputs[0], &pattern.scale);
  pattern.k = without_scale(*graph, graph->node(first).inputs[1], &pattern.scale);
  pattern.k_transposed = product.integer("transpose_b") == 0;
  pattern.v = graph->node(second).inputs[1];
  for (ValueId operand : {pattern.q, pattern.k, pattern.v}) {
    if (static_cast<int>(graph->dims(operand).size()) != rank) {
      return no("queries, keys and values differ in their number of axes");
    }
  }
  pattern.origin = merged_origin(*graph, {first, softmax, second});
  pattern.result = graph->node(second).outputs[0];
  return pattern;
}

}  // namespace ingot
