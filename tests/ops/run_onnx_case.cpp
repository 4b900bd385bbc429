// Runs ONNX models for check_against_onnx.py, which compares with ONNX's own test cases: by the
// reference evaluations of their operators, node by node, or (--engine) by an engine, through all
// passes, tactics and steps.
//
// Reads names of folders from standard input. For each, runs model.onnx on the tensors of the file
// `inputs`, writes `outputs`, and answers with one line: "ok", or "error <id> <what>".
// A tensor is a line "f32 2,3" and its bytes.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>

#include "compiler/graph/interpret.h"
#include "compiler/onnx/import.h"
#include "core/base/error.h"
#include "ingot/builder.h"
#include "ingot/engine.h"
#include "tests/ops/tensor_file.h"

namespace {

using namespace ingot;

/// Fails where the dims that the shape rules gave, with symbols as the inputs bind them, are not
/// those of the results. Symbols that only data decide are not looked at.
void check_dims(const Graph& graph, const std::vector<Tensor>& inputs,
                const std::vector<Tensor>& outputs) {
  std::map<std::string, int64_t> symbols;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const SymbolicShape& dims = graph.dims(graph.inputs()[i]);
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      if (dims[axis].is_symbol()) {
        symbols[dims[axis].to_string()] = inputs[i].shape()[static_cast<int>(axis)];
      }
    }
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const SymbolicShape& dims = graph.dims(graph.outputs()[i]);
    bool fits = std::ssize(dims) == outputs[i].shape().rank();
    for (size_t axis = 0; axis < dims.size() && fits; ++axis) {
      std::vector<std::string> names;
      dims[axis].collect_symbols(&names);
      const auto bound = [&](const std::string& name) { return symbols.contains(name); };
      if (!std::all_of(names.begin(), names.end(), bound)) continue;
      const auto lookup = [&](const std::string& name) { return symbols.at(name); };
      fits = dims[axis].evaluate(lookup) == outputs[i].shape()[static_cast<int>(axis)];
    }
    if (fits) continue;
    fail({"case.wrong_dims",
          fmt::format("output {}: the shape rules gave {}, the results have {}", i, to_string(dims),
                      outputs[i].shape().to_string()),
          "", ""});
  }
}

std::vector<Tensor> interpret_model(const std::string& path, const std::vector<Tensor>& inputs) {
  const Graph graph = import_onnx(path, nullptr);
  std::vector<Tensor> outputs = interpret(graph, inputs);
  check_dims(graph, inputs, outputs);
  return outputs;
}

void require(const Status& status) {
  if (status.ok()) return;
  fail({"case.status",
        fmt::format("code {}: {}", static_cast<int>(status.code()), status.message()), "", ""});
}

std::vector<Tensor> run_engine(const std::string& path, const std::vector<Tensor>& inputs) {
  const Model model = Model::from_file(path);
  BuildOptions options;
  options.device = "cpu";
  options.optimization_level = 1;
  options.profiles.emplace_back();
  const std::vector<TensorInfo> infos = model.inputs();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Shape& shape = inputs[i].shape();
    options.profiles[0][infos[i].name] = {shape, shape, shape};
  }
  const BuildResult built = build(model, options);
  const auto engine = Engine::load(*built.plan);
  Context context(engine);
  for (size_t i = 0; i < inputs.size(); ++i) {
    require(context.set_shape(infos[i].name, inputs[i].shape()));
    require(context.set_address(infos[i].name, const_cast<void*>(inputs[i].data())));
  }
  require(context.run());
  std::vector<Tensor> outputs;
  for (const TensorInfo& info : engine->outputs()) {
    Shape shape;
    require(context.shape(info.name, &shape));
    outputs.push_back(Tensor::allocate(info.dtype, shape));
    if (shape.elements() == 0) continue;
    std::memcpy(outputs.back().mutable_view().data, context.output_data(info.name),
                outputs.back().bytes());
  }
  return outputs;
}

}  // namespace

int main(int argc, char** argv) {
  const bool by_engine = argc > 1 && std::string_view(argv[1]) == "--engine";
  for (std::string folder; std::getline(std::cin, folder);) {
    std::string answer = "ok";
    try {
      const std::vector<Tensor> inputs = read_tensors(folder + "/inputs");
      const std::string model = folder + "/model.onnx";
      write_tensors(folder + "/outputs",
                    by_engine ? run_engine(model, inputs) : interpret_model(model, inputs));
    } catch (const Error& error) {
      const Problem& problem = error.problems().front();
      answer = fmt::format("error {} {}", problem.id, problem.what);
    } catch (const std::exception& error) {
      answer = fmt::format("error exception {}", error.what());
    }
    for (char& c : answer) c = c == '\n' ? ' ' : c;
    std::cout << answer << std::endl;
  }
}
