// Effects of single layers on the outputs: see the header.
//
//   y = Conv(x, w)    =>    y' = Conv(round(x), round(w))
//                           y = Where(switch, y', Conv(x, w))
//                           outputs: sum of (y' - y)^2, sum of y^2
#include "compiler/driver/layer_effects.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>

#include "compiler/driver/computing_type.h"
#include "compiler/driver/output_comparison.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/precision_plan.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

constexpr std::string_view kSwitch = "lower.", kError = "error.", kSize = "size.";

/// Adds to a graph in FP32 the same nodes in a lower precision, compares them, and lets readers read
/// one or the other.
class Comparer {
 public:
  explicit Comparer(Graph graph) : graph_(std::move(graph)) {}

  /// The nodes that place_quantization gave other inputs.
  void compare_quantized(const Graph& floats) {
    std::vector<std::pair<NodeId, std::vector<ValueId>>> quantized;
    for (NodeId id : floats.nodes()) {
      const std::vector<ValueId>& inputs = floats.node(id).inputs;
      if (graph_.node(id).inputs == inputs) continue;
      quantized.emplace_back(id, graph_.node(id).inputs);
      for (size_t i = 0; i < inputs.size(); ++i) {
        graph_.set_input(id, static_cast<int>(i), inputs[i]);
      }
    }
    for (const auto& [id, inputs] : quantized) {
      const Node& node = graph_.node(id);
      if (node.is("Conv") || node.is("ConvTranspose") || node.is("MatMul")) {
        compare(id, graph_.add(node.op->name, inputs, node.attributes));
      }
    }
  }

  /// Nodes on floats, their inputs and result rounded to `type`.
  void compare_rounded(DType type, const std::set<std::string>* keep_f32) {
    for (NodeId id : graph_.nodes()) {
      const Node node = graph_.node(id);
      if (node.outputs.size() != 1 || came_from(node, keep_f32) || node.is("Cast")) continue;
      if (node.op->traits.is_view || graph_.dtype(node.outputs[0]) != DType::kF32) continue;
      std::vector<ValueId> inputs = node.inputs;
      bool reads_floats = false;
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (!inputs[i] || graph_.dtype(inputs[i]) != DType::kF32) continue;
        if (keeps_input_type(node, i)) continue;
        inputs[i] = rounded(inputs[i], type);
        reads_floats = true;
      }
      if (!reads_floats) continue;
      compare(id, rounded(graph_.add(node.op->name, inputs, node.attributes), type));
    }
  }

  /// The graph, and the layers of each switch.
  Graph take(std::vector<std::vector<std::string>>* layers) {
    *layers = std::move(layers_);
    return std::move(graph_);
  }

 private:
  ValueId rounded(ValueId value, DType type) {
    Attributes down, up;
    down.set("to", type);
    up.set("to", DType::kF32);
    return graph_.add("Cast", {graph_.add("Cast", {value}, down)}, up);
  }

  ValueId sum_of_squares(ValueId value) {
    Attributes attributes;
    attributes.set("keepdims", int64_t{0});
    return graph_.add("ReduceSumSquare", {value}, attributes);
  }

  void compare(NodeId id, ValueId lower) {
    const ValueId exact = graph_.node(id).outputs[0];
    const size_t index = layers_.size();
    const auto name = [index](std::string_view kind) { return fmt::format("{}{}", kind, index); };
    const ValueId lowered = graph_.add_input(name(kSwitch), DType::kBool, {});
    const ValueId taken = graph_.add("Where", {lowered, lower, exact});
    graph_.replace_uses(exact, taken);
    graph_.set_input(graph_.producer(taken), 2, exact);
    graph_.add_output(sum_of_squares(graph_.add("Sub", {lower, exact})), name(kError));
    graph_.add_output(sum_of_squares(exact), name(kSize));
    layers_.push_back(graph_.node(id).origin);
  }

  Graph graph_;
  std::vector<std::vector<std::string>> layers_;
};

/// Runs the engine with switches set.
class Simulation {
 public:
  Simulation(Compiler* compiler, Graph graph, size_t count, std::vector<std::string> outputs)
      : count_(count), outputs_(std::move(outputs)) {
    const Compilation compilation =
        compiler->compile_from("place_quantization", std::move(graph), {}, 0);
    engine_ = load_engine(compiler->packed(compiler->schedule(compilation).plan),
                          compiler->engine_options());
    context_.emplace(engine_);
    on_ = Tensor::allocate(DType::kBool, Shape{});
    *static_cast<bool*>(on_.mutable_view().data) = true;
    off_ = Tensor::allocate(DType::kBool, Shape{});
  }

  Sample run(Sample inputs, const std::function<bool(size_t)>& is_lower) {
    for (size_t i = 0; i < count_; ++i) {
      inputs[fmt::format("{}{}", kSwitch, i)] = is_lower(i) ? on_ : off_;
    }
    return run_sample(*engine_, &*context_, inputs);
  }

  std::vector<double> excesses(const std::vector<Sample>& samples,
                               const std::vector<Sample>& expected,
                               const OutputTolerances& tolerances,
                               const std::function<bool(size_t)>& is_lower) {
    std::vector<OutputComparison> comparisons(outputs_.size());
    for (size_t s = 0; s < samples.size(); ++s) {
      const Sample found = run(samples[s], is_lower);
      for (size_t i = 0; i < outputs_.size(); ++i) {
        comparisons[i].add(expected[s].at(outputs_[i]), found.at(outputs_[i]));
      }
    }
    std::vector<double> result;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const auto part = comparisons[i].excesses(tolerances.at(outputs_[i]));
      result.insert(result.end(), part.begin(), part.end());
    }
    return result;
  }

 private:
  size_t count_;
  std::vector<std::string> outputs_;
  std::shared_ptr<const Engine> engine_;
  std::optional<Context> context_;
  Tensor on_, off_;
};

double largest(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

double first_float(const Tensor& tensor) { return tensor.to_floats()[0]; }

/// The error of each layer where it is made.
std::vector<double> local_errors(const std::vector<Sample>& runs, size_t count) {
  std::vector<double> result;
  for (size_t i = 0; i < count; ++i) {
    double error = 0, size = 0;
    for (const Sample& run : runs) {
      error += first_float(run.at(fmt::format("{}{}", kError, i)));
      size += first_float(run.at(fmt::format("{}{}", kSize, i)));
    }
    const double local = std::sqrt(error / std::max(size, 1e-30));
    result.push_back(std::isfinite(local) ? local : INFINITY);
  }
  return result;
}

/// The graph with switches, and what they switch.
Graph switched(Compiler* compiler, const Precisions& precisions, DType type,
               std::vector<std::vector<std::string>>* layers) {
  constexpr std::string_view kStage = "place_quantization";
  const Graph floats = compiler->rewrite_before(kStage, precisions);
  if (is_quantised(type)) {
    Comparer comparer(compiler->run_pass(kStage, floats, precisions));
    comparer.compare_quantized(floats);
    return comparer.take(layers);
  }
  Comparer comparer(floats);
  comparer.compare_rounded(type, &precisions.keep_f32);
  return comparer.take(layers);
}

}  // namespace

LayerEffects layer_effects(Compiler* compiler, const Precisions& precisions, DType type,
                           const std::vector<Sample>& samples, double tolerance) {
  // Effects say an order: few samples are enough, and layers of little local error need no run.
  constexpr size_t kMostSamples = 2, kMostMeasured = 64;
  std::vector<std::vector<std::string>> names;
  Graph graph = switched(compiler, precisions, type, &names);
  LayerEffects result;
  if (names.empty()) return result;
  const Graph& source = compiler->source();
  std::vector<std::string> outputs;
  for (size_t i = 0; i < source.outputs().size(); ++i) {
    outputs.push_back(source.output_name(static_cast<int>(i)));
  }
  const OutputTolerances tolerances = output_tolerances(source, type, tolerance);
  Simulation simulation(compiler, std::move(graph), names.size(), outputs);
  std::vector<Sample> exact;
  for (const Sample& sample : samples) {
    exact.push_back(simulation.run(sample, [](size_t) { return false; }));
  }
  const std::vector<double> local = local_errors(exact, names.size());
  result.all =
      largest(simulation.excesses(samples, exact, tolerances, [](size_t) { return true; }));
  for (size_t i = 0; i < names.size(); ++i) result.layers.push_back({names[i], local[i], {}, 0});

  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return local[a] > local[b]; });
  const std::vector<Sample> few(
      samples.begin(),
      samples.begin() + static_cast<ptrdiff_t>(std::min(kMostSamples, samples.size())));
  for (size_t place = 0; place < order.size(); ++place) {
    LayerEffect& layer = result.layers[order[place]];
    if (place < kMostMeasured) {
      layer.excesses =
          simulation.excesses(few, exact, tolerances, [&](size_t i) { return i == order[place]; });
    } else {
      // As much as the last measured, in proportion.
      const LayerEffect& last = result.layers[order[kMostMeasured - 1]];
      const double part = last.local > 0 ? layer.local / last.local : 0;
      for (double excess : last.excesses) layer.excesses.push_back(part * excess);
    }
    layer.effect = largest(layer.excesses);
  }
  std::stable_sort(result.layers.begin(), result.layers.end(),
                   [](const auto& a, const auto& b) { return a.effect > b.effect; });
  return result;
}

}  // namespace ingot
