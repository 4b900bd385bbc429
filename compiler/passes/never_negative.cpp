// Follows signs forward through the graph.
#include "compiler/passes/never_negative.h"

#include <algorithm>

#include "compiler/graph/match.h"
#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/quantized_moves.h"

namespace ingot {
namespace {

bool is_one_of(const Node& node, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](auto name) { return node.is(name); });
}

class Search {
 public:
  explicit Search(const Graph& graph)
      : graph_(graph), found_(static_cast<size_t>(graph.value_count()), false) {}

  std::vector<bool> run() {
    for (NodeId id : graph_.nodes()) {
      if (!keeps_sign(id)) continue;
      for (ValueId output : graph_.node(id).outputs) {
        if (output) found_[static_cast<size_t>(output.index)] = true;
      }
    }
    return std::move(found_);
  }

 private:
  bool holds(ValueId value) const {
    if (!value) return false;
    if (found_[static_cast<size_t>(value.index)]) return true;
    const Tensor& constant = graph_.value(value).type.constant;
    if (!constant || !is_pointwise_float(constant.dtype())) return false;
    const std::vector<float> numbers = constant.to_floats();
    return std::all_of(numbers.begin(), numbers.end(), [](float x) { return x >= 0; });
  }

  bool all(const Node& node, size_t first = 0) const {
    return std::all_of(node.inputs.begin() + static_cast<std::ptrdiff_t>(first), node.inputs.end(),
                       [&](ValueId input) { return holds(input); });
  }

  bool keeps_sign(NodeId id) const {
    const Node& node = graph_.node(id);
    if (node.inputs.empty() || !node.inputs[0]) return false;
    if (is_one_of(node, {"Relu", "Sigmoid", "HardSigmoid", "Softmax", "Abs", "Exp", "Sqrt",
                         "Softplus", "ReduceL1", "ReduceL2", "ReduceSumSquare"})) {
      return true;
    }
    if (node.is("Clip")) {
      const auto low = node.inputs.size() > 1 && node.inputs[1]
                           ? uniform_constant(graph_, node.inputs[1])
                           : std::nullopt;
      return low && *low >= 0;
    }
    if (node.is("Max")) {
      return std::any_of(node.inputs.begin(), node.inputs.end(),
                         [&](ValueId input) { return holds(input); });
    }
    if (node.is("Mul") && node.inputs[0] == node.inputs[1]) return true;
    if (is_one_of(node, {"Add", "Mul", "Div", "Min", "Sum", "Mean"})) return all(node);
    if (node.is("Where")) return all(node, 1);
    if (is_one_of(node, {"AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum", "ReduceMax",
                         "ReduceMin", "Cast"})) {
      return holds(node.inputs[0]);
    }
    if (tensor_quantization(graph_, node)) {
      // Unsigned bytes without zero point are never negative either.
      const bool from_u8 = graph_.dtype(node.inputs[0]) == DType::kU8;
      return tensor_quantization(graph_, node)->zero == 0 && (from_u8 || holds(node.inputs[0]));
    }
    const std::vector<ValueId> moved = moved_values(graph_, id, Interpolation::kAllowed);
    return !moved.empty() &&
           std::all_of(moved.begin(), moved.end(), [&](ValueId input) { return holds(input); });
  }

  const Graph& graph_;
  std::vector<bool> found_;
};

}  // namespace

std::vector<bool> never_negative_values(const Graph& graph) { return Search(graph).run(); }

}  // namespace ingot
