// Which nodes compute on 16-bit floats: decided for CPUs (products and what lies between them) and
// for GPUs (nearly all nodes); carried out by assign_precision.
#pragma once

#include <set>

#include "compiler/passes/pass.h"

namespace ingot {

struct PrecisionPlan {
  std::set<NodeId> small;  ///< nodes whose f32 inputs and outputs become 16-bit floats
  /// f32 values that may be too large for the 16-bit type: clamped where a chosen node reads them.
  std::set<ValueId> to_clamp;
};

/// Products and the neutral nodes between them; elementwise nodes after the last product only where
/// an epilogue takes them.
PrecisionPlan plan_products(const Graph& graph, const PassOptions& options);

/// All nodes that a GPU computes with float inside, but for those that `type` would spoil.
PrecisionPlan plan_all(const Graph& graph, DType type, PassContext* pass);

/// One of the ONNX nodes that the node came from is in `names` (null: none is).
bool came_from(const Node& node, const std::set<std::string>* names);

/// Products: what makes 16 bits worth having.
bool is_product(const Graph& graph, NodeId id);

/// Input i keeps its type whatever the node computes in: the scales and the region of a Resize,
/// the coordinates of a GridSample.
bool keeps_input_type(const Node& node, size_t i);

/// An elementwise node, not chosen itself, that an epilogue will take: it reads one value that is
/// chained to a product by nodes of `small`, and besides only constants and values that a product
/// reads too, which have a 16-bit form anyway.
bool follows_product(const Graph& graph, NodeId id, const std::set<NodeId>& small);

}  // namespace ingot
