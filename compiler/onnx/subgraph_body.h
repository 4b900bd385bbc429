// The bodies of If, Loop and Scan: imported like graphs of their own, then made into programs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/onnx/scope.h"

namespace ingot::onnx {

/// The type of a declared input of a subgraph.
struct FormalInput {
  DType dtype;
  SymbolicShape dims;
  bool as_vector = false;  ///< declared [1], given as a scalar
};

/// A subgraph on the way to a program.
struct ImportedBody {
  Graph graph;
  std::vector<ValueId> formals, outputs;
  std::vector<Capture> captures;
};

/// The subgraph in attribute `name` of the node. Throws Error if there is none.
const GraphProto& subgraph(const NodeContext& context, std::string_view name);

/// Imports `proto` with these types for its declared inputs. Nothing if it has problems (reported).
std::optional<ImportedBody> import_body(const NodeContext& context, const GraphProto& proto,
                                        std::string_view attribute,
                                        const std::vector<FormalInput>& formals);

/// Puts the nodes of a subgraph without inputs in the place of the node.
void inline_branch(const NodeContext& context, const GraphProto& branch,
                   std::string_view attribute);

/// Adds the node with its subgraphs as programs; captures follow its inputs.
void add_node_with_bodies(const NodeContext& context, std::vector<ValueId> inputs,
                          Attributes attributes,
                          const std::vector<std::pair<std::string, const ImportedBody*>>& bodies);

}  // namespace ingot::onnx
