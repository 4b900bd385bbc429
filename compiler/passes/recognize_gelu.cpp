// Finds the GELU activation, written with Erf or with Tanh, whatever the order of its operands and
// wherever its factor 0.5 stands.
//
//   y = Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.41421356)), 1))
//       =>    y = Gelu(x) {approximate="none"}
//   y = Mul(Mul(x, 0.5), Add(Tanh(0.7978846 * (x + 0.044715 * x^3)), 1))
//       =>    y = Gelu(x) {approximate="tanh"}
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

constexpr double kRootOfHalf = 0.7071067811865476;       // sqrt(1 / 2)
constexpr double kRootOfTwoOverPi = 0.7978845608028654;  // sqrt(2 / pi)
constexpr double kCubic = 0.044715;

/// a * f + a with the function node f; none if the value is no such sum.
struct OnePlus {
  NodeId function;
  double factor = 0;  ///< a
};

OnePlus read_one_plus(const Graph& graph, ValueId value, std::string_view function) {
  const NodeId add = producer_of(graph, value, "Add");
  if (!add) return {};
  const WithScalar sum = match_scalar(graph, add);
  if (!sum) return {};
  const Product product = flatten_product(graph, sum.value);
  if (product.factors.size() != 1 || !product.is(sum.scalar, product.factors)) return {};
  const NodeId found = producer_of(graph, product.factors[0], function);
  return found ? OnePlus{found, sum.scalar} : OnePlus{};
}

/// The value is x + 0.044715 * x^3.
bool is_cubic(const Graph& graph, ValueId value, ValueId x) {
  const NodeId add = producer_of(graph, value, "Add");
  if (!add) return false;
  const auto& inputs = graph.node(add).inputs;
  for (size_t i : {0, 1}) {
    if (inputs[i] != x) continue;
    if (flatten_product(graph, inputs[1 - i], x).is(kCubic, {x, x, x})) return true;
  }
  return false;
}

/// The value is 1 + 0.044715 * x^2.
bool is_quadratic(const Graph& graph, ValueId value, ValueId x) {
  const NodeId add = producer_of(graph, value, "Add");
  const WithScalar sum = add ? match_scalar(graph, add) : WithScalar{};
  return sum && sum.scalar == 1 && flatten_product(graph, sum.value, x).is(kCubic, {x, x});
}

/// The argument of the tanh is sqrt(2/pi) * (x + 0.044715 x^3), in one of its forms.
bool is_tanh_argument(const Graph& graph, ValueId value, ValueId x) {
  const Product product = flatten_product(graph, value, x);
  if (!product.is(kRootOfTwoOverPi, product.factors)) return false;
  if (product.factors.size() == 1) return is_cubic(graph, product.factors[0], x);
  if (product.factors.size() != 2) return false;
  for (size_t i : {0, 1}) {
    if (product.factors[i] == x && is_quadratic(graph, product.factors[1 - i], x)) return true;
  }
  return false;
}

/// What x may be, seen from the argument of the function.
std::vector<ValueId> candidates(const Graph& graph, ValueId argument) {
  std::vector<ValueId> found = flatten_product(graph, argument).factors;
  const NodeId scaling = graph.producer(argument);
  if (!scaling) return found;
  ValueId inner = argument;
  if (const WithScalar scaled = match_scalar(graph, scaling)) inner = scaled.value;
  found.push_back(inner);
  for (NodeId maker : {scaling, graph.producer(inner)}) {
    if (!maker) continue;
    for (ValueId input : graph.node(maker).inputs) {
      if (input && !graph.value(input).is_constant()) found.push_back(input);
    }
  }
  return found;
}

struct Match {
  ValueId x;
  const char* approximate = "none";
  NodeId function;
};

Match match_gelu(const Graph& graph, ValueId result) {
  for (ValueId sum : flatten_product(graph, result).factors) {
    for (const bool exact : {true, false}) {
      const OnePlus one_plus = read_one_plus(graph, sum, exact ? "Erf" : "Tanh");
      if (!one_plus.function) continue;
      const ValueId argument = graph.node(one_plus.function).inputs[0];
      for (ValueId x : candidates(graph, argument)) {
        const bool fits = exact ? flatten_product(graph, argument, x).is(kRootOfHalf, {x})
                                : is_tanh_argument(graph, argument, x);
        const Product whole = flatten_product(graph, result, x);
        if (fits && whole.is(0.5 / one_plus.factor, {x, sum})) {
          return {x, exact ? "none" : "tanh", one_plus.function};
        }
      }
    }
  }
  return {};
}

}  // namespace

Graph recognize_gelu(Graph graph, PassContext&) {
  std::vector<NodeId> order = graph.nodes();
  // From the end: the whole product is seen before its parts.
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const NodeId id = *it;
    if (!graph.node(id).is("Mul") && !graph.node(id).is("Div")) continue;
    const ValueId result = graph.node(id).outputs[0];
    if (!is_float(graph.dtype(result))) continue;
    const Match match = match_gelu(graph, result);
    if (!match.x || !same_dims(graph, match.x, result)) continue;
    Attributes attributes;
    attributes.set("approximate", std::string(match.approximate));
    graph.replace(id,
                  graph.add("Gelu", {match.x}, std::move(attributes),
                            merged_origin(graph, {match.function, id}), graph.value(result).name));
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
