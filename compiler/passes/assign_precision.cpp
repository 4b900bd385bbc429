// Lets nodes compute in 16-bit floats where the build allows it: a region of such nodes takes and
// gives the type that the device computes in, with Casts where it begins and ends.
//
//   a = Conv(x, w); b = Relu(a); y = Conv(b, v); z = Softmax(y)
//       =>    x' = Cast(x) {to=f16}; a = Conv(x', w'); b = Relu(a); y' = Conv(b, v')
//             y = Cast(y') {to=f32}; z = Softmax(y)                   (w', v' constants in f16)
//
// Which nodes: precision_plan.h. The graph's inputs and outputs keep their types, and so do
// integers: a product of 8-bit operands keeps them and its scales, and gives the 16-bit type itself.
// Values that may be too large for the type are clamped where they enter it (the -1e9 of
// a mask), and single numbers of elementwise nodes keep all their digits in a Pointwise node.
#include <algorithm>
#include <map>
#include <set>

#include "compiler/passes/passes.h"
#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/precision_plan.h"

namespace ingot {
namespace {

/// Half of FP16's largest power of two: a score that is added to such a mask stays finite.
constexpr float kClamp = 32768;

class Converter {
 public:
  Converter(Graph* graph, const PrecisionPlan& plan, DType type)
      : graph_(*graph), plan_(plan), type_(type) {}

  void convert() {
    for (NodeId id : graph_.nodes()) {
      const bool small = plan_.small.contains(id);
      if (small && has_inexact_number(id) && as_pointwise(id)) continue;
      convert(id, small);
    }
    for (int i = 0; i < static_cast<int>(graph_.outputs().size()); ++i) {
      const ValueId output = graph_.outputs()[static_cast<size_t>(i)];
      if (!small_.contains(output)) continue;
      const std::string name = graph_.value(output).name;
      graph_.set_output(i, typed(output, false));
      graph_.set_name(output, name + "." + std::string(dtype_name(type_)));
      graph_.set_name(graph_.outputs()[static_cast<size_t>(i)], name);
    }
  }

 private:
  void convert(NodeId id, bool small) {
    const Node node = graph_.node(id);
    const bool scales = small && !node.inputs.empty() && node.inputs[0] &&
                        is_quantized_byte(graph_.dtype(node.inputs[0]));
    std::vector<ValueId> inputs = node.inputs;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i]) inputs[i] = typed(inputs[i], small && !scales && !keeps_input_type(node, i));
    }
    Attributes attributes = node.attributes;
    if (small && is_f32_attribute(attributes)) attributes.set("dtype", type_);
    if (inputs != node.inputs || small) graph_.set_op(id, *node.op, inputs, attributes);
    if (small) note_outputs(id);
  }

  static bool is_f32_attribute(const Attributes& attributes) {
    const DType* dtype = attributes.find_as<DType>("dtype");
    return dtype && *dtype == DType::kF32;
  }

  void note_outputs(NodeId id) {
    for (ValueId output : graph_.node(id).outputs) {
      if (output && graph_.dtype(output) == type_) small_.insert(output);
    }
  }

  /// A number like 0.70710678 or 1e-12 that the 16-bit type does not have.
  bool has_inexact_number(NodeId id) const {
    const auto& inputs = graph_.node(id).inputs;
    return std::any_of(inputs.begin(), inputs.end(), [&](ValueId input) {
      if (!input || graph_.dtype(input) != DType::kF32) return false;
      const Tensor& constant = graph_.value(input).type.constant;
      if (!constant || constant.elements() != 1) return false;
      const float number = constant.to_floats()[0];
      const float stored = type_ == DType::kF16 ? float{Half(number)} : float{BFloat16(number)};
      return number != stored;
    });
  }

  /// Makes the node an expression, in which numbers are F32.
  bool as_pointwise(NodeId id) {
    const auto form = pointwise_form(graph_, id);
    if (!form || graph_.dtype(graph_.node(id).outputs[0]) != DType::kF32) return false;
    std::vector<ValueId> inputs;
    for (ValueId input : form->inputs) inputs.push_back(typed(input, true));
    Attributes attributes;
    attributes.set("expression", form->expression);
    attributes.set("dtype", type_);
    graph_.set_op(id, op_named("Pointwise"), inputs, attributes);
    note_outputs(id);
    return true;
  }

  /// The value in the 16-bit type or in f32; values of other types as they are.
  ValueId typed(ValueId value, bool small) {
    const bool is_small = small_.contains(value);
    if (is_small == small || (!is_small && graph_.dtype(value) != DType::kF32)) return value;
    const auto [found, inserted] = casts_.try_emplace(value);
    if (inserted) found->second = cast(value, small);
    return found->second;
  }

  ValueId cast(ValueId value, bool small) {
    Attributes to;
    to.set("to", small ? type_ : DType::kF32);
    if (graph_.value(value).is_constant()) return fold_now(&graph_, "Cast", {value}, to);
    const NodeId maker = graph_.producer(value);
    const std::vector<std::string> origin =
        maker ? graph_.node(maker).origin : std::vector<std::string>{};
    if (small && plan_.to_clamp.contains(value)) {
      const ValueId low = add_scalar(&graph_, -kClamp, DType::kF32);
      const ValueId high = add_scalar(&graph_, kClamp, DType::kF32);
      value = graph_.add("Clip", {value, low, high}, {}, origin);
    }
    return graph_.add("Cast", {value}, to, origin);
  }

  Graph& graph_;
  const PrecisionPlan& plan_;
  const DType type_;
  std::set<ValueId> small_;
  std::map<ValueId, ValueId> casts_;
};

}  // namespace

Graph assign_precision(Graph graph, PassContext& pass) {
  const PassOptions& options = pass.options();
  if (!options.allow_small_float) return graph;
  const DType type = options.small_float;
  if (type == DType::kUndefined) {
    pass.near_miss(
        "the device has no 16-bit arithmetic: such types would only be slower, F32 stays");
    return graph;
  }
  const PrecisionPlan plan =
      options.gpu ? plan_all(graph, type, &pass) : plan_products(graph, options);
  if (!plan.small.empty()) Converter(&graph, plan, type).convert();
  return graph;
}

}  // namespace ingot
