// What the passes make of a model for a GPU that may use 16-bit floats, and how far its results are
// from those in F32, both by the reference evaluations (small_floats.py runs it).
//
//   small_floats MODEL.onnx INPUTS f32|f16|bf16 [DUMP]
//
// INPUTS are tensors (tests/ops/tensor_file.h). Prints a line "output NAME MEAN MAX" for each
// output, differences as shares of its range, then "casts N", the Casts that were left between
// floats, and "inner N", those of them that are not at the border: that neither read an input nor
// make an output of the graph. The graph goes to the file DUMP.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/driver/profiles.h"
#include "compiler/graph/interpret.h"
#include "compiler/onnx/import.h"
#include "compiler/passes/pass_runner.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "tests/ops/tensor_file.h"

namespace {

using namespace ingot;

bool is_border(const Graph& graph, const Node& cast) {
  const auto inputs = graph.inputs();
  return graph.is_output(cast.outputs[0]) ||
         std::find(inputs.begin(), inputs.end(), cast.inputs[0]) != inputs.end();
}

void count_casts(const Graph& graph) {
  int casts = 0, inner = 0;
  for (NodeId id : graph.nodes("Cast")) {
    const Node& node = graph.node(id);
    if (!is_float(graph.dtype(node.inputs[0])) || !is_float(graph.dtype(node.outputs[0]))) continue;
    ++casts;
    if (is_border(graph, node)) continue;
    ++inner;
    fmt::print("cast {} of {}\n", graph.value(node.outputs[0]).name,
               to_string(graph.dims(node.outputs[0])));
  }
  fmt::print("casts {}\ninner {}\n", casts, inner);
}

void compare(const std::string& name, const Tensor& expected, const Tensor& given) {
  if (expected.dtype() != given.dtype() || !(expected.shape() == given.shape())) {
    fmt::print("output {} has another type or shape\n", name);
    return;
  }
  const std::vector<float> a = expected.to_floats(), b = given.to_floats();
  const auto [low, high] = std::minmax_element(a.begin(), a.end());
  const double range = a.empty() ? 1 : std::max(double{*high} - *low, 1e-30);
  double sum = 0, worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double error = std::abs(double{a[i]} - b[i]);
    sum += error;
    worst = std::isfinite(error) ? std::max(worst, error) : INFINITY;
  }
  fmt::print("output {} {:.3e} {:.3e}\n", name, sum / static_cast<double>(a.size()) / range,
             worst / range);
}

void run(const std::string& path, const std::string& inputs_path, const std::string& type,
         const std::string& dump) {
  std::vector<Problem> warnings;
  Graph model = import_onnx(path, &warnings);
  const std::vector<Tensor> inputs = read_tensors(inputs_path);
  Profile shapes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Shape& shape = inputs[i].shape();
    shapes[model.value(model.inputs()[i]).name] = {shape, shape, shape};
  }
  apply_profiles(&model, {shapes}, &warnings);
  PassOptions options;
  options.allow_small_float = type != "f32";
  options.small_float = dtype_from_name(type);
  options.gpu = true;
  PassReport report;
  const Graph small = run_passes(model, options, {.verify = true}, &report);
  if (!dump.empty()) {
    std::string text = to_text(small);
    for (const NearMiss& miss : report.near_misses) {
      text += fmt::format("# {}: {}: {}\n", miss.pass, miss.node, miss.reason);
    }
    write_file_atomically(dump, std::string_view(text));
  }
  const std::vector<Tensor> expected = interpret(model, inputs), given = interpret(small, inputs);
  for (size_t i = 0; i < expected.size(); ++i) {
    compare(small.output_name(static_cast<int>(i)), expected[i], given[i]);
  }
  count_casts(small);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: small_floats MODEL.onnx INPUTS f32|f16|bf16 [DUMP]\n");
    return 2;
  }
  try {
    run(argv[1], argv[2], argv[3], argc > 4 ? argv[4] : "");
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
