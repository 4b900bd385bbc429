// Distributions of tensors: see the header.
#include "compiler/driver/collect_ranges.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "compiler/driver/compilation.h"
#include "compiler/driver/target.h"
#include "compiler/quant/match_ranges.h"
#include "core/base/log.h"
#include "core/tensor/dtype.h"
#include "ops/conversion.h"

namespace ingot {
namespace {

/// The first pass that is still to come: of the graph that is quantised, and of the model as it is.
constexpr std::string_view kBeforeQuantization = "assign_precision", kBeforeAll = "fold_constants";

/// All taps of an engine are in memory at once; more of them go to another engine.
constexpr size_t kMostBytes = size_t{1} << 30;

/// The values of these names that nodes of the graph make; each name is taken out, so that it is
/// given once.
std::vector<ValueId> take_computed(const Graph& graph, std::set<std::string>* names) {
  std::vector<ValueId> values;
  for (const NodeId node : graph.nodes()) {
    for (const ValueId output : graph.node(node).outputs) {
      if (!output || !is_float(graph.dtype(output)) || graph.value(output).is_constant()) continue;
      if (names->erase(graph.value(output).name) > 0) values.push_back(output);
    }
  }
  return values;
}

/// What the passes before quantisation leave.
Graph rewritten(const Graph& graph, const BuildOptions& options) {
  Stages unseen(options);
  Compiler compiler(graph, options, make_target(options), &unseen);
  return compiler.rewrite_before(kBeforeQuantization, {});
}

/// Runs work(i) for i below count on all threads.
template <typename Work>
void on_threads(int threads, size_t count, const Work& work) {
  std::atomic<size_t> next{0};
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(run);
  run();
}

Tensor as_floats(const Tensor& tensor) {
  if (tensor.dtype() == DType::kF32) return tensor;
  Tensor floats = Tensor::allocate(DType::kF32, tensor.shape());
  convert_elements(tensor.view(), floats.mutable_view(), true);
  return floats;
}

}  // namespace

RangeCollector::RangeCollector(const Graph& graph, const BuildOptions& options)
    : options_(options) {
  // Only the model's own names: another version of the passes calls its tensors differently.
  const std::vector<std::string> own = float_tensors(graph);
  for (const std::string& name : own) distributions_[name];
  std::set<std::string> left(own.begin(), own.end());
  for (const ValueId input : graph.inputs()) {
    if (left.erase(graph.value(input).name) > 0) inputs_.push_back(graph.value(input).name);
  }
  if (options.calibration.complete) {
    tap(graph, kBeforeAll, take_computed(graph, &left));
  } else {
    const Graph view = rewritten(graph, options);
    tap(view, kBeforeQuantization, take_computed(view, &left));
  }
  for (const std::string& name : left) distributions_.erase(name);
}

void RangeCollector::tap(const Graph& graph, std::string_view next_pass,
                         std::vector<ValueId> values) {
  for (size_t begin = 0; begin < values.size();) {
    size_t end = begin, bytes = 0;
    while (end < values.size()) {
      bytes += dense_bytes(graph.dtype(values[end]), graph.opt_shape(values[end]));
      if (bytes > kMostBytes && end > begin) break;
      ++end;
    }
    engines_.emplace_back(graph, next_pass, std::span(values).subspan(begin, end - begin),
                          options_);
    begin = end;
  }
}

void RangeCollector::add(const Sample& sample) {
  for (const std::string& name : inputs_) {
    const Tensor floats = as_floats(sample.at(name));
    distributions_.at(name).add(floats.as<float>());
  }
  for (TappedEngine& engine : engines_) {
    engine.run(sample, options_.calibration.profile);
    count(engine);
  }
}

void RangeCollector::count(const TappedEngine& engine) {
  std::vector<Histogram*> histograms;
  for (const std::string& name : engine.names()) histograms.push_back(&distributions_.at(name));
  const int threads = options_.threads > 0 ? options_.threads : default_threads();
  on_threads(threads, histograms.size(), [&](size_t i) {
    const Tensor values = engine.values(i);
    histograms[i]->add(values.as<float>());
  });
}

}  // namespace ingot
