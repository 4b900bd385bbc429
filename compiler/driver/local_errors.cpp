// Errors of single nodes: see the header.
//
//   y = Conv(x, w)    =>    y = Conv(x, w); y' = Conv(round(x), round(w))
//                           outputs: sum of (y' - y)^2, sum of y^2
#include "compiler/driver/local_errors.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "compiler/driver/computing_type.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/precision_plan.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

/// Adds to a graph in FP32 what compares its nodes with the same in a lower precision.
class Comparer {
 public:
  explicit Comparer(Graph graph) : graph_(std::move(graph)) {}

  /// The nodes that place_quantization gave other inputs.
  void compare_quantized(const Graph& floats) {
    for (NodeId id : floats.nodes()) {
      const std::vector<ValueId> quantized = graph_.node(id).inputs;
      const std::vector<ValueId>& inputs = floats.node(id).inputs;
      if (quantized == inputs) continue;
      for (size_t i = 0; i < inputs.size(); ++i) {
        graph_.set_input(id, static_cast<int>(i), inputs[i]);
      }
      const Node& node = graph_.node(id);
      if (node.is("Conv") || node.is("ConvTranspose") || node.is("MatMul")) {
        compare(id, graph_.add(node.op->name, quantized, node.attributes));
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

  /// The graph with nothing but the comparisons as outputs; by output the layers.
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
    const ValueId difference = graph_.add("Sub", {lower, exact});
    const size_t index = layers_.size();
    graph_.add_output(sum_of_squares(difference), fmt::format("error.{}", index));
    graph_.add_output(sum_of_squares(exact), fmt::format("size.{}", index));
    layers_.push_back(graph_.node(id).origin);
  }

  Graph graph_;
  std::vector<std::vector<std::string>> layers_;
};

double first_float(const Tensor& tensor) { return tensor.to_floats()[0]; }

}  // namespace

std::vector<LocalError> local_errors(Compiler* compiler, const Precisions& precisions, DType type,
                                     const std::vector<Sample>& samples) {
  constexpr std::string_view kStage = "place_quantization";
  const Graph floats = compiler->rewrite_before(kStage, precisions);
  std::vector<std::vector<std::string>> layers;
  Graph graph;
  if (is_quantised(type)) {
    Comparer comparer(compiler->run_pass(kStage, floats, precisions));
    comparer.compare_quantized(floats);
    graph = comparer.take(&layers);
  } else {
    Comparer comparer(floats);
    comparer.compare_rounded(type, &precisions.keep_f32);
    graph = comparer.take(&layers);
  }
  if (layers.empty()) return {};
  const Compilation compilation = compiler->compile_from(kStage, std::move(graph), {}, 0);
  const auto engine = load_engine(compiler->packed(compiler->schedule(compilation).plan),
                                  compiler->engine_options());
  Context context(engine);
  std::vector<double> errors(layers.size()), sizes(layers.size());
  for (const Sample& sample : samples) {
    const Sample found = run_sample(*engine, &context, sample);
    for (size_t i = 0; i < layers.size(); ++i) {
      errors[i] += first_float(found.at(fmt::format("error.{}", i)));
      sizes[i] += first_float(found.at(fmt::format("size.{}", i)));
    }
  }
  std::vector<LocalError> result;
  for (size_t i = 0; i < layers.size(); ++i) {
    const double error = std::sqrt(errors[i] / std::max(sizes[i], 1e-30));
    result.push_back({layers[i], std::isfinite(error) ? error : INFINITY});
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return a.error > b.error; });
  return result;
}

}  // namespace ingot
