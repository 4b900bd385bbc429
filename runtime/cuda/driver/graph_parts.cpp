// Parts of graphs: see the header.
#include "runtime/cuda/driver/graph_parts.h"

#include <algorithm>
#include <iterator>

namespace ingot {
namespace {

CUgraphNodeType type_of(CUgraphNode node) {
  CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
  cuda().cuGraphNodeGetType(node, &type);
  return type;
}

CUDA_KERNEL_NODE_PARAMS kernel_of(CUgraphNode node) {
  CUDA_KERNEL_NODE_PARAMS params{};
  if (cuda().cuGraphKernelNodeGetParams(node, &params) != CUDA_SUCCESS) return {};
  return params;
}

// True if one may stand for the other.
bool alike(CUgraphNode a, CUgraphNode b) {
  const CUgraphNodeType type = type_of(a);
  if (type != type_of(b)) return false;
  if (type != CU_GRAPH_NODE_TYPE_KERNEL) return true;
  const auto first = kernel_of(a), second = kernel_of(b);
  return first.func == second.func && first.kern == second.kern;
}

CUresult give_params(CUgraphExec executable, CUgraphNode node, CUgraphNode from,
                     CUcontext context) {
  switch (type_of(node)) {
    case CU_GRAPH_NODE_TYPE_KERNEL: {
      const CUDA_KERNEL_NODE_PARAMS params = kernel_of(from);
      return cuda().cuGraphExecKernelNodeSetParams(executable, node, &params);
    }
    case CU_GRAPH_NODE_TYPE_MEMCPY: {
      CUDA_MEMCPY3D params{};
      const CUresult result = cuda().cuGraphMemcpyNodeGetParams(from, &params);
      if (result != CUDA_SUCCESS) return result;
      return cuda().cuGraphExecMemcpyNodeSetParams(executable, node, &params, context);
    }
    case CU_GRAPH_NODE_TYPE_MEMSET: {
      CUDA_MEMSET_NODE_PARAMS params{};
      const CUresult result = cuda().cuGraphMemsetNodeGetParams(from, &params);
      if (result != CUDA_SUCCESS) return result;
      return cuda().cuGraphExecMemsetNodeSetParams(executable, node, &params, context);
    }
    default:
      return CUDA_ERROR_NOT_SUPPORTED;
  }
}

}  // namespace

std::vector<CUgraphNode> nodes_of(CUgraph graph) {
  size_t count = 0;
  if (cuda().cuGraphGetNodes(graph, nullptr, &count) != CUDA_SUCCESS) return {};
  std::vector<CUgraphNode> nodes(count);
  if (count > 0 && cuda().cuGraphGetNodes(graph, nodes.data(), &count) != CUDA_SUCCESS) return {};
  nodes.resize(count);
  return nodes;
}

void RecordedParts::begin(int part, CUgraph graph) {
  end(graph);
  open_ = part;
}

void RecordedParts::end(CUgraph graph) {
  std::vector<CUgraphNode> nodes = nodes_of(graph);  // in no particular order
  std::sort(nodes.begin(), nodes.end());
  if (open_ >= 0) {
    std::set_difference(nodes.begin(), nodes.end(), known_.begin(), known_.end(),
                        std::back_inserter(nodes_[open_]));
  }
  known_ = std::move(nodes);
  open_ = -1;
}

const std::vector<CUgraphNode>& RecordedParts::nodes(int part) const {
  static const std::vector<CUgraphNode> none;
  const auto found = nodes_.find(part);
  return found == nodes_.end() ? none : found->second;
}

bool exchange_nodes(CUgraphExec executable, const std::vector<CUgraphNode>& nodes, CUgraph anew,
                    CUcontext context) {
  const std::vector<CUgraphNode> others = nodes_of(anew);
  if (nodes.empty() || nodes.size() != others.size()) return false;
  for (const CUgraphNode node : nodes) {
    // With two of a kind nothing tells which is which.
    if (std::count_if(nodes.begin(), nodes.end(),
                      [&](CUgraphNode other) { return alike(node, other); }) != 1) {
      return false;
    }
    const auto like = std::find_if(others.begin(), others.end(),
                                   [&](CUgraphNode other) { return alike(node, other); });
    if (like == others.end()) return false;
    if (give_params(executable, node, *like, context) != CUDA_SUCCESS) return false;
  }
  return true;
}

}  // namespace ingot
