// The import as a whole: parse, check what frames the graph, import the graph, report.
#include "compiler/onnx/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "compiler/onnx/file_kind.h"
#include "compiler/onnx/scope.h"
#include "core/base/error.h"
#include "core/base/file.h"

namespace ingot {
namespace onnx {
namespace {

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ModelProto parse_or_fail(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) {
    fail({"file.empty", "the model is empty", name, "fetch or export the model again"});
  }
  ParseFailure failure;
  std::optional<ModelProto> model = parse_model(bytes, &failure);
  // Model files of other programs can look like the wire format for a while.
  if (!model || !model->graph) {
    if (FileKind kind = guess_file_kind(bytes); !kind.what.empty()) {
      fail({"onnx.not_onnx", fmt::format("this is no ONNX model but {}", kind.what), name,
            kind.fix});
    }
  }
  if (!model && failure.truncated && bytes[0] == '\x08') {
    fail({"onnx.truncated",
          fmt::format("the file is cut off after {} bytes, in the middle of a field", bytes.size()),
          name, "fetch or export the model again"});
  }
  if (!model) {
    fail({"onnx.malformed", fmt::format("the file is damaged or no ONNX model: {}", failure.reason),
          name, "fetch or export the model again"});
  }
  if (!model->graph) {
    fail({"onnx.no_graph", "the file holds no graph: it is no ONNX model, or cut off", name,
          "fetch or export the model again"});
  }
  return std::move(*model);
}

void check_versions(const ModelProto& model, Session& session, const std::string& name) {
  if (!model.ir_version) {
    session.problem({"onnx.no_ir_version", "the model has no ir_version", name,
                     "set it (onnx.helper.make_model does), or export the model again"});
  }
  const Opsets opsets = opsets_of(model.opsets);
  const auto standard = opsets.find("");
  if (standard == opsets.end()) {
    const auto is_standard = [](const NodeProto& node) { return node.domain.empty(); };
    if (std::ranges::any_of(model.graph->nodes, is_standard)) {
      session.problem({"onnx.no_opset", "the model does not say its opset (opset_import)", name,
                       "export the model again"});
    }
    return;
  }
  if (standard->second > kNewestOpset) {
    session.warn({"onnx.newer_opset",
                  fmt::format("the model has opset {}, newer than the newest known here ({})",
                              standard->second, kNewestOpset),
                  name, "if results are wrong, export with an older opset"});
  }
  if (standard->second < 1) {
    session.problem({"onnx.no_opset", fmt::format("opset {} does not exist", standard->second),
                     name, "export the model again"});
  }
}

/// Adds a declared input of the model. Weights listed as inputs too are constants.
void import_input(const ValueInfoProto& input, Scope& scope) {
  Session& session = scope.session();
  const std::string where = fmt::format("{}, input \"{}\"", session.file(), input.name);
  const auto refuse = [&](std::string id, std::string what, std::string fix) {
    session.problem({std::move(id), std::move(what), where, std::move(fix)});
    scope.poison(input.name);
  };
  if (input.name.empty()) {
    return refuse("onnx.bad_input", "an input has no name", "export the model again");
  }
  if (input.kind != ValueInfoProto::kTensor) {
    return refuse("onnx.unsupported_type",
                  fmt::format("input \"{}\" is no tensor (but a sequence, map, optional or sparse "
                              "tensor, or has no type)",
                              input.name),
                  "export the model with dense tensors as inputs");
  }
  const DType dtype = dtype_of(input.element_type);
  if (dtype == DType::kUndefined) {
    return refuse("onnx.unsupported_type",
                  fmt::format("input \"{}\" has elements of type {}, which is not supported",
                              input.name, element_type_name(input.element_type)),
                  "take a numeric input instead");
  }
  if (!input.has_shape) {
    return refuse(
        "onnx.missing_shape",
        fmt::format("input \"{}\" has no shape: not even the number of axes is known", input.name),
        "declare its shape, with names for axes of any size "
        "(onnx.tools.update_model_dims)");
  }
  if (input.dims.size() > static_cast<size_t>(Shape::kMaxRank)) {
    return refuse("onnx.bad_shape",
                  fmt::format("input \"{}\" has {} axes, at most {} are supported", input.name,
                              input.dims.size(), Shape::kMaxRank),
                  "merge axes that are always used together");
  }
  SymbolicShape dims;
  for (size_t axis = 0; axis < input.dims.size(); ++axis) {
    dims.push_back(session.symbols().declared(input.dims[axis], input.name, axis));
  }
  scope.bind(input.name, scope.graph().add_input(std::string(input.name), dtype, std::move(dims)),
             where);
}

/// Declared output types are not needed; one that is plainly wrong is worth a word.
void check_declared_type(const ValueInfoProto& output, DType inferred, Session& session) {
  const DType declared = dtype_of(output.element_type);
  if (declared == DType::kUndefined || declared == inferred) return;
  session.warn({"onnx.output_type",
                fmt::format("output \"{}\" is declared as {} but computed as {}", output.name,
                            dtype_name(declared), dtype_name(inferred)),
                fmt::format("{}, output \"{}\"", session.file(), output.name),
                "the computed type is used"});
}

Graph import_graph(const ModelProto& model, Session& session) {
  const GraphProto& proto = *model.graph;
  Graph graph;
  Body body{.graph = graph};
  const Opsets opsets = opsets_of(model.opsets);
  Scope scope(session, body, nullptr, opsets, nullptr, "", "");

  std::unordered_set<std::string_view> weights;
  for (const TensorProto& weight : proto.initializers) weights.insert(weight.name);
  weights.insert(proto.sparse_initializers.begin(), proto.sparse_initializers.end());
  for (const ValueInfoProto& input : proto.inputs) {
    if (!weights.contains(input.name)) import_input(input, scope);
  }
  std::vector<std::string_view> outputs;
  for (const ValueInfoProto& output : proto.outputs) outputs.push_back(output.name);
  scope.import(proto.initializers, proto.sparse_initializers, proto.nodes, outputs);

  if (outputs.empty()) {
    session.problem({"onnx.no_output", "the graph has no output", session.file(),
                     "mark at least one value as an output of the graph"});
  }
  for (const ValueInfoProto& output : proto.outputs) {
    const ValueId value =
        scope.output(output.name, fmt::format("{}, output \"{}\"", session.file(), output.name));
    if (!value) continue;
    check_declared_type(output, graph.dtype(value), session);
    graph.add_output(value, std::string(output.name));
  }
  return graph;
}

Graph import_bytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                   const std::string& name, ExternalData external, std::vector<Problem>* warnings) {
  const ModelProto model = parse_or_fail(as_text(bytes), name);
  Session session(name, model, TensorReader(std::move(owner), std::move(external)));
  check_versions(model, session, name);
  Graph graph = import_graph(model, session);
  if (session.problem_count() > 0) throw Error(session.merged_problems());
  if (warnings) {
    const std::vector<Problem> found = session.merged_warnings();
    warnings->insert(warnings->end(), found.begin(), found.end());
  }
  return graph;
}

}  // namespace
}  // namespace onnx

Graph import_onnx(const std::string& path, std::vector<Problem>* warnings) {
  const auto file = MappedFile::open(path);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return onnx::import_bytes(file->bytes(), file, path,
                            onnx::ExternalData(folder.empty() ? "." : folder.string(), path),
                            warnings);
}

Graph import_onnx(const OnnxBytes& model, std::vector<Problem>* warnings) {
  return onnx::import_bytes(model.bytes, model.owner, model.name,
                            onnx::ExternalData(model.directory, ""), warnings);
}

}  // namespace ingot
