// An order in which the nodes of a graph can run.
#pragma once

#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "compiler/onnx/wire.h"

namespace ingot::onnx {

struct NodeOrder {
  std::vector<size_t> order;  ///< the file's own order where that works
  std::vector<size_t> cycle;  ///< nodes of one cycle, each feeding the next; empty if there is none
};
NodeOrder order_nodes(std::span<const NodeProto> nodes);

/// Adds the names that `node` reads: its inputs, and what its subgraphs read from outside.
void collect_reads(const NodeProto& node, std::unordered_set<std::string_view>& reads);

}  // namespace ingot::onnx
