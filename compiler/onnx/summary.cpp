// What an ONNX file says of itself: see the header.
#include "compiler/onnx/summary.h"

#include <fmt/format.h>

#include "compiler/onnx/import.h"
#include "compiler/onnx/wire.h"
#include "core/base/error.h"
#include "core/base/file.h"

namespace ingot {
namespace {

void count_operators(const std::vector<onnx::NodeProto>& nodes, ModelSummary* summary) {
  for (const onnx::NodeProto& node : nodes) {
    std::string name(node.op_type);
    if (!node.domain.empty() && node.domain != "ai.onnx") {
      name = fmt::format("{}.{}", node.domain, name);
    }
    ++summary->operators[name];
    for (const onnx::AttributeProto& attribute : node.attributes) {
      for (const onnx::GraphProto& graph : attribute.graphs) count_operators(graph.nodes, summary);
    }
  }
}

}  // namespace

ModelSummary summarize_onnx(const std::string& path) {
  ModelSummary summary;
  const auto file = MappedFile::open(path);
  const auto* data = reinterpret_cast<const char*>(file->bytes().data());
  onnx::ParseFailure failure;
  const auto model = onnx::parse_model({data, file->bytes().size()}, &failure);
  // The importer knows best what such a file is.
  if (!model || !model->graph) {
    import_onnx(path, &summary.problems);
    return summary;
  }
  summary.ir_version = model->ir_version.value_or(0);
  summary.producer =
      fmt::format("{}{}{}", model->producer_name, model->producer_version.empty() ? "" : " ",
                  model->producer_version);
  for (const onnx::OpsetId& id : model->opsets) {
    summary.opsets[id.domain.empty() ? "ai.onnx" : std::string(id.domain)] = id.version;
  }
  count_operators(model->graph->nodes, &summary);
  try {
    import_onnx(path, nullptr);
  } catch (const Error& error) {
    summary.problems = error.problems();
  }
  return summary;
}

}  // namespace ingot
