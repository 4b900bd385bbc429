// Distributions of tensors: see the header.
#include "compiler/driver/collect_ranges.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "compiler/driver/compilation.h"
#include "compiler/driver/target.h"
#include "core/base/log.h"
#include "core/tensor/dtype.h"
#include "ops/conversion.h"

namespace ingot {
namespace {

/// The first passes of the two views: what is quantised, and what the model calls its tensors.
constexpr std::string_view kBeforeQuantization = "assign_precision",
                           kAfterCleanup = "gemm_to_matmul";

/// All taps of an engine are in memory at once; more of them go to another engine.
constexpr size_t kMostBytes = size_t{1} << 30;

/// Values of floats that nodes make, each name once.
std::vector<ValueId> computed_floats(const Graph& graph, std::set<std::string>* seen) {
  std::vector<ValueId> values;
  for (const NodeId node : graph.nodes()) {
    for (const ValueId output : graph.node(node).outputs) {
      if (!output || !is_float(graph.dtype(output)) || graph.value(output).is_constant()) continue;
      if (seen->insert(graph.value(output).name).second) values.push_back(output);
    }
  }
  return values;
}

/// What the passes before quantisation leave, and what only cleaning up leaves.
struct Views {
  Graph rewritten, cleaned;
};

Views views_of(const Graph& graph, const BuildOptions& options) {
  Stages unseen(options);
  Compiler compiler(graph, options, make_target(options), &unseen);
  return {compiler.rewrite_before(kBeforeQuantization, {}),
          compiler.rewrite_before(kAfterCleanup, {})};
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
  const Views views = views_of(graph, options);
  std::set<std::string> seen;
  for (const ValueId input : views.rewritten.inputs()) {
    const std::string& name = views.rewritten.value(input).name;
    if (is_float(views.rewritten.dtype(input)) && seen.insert(name).second) inputs_.push_back(name);
  }
  tap(views.rewritten, kBeforeQuantization, computed_floats(views.rewritten, &seen));
  if (options.calibration.complete)
    tap(views.cleaned, kAfterCleanup, computed_floats(views.cleaned, &seen));
  for (const std::string& name : seen) distributions_[name];
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
