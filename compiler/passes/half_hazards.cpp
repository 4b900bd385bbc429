// Looks for numbers that FP16 cannot hold, forward through the graph.
#include "compiler/passes/half_hazards.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "compiler/passes/pointwise_form.h"
#include "compiler/passes/precision_plan.h"

namespace ingot {
namespace {

constexpr float kLargestHalf = 65504;
constexpr float kSmallestNormalHalf = 6.1035e-5F;
constexpr float kLongSum = 256;  // that many elements of ordinary size may leave the range

bool is_one_of(const Node& node, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](auto name) { return node.is(name); });
}

/// How far the numbers of a constant fit FP16. NaN and infinity stay what they are.
struct Fit {
  float largest = 0;
  bool overflows() const { return largest > kLargestHalf; }
  /// Every number other than 0 would lose digits or vanish.
  bool vanishes() const { return largest > 0 && largest < kSmallestNormalHalf; }
};

/// A product of bytes that no epilogue multiplies by its scales.
bool is_sum_of_bytes(const Graph& graph, const Node& node) {
  if (!is_one_of(node, {"Conv", "ConvTranspose", "MatMul"})) return false;
  if (!is_quantized_byte(graph.dtype(node.inputs[0]))) return false;
  const Expression* epilogue = node.attributes.expression("epilogue");
  if (!epilogue || epilogue->empty()) return true;
  const auto nodes = epilogue->nodes();
  return std::none_of(nodes.begin(), nodes.end(), [&](const ExpressionNode& n) {
    return n.op == ScalarOp::kMul &&
           nodes[static_cast<size_t>(n.operands[0])].op == ScalarOp::kInput &&
           nodes[static_cast<size_t>(n.operands[0])].index == 0;
  });
}

class Search {
 public:
  Search(const Graph& graph, PassContext* pass) : graph_(graph), pass_(*pass) {}

  HalfHazards run() {
    for (NodeId id : graph_.nodes()) visit(id);
    return std::move(found_);
  }

 private:
  bool is_f32(ValueId value) const { return value && graph_.dtype(value) == DType::kF32; }

  void visit(NodeId id) {
    const Node& node = graph_.node(id);
    const bool reads_large =
        std::any_of(node.inputs.begin(), node.inputs.end(),
                    [&](ValueId input) { return input && found_.large.contains(input); });
    if (const auto why = hazard(id)) {
      pass_.near_miss(graph_, id, *why + ": FP32 stays");
      keep(id, makes_large_);
      return;
    }
    if (!reads_large) return;
    if (node.op->traits.elementwise) {
      keep(id, !bounds(node));
    } else if (moves_elements(node) || gathers_elements(node)) {
      keep(id, true);
    }
  }

  void keep(NodeId id, bool makes_large) {
    found_.nodes.insert(id);
    if (!makes_large) return;
    for (ValueId output : graph_.node(id).outputs) {
      if (is_f32(output)) found_.large.insert(output);
    }
  }

  /// Why the node itself is not for FP16; makes_large_ says whether its results may be too large.
  std::optional<std::string> hazard(NodeId id) {
    const Node& node = graph_.node(id);
    if (node.outputs.empty() || !is_f32(node.outputs[0])) return std::nullopt;
    makes_large_ = true;
    if (const auto largest = calibrated(node.outputs[0]); largest && *largest > kLargestHalf) {
      return fmt::format("its results were up to {:.3g} in the calibration, beyond FP16's {}",
                         *largest, kLargestHalf);
    }
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId input = node.inputs[i];
      if (!is_f32(input) || keeps_input_type(node, i) || !graph_.value(input).is_constant())
        continue;
      const Fit fit = fit_of(input);
      // As a bound or as padding, infinity does what a very large number does.
      if (fit.overflows() && !is_one_of(node, {"Clip", "Min", "Max", "Pad"})) {
        return fmt::format("its constant \"{}\" has numbers up to {:.3g}, beyond FP16's {}",
                           graph_.value(input).name, fit.largest, kLargestHalf);
      }
      if (fit.vanishes() && is_factor(id, i)) {
        makes_large_ = false;
        return fmt::format(
            "all numbers of its constant \"{}\" are below {:.1e}, too small for FP16",
            graph_.value(input).name, kSmallestNormalHalf);
      }
    }
    return grows(id);
  }

  /// The largest magnitude that calibration found.
  std::optional<float> calibrated(ValueId value) const {
    const QuantizationRanges* ranges = pass_.options().ranges;
    if (!ranges) return std::nullopt;
    const auto found = ranges->scales.find(graph_.value(value).name);
    if (found == ranges->scales.end()) return std::nullopt;
    constexpr float kLargestByte = 127;
    return kLargestByte * found->second;
  }

  /// What is multiplied must keep its digits; what is added may vanish, as a bias of 1e-6 does. A
  /// single number of an elementwise node keeps all its digits (assign_precision).
  bool is_factor(NodeId id, size_t i) const {
    const Node& node = graph_.node(id);
    if (is_one_of(node, {"Conv", "ConvTranspose", "MatMul"})) return i < 2;
    if (node.is("Mul") || node.is("Div")) {
      const bool single = graph_.value(node.inputs[i]).type.constant.elements() == 1;
      return !single || !pointwise_form(graph_, id);
    }
    return i == 1 && is_one_of(node, {"LayerNormalization", "RMSNormalization",
                                      "GroupNormalization", "InstanceNormalization"});
  }

  std::optional<std::string> grows(NodeId id) const {
    const Node& node = graph_.node(id);
    const std::string beyond = fmt::format(" may be beyond FP16's {}", kLargestHalf);
    if (is_sum_of_bytes(graph_, node)) return "its results, sums of integers," + beyond;
    if (is_one_of(node, {"Exp", "ReduceSumSquare", "ReduceProd"})) return "its results" + beyond;
    if (node.is("Pow")) {
      const auto exponent = uniform_constant(graph_, node.inputs[1]);
      if (!exponent || std::abs(*exponent) > 1) return "powers" + beyond;
    }
    if (node.is("Mul") && node.inputs[0] == node.inputs[1]) return "squares" + beyond;
    if (is_one_of(node, {"ReduceSum", "ReduceL1"})) {
      const auto from = static_cast<float>(graph_.opt_shape(node.inputs[0]).elements());
      const auto to = static_cast<float>(graph_.opt_shape(node.outputs[0]).elements());
      if (from > kLongSum * to) return fmt::format("sums of {} numbers", from / to) + beyond;
    }
    return std::nullopt;
  }

  /// Whether results are of ordinary size although an operand is large.
  bool bounds(const Node& node) const {
    if (is_one_of(node, {"Sigmoid", "Tanh", "Erf", "HardSigmoid", "Softsign", "Sign", "Sqrt", "Log",
                         "Reciprocal", "Sin", "Cos"})) {
      return true;
    }
    if (node.is("Div")) return found_.large.contains(node.inputs[1]);
    if (!node.is("Clip") || node.inputs.size() < 3) return false;
    return std::all_of(node.inputs.begin() + 1, node.inputs.end(), [&](ValueId bound) {
      const auto number = bound ? uniform_constant(graph_, bound) : std::nullopt;
      return number && std::abs(*number) <= kLargestHalf;
    });
  }

  Fit fit_of(ValueId constant) {
    const auto [known, inserted] = fits_.try_emplace(constant);
    if (inserted) {
      for (float x : graph_.value(constant).type.constant.to_floats()) {
        if (std::isfinite(x)) known->second.largest = std::max(known->second.largest, std::abs(x));
      }
    }
    return known->second;
  }

  const Graph& graph_;
  PassContext& pass_;
  HalfHazards found_;
  bool makes_large_ = false;
  std::map<ValueId, Fit> fits_;
};

}  // namespace

bool moves_elements(const Node& node) {
  return node.op->traits.is_view ||
         is_one_of(node, {"Transpose", "Concat", "Split", "Slice", "Pad", "Expand", "Tile", "Trilu",
                          "Gather", "GatherElements", "GatherND", "ScatterElements", "ScatterND",
                          "DepthToSpace", "SpaceToDepth"});
}

bool gathers_elements(const Node& node) {
  return is_one_of(
      node, {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean",
             "ReduceMax", "ReduceMin", "ReduceSum", "ReduceL1", "ReduceL2", "ReduceLogSumExp"});
}

HalfHazards find_half_hazards(const Graph& graph, PassContext* pass) {
  return Search(graph, pass).run();
}

}  // namespace ingot
