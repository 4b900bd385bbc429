// Moves elementwise nodes after a convolution or matrix product into its epilogue.
//
//   y = Relu(Add(Conv(x, w, b), r))     =>    y = Conv(x, w, b, r) {epilogue=expr(relu(add(in0,in1)))}
//   y = Gelu(Add(MatMul(x, w), bias))   =>    y = MatMul(x, w, bias) {epilogue=expr(gelu(add(in0,in1)))}
//
//   y = QuantizeLinear(Relu(Conv(q, w) {dtype=f32}), s)
//       =>    y = Conv(q, w) {epilogue=expr(mul(relu(in0),1/s)), dtype=i8}
//
// A product of 8-bit operands takes extras and a result of any type: a DequantizeLinear of a residual
// is computed inside, and the rounding to 8 bits is the last thing that joins.
//
// Every value between must have one reader; the other operands must broadcast to the result
// without enlarging it. Later convolutions choose first: of two that are added, the later one
// takes the addition and reads the result of the earlier.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"

namespace ingot {
namespace {

constexpr size_t kMostExtras = 6;
constexpr int kMostOperations = 64;

/// How many inputs the operator has before the extras; 0: it takes no epilogue.
size_t fixed_inputs(const Node& node) {
  if (node.is("Conv") || node.is("ConvTranspose")) return 3;
  return node.is("MatMul") ? 2 : 0;
}

/// Products of 8-bit operands round their result to the type that is wanted.
bool has_free_types(const Graph& graph, NodeId anchor) {
  return dtype_bits(graph.dtype(graph.node(anchor).inputs[0])) == 8;
}

bool is_extra_type(DType dtype) { return is_pointwise_float(dtype) || is_quantized_byte(dtype); }

/// The form of a reader with each dequantised operand replaced by the bytes that it comes from.
PointwiseForm with_bytes(const Graph& graph, const PointwiseForm& form, ValueId accumulator) {
  PointwiseForm result;
  std::vector<int> operands;
  const auto input_node = [&](ValueId input) {
    auto found = std::find(result.inputs.begin(), result.inputs.end(), input);
    if (found == result.inputs.end()) found = result.inputs.insert(found, input);
    return result.expression.add_input(static_cast<int>(found - result.inputs.begin()));
  };
  for (ValueId input : form.inputs) {
    ValueId source = input;
    while (source != accumulator && producer_of(graph, source, "Cast") &&
           pointwise_form(graph, graph.producer(source))) {
      source = graph.node(graph.producer(source)).inputs[0];
    }
    const NodeId maker = source == accumulator ? NodeId{} : graph.producer(source);
    const auto inner = maker ? pointwise_form(graph, maker) : std::nullopt;
    const bool dequantizes =
        inner && inner->inputs.size() == 1 && inner->expression.operation_count() <= 2 &&
        is_quantized_byte(graph.dtype(inner->inputs[0])) && is_pointwise_float(graph.dtype(source));
    if (!dequantizes) {
      operands.push_back(input_node(input));
      continue;
    }
    const int bytes = input_node(inner->inputs[0]);
    operands.push_back(result.expression.inline_expression(inner->expression, {{bytes}}));
  }
  result.expression.finish(result.expression.inline_expression(form.expression, operands));
  return result;
}

/// Why the reader cannot join the epilogue of what makes `value`; empty if it can.
std::string obstacle(const Graph& graph, ValueId value, NodeId reader, const PointwiseForm& form) {
  const ValueId result = graph.node(reader).outputs[0];
  const bool free_types = has_free_types(graph, graph.producer(value));
  if (free_types ? !is_extra_type(graph.dtype(result))
                 : graph.dtype(result) != graph.dtype(value)) {
    return fmt::format("its result is {}", dtype_name(graph.dtype(result)));
  }
  if (!same_dims(graph, result, value)) {
    return fmt::format("an operand enlarges the result from {} to {}", to_string(graph.dims(value)),
                       to_string(graph.dims(result)));
  }
  for (ValueId input : form.inputs) {
    const DType dtype = graph.dtype(input);
    if (free_types ? !is_extra_type(dtype) : dtype != graph.dtype(value)) {
      return fmt::format("an operand is {}", dtype_name(graph.dtype(input)));
    }
  }
  return {};
}

class Fuser {
 public:
  Fuser(Graph* graph, PassContext* pass) : graph_(*graph), pass_(*pass) {}

  /// Takes one more reader into the epilogue; false when there is none to take.
  bool take_reader(NodeId anchor) {
    const ValueId value = graph_.node(anchor).outputs[0];
    if (!is_pointwise_float(graph_.dtype(value))) return false;
    const NodeId reader = sole_reader(graph_, value);
    if (!reader) return false;
    const bool free_types = has_free_types(graph_, anchor);
    auto form = pointwise_form(graph_, reader);
    if (!form || (form->expression.operation_count() == 0 && !free_types)) return false;
    if (free_types) form = with_bytes(graph_, *form, value);
    std::string why = obstacle(graph_, value, reader, *form);
    if (why.empty()) why = merge(anchor, value, *form);
    if (!why.empty()) {
      pass_.near_miss(graph_, reader, std::move(why));
      return false;
    }
    const Node taken = graph_.node(reader);
    const DType dtype = graph_.dtype(taken.outputs[0]);
    if (free_types && dtype != graph_.dtype(value)) graph_.set_attribute(anchor, "dtype", dtype);
    const std::string name = graph_.value(taken.outputs[0]).name;
    graph_.add_origin(anchor, taken.origin);
    graph_.replace_uses(taken.outputs[0], value);
    graph_.remove(reader);
    graph_.set_name(value, name);
    return true;
  }

 private:
  /// Adds the expression of a reader to the epilogue; the reason if it grows too big.
  std::string merge(NodeId anchor, ValueId value, const PointwiseForm& form) {
    const Node node = graph_.node(anchor);
    const size_t fixed = fixed_inputs(node);
    std::vector<ValueId> inputs = node.inputs;
    if (inputs.size() < fixed) inputs.resize(fixed);
    const Expression* old = node.attributes.expression("epilogue");
    Expression epilogue = old && !old->empty() ? *old : Expression::input(0);
    const int accumulator = epilogue.result();

    std::vector<int> operands;
    for (ValueId input : form.inputs) {
      if (input == value) {
        operands.push_back(accumulator);
        continue;
      }
      const auto extras = inputs.begin() + static_cast<std::ptrdiff_t>(fixed);
      auto at = std::find(extras, inputs.end(), input);
      if (at == inputs.end()) at = inputs.insert(inputs.end(), input);
      const auto index = at - inputs.begin() - static_cast<std::ptrdiff_t>(fixed);
      operands.push_back(epilogue.add_input(static_cast<int>(index) + 1));
    }
    epilogue.finish(epilogue.inline_expression(form.expression, operands));
    epilogue = with_accumulator_first(epilogue);
    if (inputs.size() - fixed > kMostExtras) return "the epilogue would read too many tensors";
    if (epilogue.operation_count() > kMostOperations) return "the epilogue would be too long";
    // An optional bias that is absent needs no place when nothing follows it.
    while (!inputs.empty() && !inputs.back()) inputs.pop_back();
    Attributes attributes = node.attributes;
    attributes.set("epilogue", epilogue);
    graph_.set_op(anchor, *node.op, std::move(inputs), std::move(attributes));
    return {};
  }

  Graph& graph_;
  PassContext& pass_;
};

}  // namespace

Graph fuse_epilogue(Graph graph, PassContext& pass) {
  std::vector<NodeId> order = graph.nodes();
  std::reverse(order.begin(), order.end());
  Fuser fuser(&graph, &pass);
  for (NodeId id : order) {
    if (!graph.is_live(id) || fixed_inputs(graph.node(id)) == 0) continue;
    while (fuser.take_reader(id)) {}
  }
  return graph;
}

}  // namespace ingot
