// Models: reading a file, and describing its inputs and outputs.
#include "compiler/driver/model.h"

#include "compiler/onnx/import.h"
#include "compiler/onnx/summary.h"
#include "core/base/file.h"
#include "core/base/hash.h"

namespace ingot {
namespace {

TensorInfo describe(const Graph& graph, ValueId id, const std::string& name) {
  TensorInfo info;
  info.name = name;
  info.dtype = graph.dtype(id);
  for (const Dim& dim : graph.dims(id)) {
    info.dims.push_back(dim.is_constant() ? dim.constant() : -1);
    info.symbols.push_back(dim.is_constant() ? std::string() : dim.to_string());
  }
  return info;
}

}  // namespace

Model Model::from_file(const std::string& path) {
  auto state = std::make_shared<State>();
  state->path = path;
  state->graph = import_onnx(path, &state->warnings);
  state->hash = hash128_hex(MappedFile::open(path)->bytes());
  return Model(std::move(state));
}

const std::string& Model::path() const { return state_->path; }

std::vector<TensorInfo> Model::inputs() const {
  std::vector<TensorInfo> result;
  for (ValueId id : state_->graph.inputs()) {
    result.push_back(describe(state_->graph, id, state_->graph.value(id).name));
  }
  return result;
}

std::vector<TensorInfo> Model::outputs() const {
  std::vector<TensorInfo> result;
  const auto outputs = state_->graph.outputs();
  for (size_t i = 0; i < outputs.size(); ++i) {
    result.push_back(
        describe(state_->graph, outputs[i], state_->graph.output_name(static_cast<int>(i))));
  }
  return result;
}

const std::vector<Problem>& Model::warnings() const { return state_->warnings; }

std::string Model::to_text() const { return ingot::to_text(state_->graph); }

ModelSummary summarize_model(const std::string& path) { return summarize_onnx(path); }

}  // namespace ingot
