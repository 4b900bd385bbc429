// Steps against references: see the header.
#include "compiler/driver/suspect_steps.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "compiler/driver/computing_type.h"
#include "compiler/graph/interpret.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

/// What the order of sums and one rounding of the result can do, several times over.
double explained(DType computing, DType result) {
  constexpr double kBf16 = 0.03, kEightBits = 0.05, kOther = 0.01;
  if (is_quantised(result) || result == DType::kU8) return kEightBits;
  return computing == DType::kBF16 || result == DType::kBF16 ? kBf16 : kOther;
}

double difference(const Tensor& expected, const Tensor& found) {
  if (!(expected.shape() == found.shape())) return INFINITY;
  const std::vector<float> a = expected.to_floats(), b = found.to_floats();
  double error = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    if (!std::isfinite(x)) continue;
    if (!std::isfinite(y)) return INFINITY;
    error += (y - x) * (y - x);
    size += x * x;
  }
  if (error == 0) return 0;
  return size == 0 ? INFINITY : std::sqrt(error / size);
}

bool has_symbols(const Attributes& attributes) {
  return std::any_of(attributes.begin(), attributes.end(), [](const auto& attribute) {
    const auto* dims = std::get_if<std::vector<Dim>>(&attribute.second);
    return dims && std::any_of(dims->begin(), dims->end(),
                               [](const Dim& dim) { return !dim.is_constant(); });
  });
}

class Examination {
 public:
  Examination(Compiler* compiler, const Compilation& compilation)
      : compiler_(*compiler), graph_(compilation.graph) {
    for (const NodeTuning& tuning : compilation.tuning.nodes) {
      const bool is_step = !tuning.is_view && !tuning.choice().candidate.slow &&
                           !tuning.choice().candidate.same_bytes;
      if (is_step) steps_[tuning.node] = &tuning;
    }
  }

  void visit(NodeId id, const std::vector<Tensor>& operands, const std::vector<Tensor>& results) {
    const auto step = steps_.find(id);
    const Node& node = graph_.node(id);
    if (step == steps_.end() || node.op->traits.random || has_symbols(node.attributes)) return;
    const DType type = computing_type(graph_, id);
    double worst = 0;
    try {
      const std::vector<Tensor> found = run_alone(*step->second, operands);
      for (size_t i = 0; i < found.size(); ++i) {
        if (!found[i]) continue;
        const double error = difference(results[i], found[i]);
        if (error > explained(type, results[i].dtype())) worst = std::max(worst, error);
      }
    } catch (const Error& error) {
      log_verbose("{} was not examined: {}", step->second->choice().candidate.tactic, error.what());
    }
    if (worst == 0) return;
    found_.push_back({step->second->choice().candidate.tactic, node.origin, type, worst});
  }

  std::vector<SuspectStep> take() {
    std::stable_sort(found_.begin(), found_.end(),
                     [](const auto& a, const auto& b) { return a.error > b.error; });
    return std::move(found_);
  }

 private:
  /// The node as a network of its own, by the step that was chosen for it.
  std::vector<Tensor> run_alone(const NodeTuning& tuning, const std::vector<Tensor>& operands) {
    const Node& node = graph_.node(tuning.node);
    Compilation alone;
    Sample inputs;
    std::vector<ValueId> values;
    for (size_t i = 0; i < operands.size(); ++i) {
      const ValueId from = node.inputs[i];
      if (!from) {
        values.emplace_back();
      } else if (graph_.value(from).is_constant()) {
        values.push_back(alone.graph.add_constant(graph_.value(from).type.constant));
      } else {
        const std::string name = fmt::format("input {}", i);
        SymbolicShape dims;
        for (int64_t dim : operands[i].shape()) dims.emplace_back(dim);
        values.push_back(alone.graph.add_input(name, operands[i].dtype(), std::move(dims)));
        inputs[name] = operands[i];
      }
    }
    const NodeId copy = alone.graph.add_node(*node.op, values, node.attributes, node.origin, {},
                                             static_cast<int>(node.outputs.size()));
    std::vector<std::string> names(node.outputs.size());
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (!node.outputs[i]) continue;
      names[i] = fmt::format("output {}", i);
      alone.graph.add_output(alone.graph.node(copy).outputs[i], names[i]);
    }
    NodeTuning chosen;
    chosen.node = copy;
    chosen.candidates = {tuning.choice()};
    chosen.chosen = 0;
    alone.tuning.nodes = {std::move(chosen)};
    const auto engine =
        load_engine(compiler_.packed(compiler_.schedule(alone).plan), compiler_.engine_options());
    Context context(engine);
    Sample found = run_sample(*engine, &context, inputs);
    std::vector<Tensor> results(names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      if (!names[i].empty()) results[i] = found.at(names[i]);
    }
    return results;
  }

  Compiler& compiler_;
  const Graph& graph_;
  std::map<NodeId, const NodeTuning*> steps_;
  std::vector<SuspectStep> found_;
};

}  // namespace

std::vector<SuspectStep> suspect_steps(Compiler* compiler, const Compilation& compilation,
                                       const Sample& inputs) {
  const Graph& graph = compilation.graph;
  std::vector<Tensor> in_order;
  for (ValueId input : graph.inputs()) in_order.push_back(inputs.at(graph.value(input).name));
  Examination examination(compiler, compilation);
  interpret(graph, in_order, [&](NodeId id, const auto& operands, const auto& results) {
    examination.visit(id, operands, results);
  });
  return examination.take();
}

}  // namespace ingot
