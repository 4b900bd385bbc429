// Quantises what products and means read, with the ranges that calibration found.
//
//   y = Conv(x, w, b)               (w constant)
//       =>    x' = DequantizeLinear(QuantizeLinear(x, s), s); w' = DequantizeLinear(i8 constant, sw)
//             y = Conv(x', w', b)
//   z = Add(x, Conv(...))           (x quantised for another reader, or the earlier of two products)
//       =>    z = Add(x', Conv(...))
//
// Activations have one scale, weights one for each output channel (largest magnitude / 127; of 8-bit
// floats / 448, and ranges likewise). Values
// that are only moved share a scale (unified_ranges.h). Biases stay floats, and so does what products
// of two activations read (attention), what has no range, and the nodes that the user or the build
// keeps in floats.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "compiler/passes/passes.h"
#include "compiler/passes/precision_plan.h"
#include "compiler/passes/unified_ranges.h"
#include "ops/float_tensor.h"

namespace ingot {
namespace {

constexpr float kLargestByte = 127, kLargestFloat8 = 448;

/// Which axis of constant weights counts output channels; -1: the node is no such product.
int channel_axis(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.inputs.size() < 2 || !node.inputs[1] || !graph.value(node.inputs[1]).is_constant()) {
    return -1;
  }
  const int rank = static_cast<int>(graph.dims(node.inputs[1]).size());
  if (node.is("Conv")) return 0;
  if (node.is("ConvTranspose")) return 1;
  if (!node.is("MatMul") || rank < 2) return -1;
  return attributes_of(graph, id).integer("transpose_b") != 0 ? rank - 2 : rank - 1;
}

/// Constant weights as bytes with a scale for each channel of an axis.
struct ByteWeights {
  Tensor values, scales;
  int zero_channels = 0;
};

std::optional<ByteWeights> quantize_weights(const Tensor& weights, int axis, DType dtype) {
  const float most = dtype == DType::kF8E4M3 ? kLargestFloat8 : kLargestByte;
  const std::vector<float> numbers = weights.to_floats();
  const Shape& shape = weights.shape();
  int64_t inner = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  const int64_t channels = shape[axis];
  std::vector<float> scales(static_cast<size_t>(channels));
  const auto channel_of = [&](size_t i) {
    return static_cast<size_t>(static_cast<int64_t>(i) / inner % channels);
  };
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i])) return std::nullopt;
    float& largest = scales[channel_of(i)];
    largest = std::max(largest, std::abs(numbers[i]));
  }
  ByteWeights result;
  for (float& scale : scales) {
    // So small that the scale is no normal number is nothing, and any scale does for zeros.
    constexpr float kNothing = 1e-30F;
    if (scale < kNothing) ++result.zero_channels;
    scale = scale < kNothing ? 1 : scale / most;
  }
  std::vector<float> scaled(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    scaled[i] = std::clamp(numbers[i] / scales[channel_of(i)], -most, most);
    if (dtype == DType::kI8) scaled[i] = std::nearbyint(scaled[i]);
  }
  result.values = Tensor::allocate(dtype, shape);
  store_elements(scaled.data(), result.values.mutable_view());
  result.scales = Tensor::from_floats(scales, Shape{channels});
  return result;
}

class Placer {
 public:
  Placer(Graph* graph, PassContext* pass)
      : graph_(*graph), pass_(*pass), ranges_(*graph, *pass->options().ranges) {}

  void run() {
    const std::vector<NodeId> order = graph_.nodes();
    for (NodeId id : order) positions_[id] = static_cast<int>(positions_.size());
    for (NodeId id : order) {
      if (channel_axis(graph_, id) >= 0) place_at_product(id);
    }
    for (NodeId id : order) {
      const Node& node = graph_.node(id);
      if (node.is("AveragePool") || node.is("GlobalAveragePool")) place_at_mean(id);
      if (node.is("Add") || node.is("Mul")) place_at_residual(id);
    }
  }

 private:
  const PassOptions& options() const { return pass_.options(); }
  std::string suffix() const { return fmt::format(".{}", dtype_name(options().placed)); }

  /// Why the value cannot be quantised; empty if it can.
  std::string obstacle(ValueId value) {
    if (graph_.dtype(value) != DType::kF32) {
      return fmt::format("its input is {}", dtype_name(graph_.dtype(value)));
    }
    const NodeId maker = graph_.producer(value);
    if (maker && graph_.node(maker).is("DequantizeLinear")) return "";
    if (maker && came_from(graph_.node(maker), options().float_outputs)) {
      return fmt::format("its input \"{}\" is to stay float", graph_.value(value).name);
    }
    if (ranges_.scale_of(value)) return "";
    return fmt::format("the calibration has no range for its input \"{}\"",
                       graph_.value(value).name);
  }

  void place_at_product(NodeId id) {
    const Node node = graph_.node(id);
    if (came_from(node, options().keep_float)) return;
    const ValueId x = node.inputs[0], w = node.inputs[1];
    if (graph_.value(x).is_constant() || graph_.dtype(w) != DType::kF32) return;
    if (const std::string why = obstacle(x); !why.empty()) return pass_.near_miss(graph_, id, why);
    const ValueId weights = quantized_weights(id, w, channel_axis(graph_, id));
    if (!weights) return;
    graph_.set_input(id, 0, quantized(x));
    graph_.set_input(id, 1, weights);
  }

  void place_at_mean(NodeId id) {
    const Node node = graph_.node(id);
    if (came_from(node, options().keep_float) || !obstacle(node.inputs[0]).empty()) return;
    if (is_worth_quantizing(node.inputs[0])) graph_.set_input(id, 0, quantized(node.inputs[0]));
  }

  /// Bytes are read instead of floats where they are there anyway, or come from a product that then
  /// writes nothing else.
  bool is_worth_quantizing(ValueId value) {
    return pairs_.contains(value) || comes_from_product(value);
  }

  /// A quantised product, perhaps with elementwise nodes behind it that its epilogue takes.
  bool comes_from_product(ValueId value) {
    for (NodeId maker = graph_.producer(value); maker;) {
      const Node& node = graph_.node(maker);
      if (channel_axis(graph_, maker) >= 0 || reads_bytes(node)) return reads_bytes(node);
      if (!node.op->traits.elementwise || node.inputs.size() > 3) return false;
      NodeId next;
      for (ValueId input : node.inputs) {
        if (input && sole_reader(graph_, input)) next = graph_.producer(input);
      }
      maker = next;
    }
    return false;
  }

  bool reads_bytes(const Node& node) const {
    return !node.inputs.empty() && node.inputs[0] &&
           static_cast<bool>(producer_of(graph_, node.inputs[0], "DequantizeLinear")) &&
           (node.is("Conv") || node.is("ConvTranspose") || node.is("MatMul"));
  }

  /// The operand that is not the result of the product that takes the addition into its epilogue.
  void place_at_residual(NodeId id) {
    const Node node = graph_.node(id);
    if (came_from(node, options().keep_float) || node.inputs[0] == node.inputs[1]) return;
    if (!same_dims(graph_, node.inputs[0], node.inputs[1])) return;
    if (graph_.value(node.inputs[0]).is_constant() || graph_.value(node.inputs[1]).is_constant()) {
      return;
    }
    const bool has_product =
        comes_from_product(node.inputs[0]) || comes_from_product(node.inputs[1]);
    if (!has_product) return;
    // Of two products the later one takes the addition.
    const bool first_is_later = position(node.inputs[0]) > position(node.inputs[1]);
    const int residual = first_is_later ? 1 : 0;
    const ValueId value = node.inputs[static_cast<size_t>(residual)];
    if (!obstacle(value).empty() || !is_worth_quantizing(value)) return;
    graph_.set_input(id, residual, quantized(value));
  }

  /// Where its maker stands in the program; inputs of the graph come first.
  int position(ValueId value) const {
    const NodeId maker = graph_.producer(value);
    return maker ? positions_.at(maker) : -1;
  }

  /// The value, rounded to bytes and back.
  ValueId quantized(ValueId value) {
    const NodeId maker = graph_.producer(value);
    if (maker && graph_.node(maker).is("DequantizeLinear")) return value;
    const auto [found, inserted] = pairs_.try_emplace(value);
    if (!inserted) return found->second;
    const std::string name = graph_.value(value).name;
    const float range = *ranges_.scale_of(value) * kLargestByte;
    const bool floats = options().placed == DType::kF8E4M3;
    const ValueId scale = add_scalar(
        &graph_, floats ? range / kLargestFloat8 : *ranges_.scale_of(value), DType::kF32);
    const ValueId zero = graph_.add_constant(Tensor::allocate(options().placed, Shape{}));
    const auto origin = maker ? graph_.node(maker).origin : std::vector<std::string>{};
    const ValueId bytes =
        graph_.add("QuantizeLinear", {value, scale, zero}, {}, origin, name + suffix());
    found->second = graph_.add("DequantizeLinear", {bytes, scale, zero}, {}, {}, name + ".rounded");
    return found->second;
  }

  ValueId quantized_weights(NodeId id, ValueId weights, int axis) {
    const auto [found, inserted] = weights_.try_emplace({weights, axis});
    if (!inserted) return found->second;
    const Value& value = graph_.value(weights);
    const std::string name = value.name;
    const auto bytes = quantize_weights(value.type.constant, axis, options().placed);
    if (!bytes) {
      pass_.near_miss(graph_, id, fmt::format("its weights \"{}\" are not finite", name));
      return {};
    }
    if (bytes->zero_channels > 0) {
      pass_.near_miss(
          graph_, id,
          fmt::format("{} channels of its weights \"{}\" are zero", bytes->zero_channels, name));
    }
    const ValueId values = graph_.add_constant(bytes->values, name + suffix());
    const ValueId scales = graph_.add_constant(bytes->scales, name + ".scale");
    Attributes attributes;
    attributes.set("axis", int64_t{axis});
    found->second =
        graph_.add("DequantizeLinear", {values, scales}, attributes, {}, name + ".rounded");
    return found->second;
  }

  Graph& graph_;
  PassContext& pass_;
  UnifiedRanges ranges_;
  std::map<NodeId, int> positions_;   ///< in the program
  std::map<ValueId, ValueId> pairs_;  ///< by value: the same after rounding
  std::map<std::pair<ValueId, int>, ValueId> weights_;
};

}  // namespace

Graph place_quantization(Graph graph, PassContext& pass) {
  if (pass.options().allow_int8 && pass.options().ranges) Placer(&graph, &pass).run();
  return graph;
}

}  // namespace ingot
