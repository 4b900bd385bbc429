// Writes operators of quantised values as the float operator between DequantizeLinear and
// QuantizeLinear, which is one road for all models; products of bare integers as integer products.
//
//   y = QLinearConv(x, sx, zx, w, sw, zw, sy, zy, b)
//       =>    c = Conv(DequantizeLinear(x, sx, zx), DequantizeLinear(w, sw, zw), b*sx*sw)
//             y = QuantizeLinear(c, sy, zy)
//   y = QLinearMatMul(a, sa, za, b, sb, zb, sy, zy)
//       =>    y = QuantizeLinear(MatMul(DequantizeLinear(a, ...), DequantizeLinear(b, ...)), sy, zy)
//   y = ConvInteger(x, w, zx, zw)             =>    y = Conv(x, w - zw) {x_zero=zx}
//   y = Cast(MatMulInteger(a, b, za, zb))
//       =>    y = MatMul(a, b - zb, za, sums of columns) {epilogue=expr(sub(in0,mul(in1,in2))), dtype=f32}
//
// The zero point of `a` may be known only when it runs (DynamicQuantizeLinear); weights are constant.
// Bare integers that do not fit i8 are multiplied as floats.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/passes/passes.h"
#include "compiler/passes/quantized_weights.h"
#include "ops/reference.h"

namespace ingot {
namespace {

Attributes with(std::string name, AttributeValue value) {
  Attributes attributes;
  attributes.set(std::move(name), std::move(value));
  return attributes;
}

class Writer {
 public:
  Writer(Graph* graph, PassContext* pass) : graph_(*graph), pass_(*pass) {}

  void write(NodeId id) {
    const std::string_view op = graph_.node(id).op->name;
    std::string why;
    if (op == "QLinearConv") why = convolution(id);
    if (op == "QLinearMatMul") why = product(id);
    if (op == "ConvInteger") why = integer_convolution(id);
    if (op == "MatMulInteger") why = integer_product(id);
    if (why.empty()) return;
    const bool in_floats = graph_.node(id).op->name.ends_with("Integer") && as_floats(id);
    pass_.near_miss(graph_, id, in_floats ? why + ": it is computed in floats" : why);
  }

 private:
  ValueId dequantized(const Node& node, size_t first, int64_t axis) {
    const ValueId zero = like(node.inputs[first + 1], node.inputs[first + 2]);
    return graph_.add("DequantizeLinear", {node.inputs[first], node.inputs[first + 1], zero},
                      with("axis", axis), node.origin);
  }

  void quantized(NodeId id, ValueId result, size_t scale, int64_t axis) {
    const Node node = graph_.node(id);
    const ValueId zero = like(node.inputs[scale], node.inputs[scale + 1]);
    graph_.set_op(id, op_named("QuantizeLinear"), {result, node.inputs[scale], zero},
                  with("axis", axis));
  }

  /// One zero point for each scale, where one stands for all.
  ValueId like(ValueId scale, ValueId zero) {
    const SymbolicShape& scales = graph_.dims(scale);
    const bool one = elements(graph_.dims(zero)) == Dim(1);
    if (scales.size() != 1 || scales[0] == Dim(1) || !one) return zero;
    if (!graph_.value(zero).is_constant() || !scales[0].is_constant()) return zero;
    return fold_now(&graph_, "Expand", {zero, add_integers(&graph_, {{scales[0].constant()}})});
  }

  std::string convolution(NodeId id) {
    const Node node = graph_.node(id);
    std::vector<ValueId> inputs = {{}, {}};
    if (const ValueId bias = input_or_none(graph_, id, 8)) {
      for (ValueId input : {bias, node.inputs[1], node.inputs[4]}) {
        if (!graph_.value(input).is_constant()) return "its bias or a scale is no constant";
      }
      const ValueId numbers = fold_now(&graph_, "Cast", {bias}, with("to", DType::kF32));
      const ValueId scale = fold_now(&graph_, "Mul", {node.inputs[1], node.inputs[4]});
      inputs.push_back(fold_now(&graph_, "Mul", {numbers, scale}));
    }
    inputs[0] = dequantized(node, 0, 1);
    inputs[1] = dequantized(node, 3, 0);
    const ValueId result = graph_.add("Conv", inputs, node.attributes, node.origin);
    quantized(id, result, 6, 1);
    return {};
  }

  std::string product(NodeId id) {
    const Node node = graph_.node(id);
    if (!is_integer(graph_.dtype(node.inputs[0])) || !is_integer(graph_.dtype(node.inputs[3]))) {
      return "its operands are no integers";
    }
    const auto rank = [&](size_t i) { return std::ssize(graph_.dims(node.inputs[i])); };
    for (size_t scale : {1, 4, 6}) {
      if (rank(scale) > 1) return "a scale has several axes";
    }
    const ValueId a = dequantized(node, 0, rank(0) - 2), b = dequantized(node, 3, rank(3) - 1);
    const ValueId result = graph_.add("MatMul", {a, b}, {}, node.origin);
    quantized(id, result, 6, std::ssize(graph_.dims(result)) - 2);
    return {};
  }

  /// The second operand less its zero points, as i8; the reason if it does not fit.
  std::string centred(const Node& node, int axis, Tensor* values) {
    const ValueId zero = node.inputs.size() > 3 ? node.inputs[3] : ValueId{};
    if (!graph_.value(node.inputs[1]).is_constant() ||
        (zero && !graph_.value(zero).is_constant())) {
      return "its second operand is no constant";
    }
    // The scales of a dequantisation by 1: what it gives are the integers themselves.
    const int64_t count = zero ? graph_.value(zero).type.constant.elements() : 1;
    Shape shape;
    if (count > 1) shape.push_back(count);
    const std::vector<float> ones(static_cast<size_t>(count), 1.0F);
    std::vector<Tensor> inputs = {graph_.value(node.inputs[1]).type.constant,
                                  Tensor::from_floats(ones, shape)};
    if (zero) inputs.push_back(graph_.value(zero).type.constant.reshaped(shape));
    const Tensor integers =
        evaluate_op(op_named("DequantizeLinear"), with("axis", int64_t{axis}), inputs, 1)[0];
    const QuantizedWeights weights =
        quantized_weights({integers, integers_like_one(integers)}, WeightKind::kMatMul, 1);
    *values = weights.values;
    return weights.why_not;
  }

  static Tensor integers_like_one(const Tensor& integers) {
    const std::vector<float> ones(static_cast<size_t>(integers.elements()), 1.0F);
    return Tensor::from_floats(ones, integers.shape());
  }

  std::string integer_convolution(NodeId id) {
    const Node node = graph_.node(id);
    const ValueId zero = input_or_none(graph_, id, 2);
    const auto number = zero ? uniform_constant(graph_, zero) : std::optional(0.0F);
    const auto to_float = float_cast_of(node.outputs[0]);
    const auto image = static_shape(image_of(node.inputs[0]));
    if (!number && !to_float.cast) return "its zero point comes off an integer result";
    if (!number && !image)
      return "its zero point and the size of the image are known only at run time";
    Tensor weights;
    if (std::string why = centred(node, 0, &weights); !why.empty()) return why;
    Attributes attributes = node.attributes;
    if (number && *number != 0) attributes.set("x_zero", static_cast<int64_t>(*number));
    if (to_float.cast) attributes.set("dtype", to_float.dtype);
    const ValueId filters = graph_.add_constant(weights);
    std::vector<ValueId> inputs = {node.inputs[0], filters};
    if (!number) {
      attributes.set("epilogue", less_zero());
      inputs.insert(inputs.end(), {ValueId{}, zero, weights_on_image(node, filters, *image)});
    }
    graph_.set_op(id, op_named("Conv"), inputs, attributes);
    drop_cast(id, to_float.cast);
    return {};
  }

  /// sum of x * w  less  zero point (in1) * sum of w (in2).
  static Expression less_zero() {
    Expression e;
    const int sum = e.add_input(0), zero = e.add_input(1);
    e.finish(e.add(ScalarOp::kSub, sum, e.add(ScalarOp::kMul, zero, e.add_input(2))));
    return e;
  }

  /// One plane of one image.
  SymbolicShape image_of(ValueId x) const {
    SymbolicShape dims = graph_.dims(x);
    dims[0] = dims[1] = 1;
    return dims;
  }

  /// For each place, the sum of the weights that do not lie on padding: a convolution of ones, all
  /// channels in one.
  ValueId weights_on_image(const Node& node, ValueId filters, const Shape& image) {
    const ValueId numbers = fold_now(&graph_, "Cast", {filters}, with("to", DType::kF32));
    const ValueId channels = add_integers(&graph_, {{1}});
    const ValueId sums = fold_now(&graph_, "ReduceSum", {numbers, channels});
    const std::vector<float> ones(static_cast<size_t>(image.elements()), 1.0F);
    Attributes attributes = node.attributes;
    attributes.erase("group");
    return fold_now(&graph_, "Conv", {add_floats(&graph_, ones, image, DType::kF32), sums},
                    attributes);
  }

  std::string integer_product(NodeId id) {
    const Node node = graph_.node(id);
    const int rank = static_cast<int>(graph_.dims(node.inputs[1]).size());
    if (rank != 2) return "its second operand is no matrix";
    Tensor weights;
    if (std::string why = centred(node, 1, &weights); !why.empty()) return why;
    const ValueId zero = input_or_none(graph_, id, 2);
    const bool centred_already = !zero || is_uniform(graph_, zero, 0, 0);
    const auto to_float = float_cast_of(node.outputs[0]);
    if (!centred_already && !to_float.cast) return "its zero point comes off an integer result";
    if (!centred_already && elements(graph_.dims(zero)) != Dim(1))
      return "a zero point for each row";

    const ValueId matrix = graph_.add_constant(weights);
    std::vector<ValueId> inputs = {node.inputs[0], matrix};
    Attributes attributes;
    if (to_float.cast) attributes.set("dtype", to_float.dtype);
    if (!centred_already) {
      attributes.set("epilogue", less_zero());
      const ValueId numbers = fold_now(&graph_, "Cast", {matrix}, with("to", DType::kF32));
      const ValueId rows = add_integers(&graph_, {{0}});
      inputs.push_back(zero);
      inputs.push_back(
          fold_now(&graph_, "ReduceSum", {numbers, rows}, with("keepdims", int64_t{0})));
    }
    graph_.set_op(id, op_named("MatMul"), inputs, attributes);
    drop_cast(id, to_float.cast);
    return {};
  }

  /// Bare integers that no integer product takes, where a Cast reads the result: floats hold them, and
  /// nearly all of their sums. FP16 would not.
  bool as_floats(NodeId id) {
    const Node node = graph_.node(id);
    const FloatCast to_float = float_cast_of(node.outputs[0]);
    if (to_float.dtype != DType::kF32 || pass_.options().allow_small_float) return false;
    const ValueId x_zero = input_or_none(graph_, id, 2), w_zero = input_or_none(graph_, id, 3);
    for (ValueId zero : {x_zero, w_zero}) {
      if (zero && elements(graph_.dims(zero)) != Dim(1)) return false;
    }
    const std::vector<ValueId> inputs = {floats(node, node.inputs[0], x_zero),
                                         floats(node, node.inputs[1], w_zero)};
    graph_.set_op(id, op_named(node.is("ConvInteger") ? "Conv" : "MatMul"), inputs,
                  node.attributes);
    drop_cast(id, to_float.cast);
    return true;
  }

  /// value - zero.
  ValueId floats(const Node& node, ValueId value, ValueId zero) {
    const Attributes to = with("to", DType::kF32);
    const auto number = [&](ValueId integers) {
      const bool constant = graph_.value(integers).is_constant();
      return constant ? fold_now(&graph_, "Cast", {integers}, to)
                      : graph_.add("Cast", {integers}, to, node.origin);
    };
    const ValueId minuend = number(value);
    if (!zero) return minuend;
    const ValueId subtrahend = number(zero);
    const bool constant =
        graph_.value(minuend).is_constant() && graph_.value(subtrahend).is_constant();
    return constant ? fold_now(&graph_, "Sub", {minuend, subtrahend})
                    : graph_.add("Sub", {minuend, subtrahend}, {}, node.origin);
  }

  /// The Cast to a float that alone reads an integer result.
  struct FloatCast {
    NodeId cast;
    DType dtype = DType::kUndefined;
  };
  FloatCast float_cast_of(ValueId sum) const {
    const NodeId reader = sole_reader(graph_, sum);
    if (!reader || !graph_.node(reader).is("Cast")) return {};
    const DType dtype = graph_.dtype(graph_.node(reader).outputs[0]);
    const bool fits = dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
    return fits ? FloatCast{reader, dtype} : FloatCast{};
  }

  void drop_cast(NodeId id, NodeId cast) {
    if (!cast) return;
    const ValueId result = graph_.node(id).outputs[0];
    const std::string name = graph_.value(graph_.node(cast).outputs[0]).name;
    graph_.replace(cast, result);
    graph_.set_name(result, name);
  }

  Graph& graph_;
  PassContext& pass_;
};

}  // namespace

Graph qlinear_to_qdq(Graph graph, PassContext& pass) {
  Writer writer(&graph, &pass);
  for (NodeId id : graph.nodes()) {
    if (graph.is_live(id)) writer.write(id);
  }
  return graph;
}

}  // namespace ingot
