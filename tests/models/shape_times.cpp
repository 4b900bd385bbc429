// Times every candidate of every tactic for the layers that networks are made of, as the tuner does,
// on this machine's GPU:
//
//   shape_times [--i8 | --f8] [part of a name]...      all, or those whose name contains one of the parts
//
// With --i8 or --f8 operands, residuals and results are of 8 bits, and a scale for each channel is a
// part of the epilogue, as in quantised networks.
//
// One line for each layer: its name, then candidates by time in us.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>

#include "compiler/driver/target.h"
#include "compiler/jit/kernel_store.h"
#include "compiler/tactics/tactic.h"
#include "compiler/tune/one_step_plan.h"
#include "core/base/error.h"
#include "ingot/builder.h"
#include "ops/float_tensor.h"
#include "ops/registry.h"
#include "runtime/engine/step_timer.h"

namespace ingot {
namespace {

struct Layer {
  std::string name, op, attributes, epilogue;
  std::vector<Shape> inputs;    ///< an empty shape: absent
  std::vector<bool> constants;  ///< as many as inputs
  std::vector<DType> types;     ///< as many as inputs; empty: f16
};

/// The same product of 8-bit numbers: scales and bias in float, a residual and the result narrow.
Layer narrow(const Layer& layer, DType dtype) {
  const bool convolves = layer.op == "Conv";
  const bool residual = layer.inputs.size() == 4;  // of both operators
  const int64_t channels = convolves ? layer.inputs[1][0] : layer.inputs[1][1];
  const Shape vector = convolves ? Shape{channels, 1, 1} : Shape{channels};
  std::string sum = "add(mul(in0,in1),in2)";
  if (residual) sum = fmt::format("add({},mul(in3,0.02))", sum);
  for (const char* activation : {"relu", "gelu"}) {
    if (layer.epilogue.starts_with(activation)) sum = fmt::format("{}({})", activation, sum);
  }
  Layer made = {layer.name, layer.op, layer.attributes, fmt::format("mul({},20)", sum)};
  made.inputs = {layer.inputs[0], layer.inputs[1]};
  made.types = {dtype, dtype};
  made.constants = {false, true};
  const auto add = [&](const Shape& shape, DType type, bool constant) {
    made.inputs.push_back(shape);
    made.types.push_back(type);
    made.constants.push_back(constant);
  };
  if (convolves) add({}, DType::kUndefined, true);
  add(vector, DType::kF32, true);
  add(vector, DType::kF32, true);
  if (residual) add(layer.inputs[3], dtype, false);
  return made;
}

Layer product(int64_t rows, int64_t inner, int64_t columns, const std::string& epilogue = "") {
  Layer layer = {fmt::format("matmul {}x{}x{} {}", rows, inner, columns, epilogue),
                 "MatMul",
                 "{}",
                 epilogue,
                 {{1, rows, inner}, {inner, columns}},
                 {false, true}};
  if (epilogue.find("in1") != std::string::npos) {
    layer.inputs.push_back({columns});
    layer.constants.push_back(true);
  }
  if (epilogue.find("in2") != std::string::npos) {
    layer.inputs.push_back({1, rows, columns});
    layer.constants.push_back(false);
  }
  return layer;
}

Layer convolution(int64_t batch, int64_t size, int64_t channels, int64_t filters, int64_t taps,
                  int64_t stride, bool residual = false) {
  const int64_t out = (size - 1) / stride + 1;
  Layer layer = {fmt::format("conv b{} {}x{} s{} {}->{} @{}{}", batch, taps, taps, stride, channels,
                             filters, size, residual ? " +res" : ""),
                 "Conv",
                 fmt::format("{{strides=[{},{}], pads=[{},{},{},{}]}}", stride, stride, taps / 2,
                             taps / 2, taps / 2, taps / 2),
                 residual ? "relu(add(in0,in1))" : "relu(in0)",
                 {{batch, channels, size, size}, {filters, channels, taps, taps}, {filters}},
                 {false, true, true}};
  if (residual) {
    layer.inputs.push_back({batch, filters, out, out});
    layer.constants.push_back(false);
  }
  return layer;
}

Layer attention(int64_t batch, int64_t length, int64_t heads, bool masked) {
  const Shape tokens = {batch, length, heads * 64};
  Layer layer = {
      fmt::format("attention b{} {} x {} heads{}", batch, length, heads, masked ? " masked" : ""),
      "Attention",
      fmt::format("{{q_num_heads={}, kv_num_heads={}}}", heads, heads),
      "",
      {tokens, tokens, tokens},
      {false, false, false}};
  if (masked) {
    layer.inputs.push_back({batch, 1, 1, length});
    layer.constants.push_back(false);
  }
  return layer;
}

std::vector<Layer> layers() {
  std::vector<Layer> all;
  for (const int64_t rows : {384, 197, 3072, 1576}) {
    all.push_back(product(rows, 768, 768, "add(in0,in1)"));
    all.push_back(product(rows, 768, 768, "add(add(in0,in1),in2)"));
    all.push_back(product(rows, 768, 2304, "add(in0,in1)"));
    all.push_back(product(rows, 768, 3072, "gelu(add(in0,in1))"));
    all.push_back(product(rows, 3072, 768, "add(add(in0,in1),in2)"));
  }
  for (const int64_t batch : {1, 8}) {
    all.push_back(attention(batch, 384, 12, true));
    all.push_back(attention(batch, 197, 12, false));
  }
  for (const int64_t batch : {1, 8}) {
    for (const int64_t stage : {0, 1, 2, 3}) {
      const int64_t size = 56 >> stage, width = 64 << stage;
      all.push_back(convolution(batch, size, width, width, 3, 1));
      all.push_back(product(batch * size * size, width, width * 4, "relu(add(add(in0,in1),in2))"));
      all.push_back(product(batch * size * size, width * 4, width, "relu(add(in0,in1))"));
      if (stage > 0) all.push_back(convolution(batch, size * 2, width, width, 3, 2));
      if (stage > 0) all.push_back(convolution(batch, size * 2, width * 2, width * 4, 1, 2));
    }
  }
  return all;
}

Tensor random(const Shape& shape, DType dtype) {
  const float largest = dtype == DType::kI8 ? 100 : 1;
  std::vector<float> numbers(static_cast<size_t>(shape.elements()));
  std::minstd_rand generator(3);
  for (float& x : numbers) {
    x = (static_cast<float>(generator() % 2001) / 1000.0F - 1.0F) * largest;
  }
  Tensor tensor = Tensor::allocate(dtype, shape);
  store_elements(numbers.data(), tensor.mutable_view());
  return tensor;
}

void time_layer(const Layer& layer, const Target& target, KernelStore* kernels) {
  Graph graph;
  std::vector<ValueId> values;
  for (size_t i = 0; i < layer.inputs.size(); ++i) {
    const Shape& shape = layer.inputs[i];
    const DType dtype = layer.types.empty() ? DType::kF16 : layer.types[i];
    if (dtype == DType::kUndefined) {
      values.emplace_back();
    } else if (layer.constants[i]) {
      values.push_back(graph.add_constant(random(shape, dtype), fmt::format("in{}", i)));
    } else {
      values.push_back(graph.add_input(fmt::format("in{}", i), dtype,
                                       SymbolicShape(shape.begin(), shape.end())));
    }
  }
  Attributes attributes = Attributes::parse(layer.attributes);
  if (!layer.epilogue.empty()) attributes.set("epilogue", Expression::parse(layer.epilogue));
  if (!layer.types.empty()) attributes.set("dtype", layer.types[0]);
  const NodeId id = graph.add_node(op_named(layer.op), values, attributes, {}, {}, 1);
  graph.add_output(graph.node(id).outputs[0], "out");

  const TacticNode node(graph, id);
  std::vector<Candidate> candidates;
  std::vector<KernelSource> sources;
  for (const TacticDef* tactic : all_tactics()) {
    if (tactic->ops.empty() || !serves(*tactic, node, target)) continue;
    if (!tactic->supports(node, target).ok) continue;
    for (Candidate& candidate : tactic->candidates(node, target)) {
      sources.insert(sources.end(), candidate.kernels.begin(), candidate.kernels.end());
      candidates.push_back(std::move(candidate));
    }
  }
  kernels->compile(sources);
  std::vector<std::pair<double, std::string>> times;
  for (const Candidate& candidate : candidates) {
    try {
      const StepTrial trial(one_step_plan(node, candidate, target, kernels),
                            {.device = target.gpu.index});
      times.emplace_back(trial.measure(1, 20, 0.1).median_us, candidate.tactic);
    } catch (const Error& error) {
      times.emplace_back(1e9, candidate.tactic + ": " + error.problems()[0].what);
    }
  }
  std::sort(times.begin(), times.end());
  fmt::print("{:<52}", layer.name);
  // Of each tactic the best ones.
  std::map<std::string, int> shown;
  for (const auto& [us, name] : times) {
    const std::string tactic = name.substr(0, name.find('/'));
    if (++shown[tactic] > (tactic.starts_with("jit.") ? 5 : 1)) continue;
    fmt::print(" {} |", us < 1e9 ? fmt::format("{} {:.2f}", name, us) : name);
  }
  fmt::print("\n");
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  BuildOptions options;
  options.device = "0";
  const Target target = make_target(options);
  KernelStore kernels(target.gpu.architecture, target.threads);
  fmt::print("{}, {}\n", target.gpu.architecture, target.gpu.fingerprint);
  char** parts = argv + 1;
  DType dtype = DType::kUndefined;
  if (argc > 1 && std::string_view(argv[1]) == "--i8") dtype = DType::kI8;
  if (argc > 1 && std::string_view(argv[1]) == "--f8") dtype = DType::kF8E4M3;
  if (dtype != DType::kUndefined) ++parts;
  for (const Layer& layer : layers()) {
    const auto named = [&](const char* part) { return layer.name.find(part) != std::string::npos; };
    if (parts != argv + argc && std::none_of(parts, argv + argc, named)) continue;
    if (dtype != DType::kUndefined && layer.op == "Attention") continue;
    time_layer(dtype == DType::kUndefined ? layer : narrow(layer, dtype), target, &kernels);
  }
  return 0;
}

}  // namespace
}  // namespace ingot

int main(int argc, char** argv) {
  try {
    return ingot::run(argc, argv);
  } catch (const ingot::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
