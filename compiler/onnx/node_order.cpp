// Topological order by counting inputs that are not there yet; captures of subgraphs count too.
#include "compiler/onnx/node_order.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>

namespace ingot::onnx {
namespace {

void collect_free_names(const GraphProto& graph, std::unordered_set<std::string_view>& reads) {
  std::unordered_set<std::string_view> own, inner;
  for (const ValueInfoProto& input : graph.inputs) own.insert(input.name);
  for (const TensorProto& initializer : graph.initializers) own.insert(initializer.name);
  for (const NodeProto& node : graph.nodes) {
    own.insert(node.outputs.begin(), node.outputs.end());
    collect_reads(node, inner);
  }
  for (const ValueInfoProto& output : graph.outputs) inner.insert(output.name);
  for (const std::string_view name : inner) {
    if (!own.contains(name)) reads.insert(name);
  }
}

/// Follows unfinished producers from `start` until a node comes again.
std::vector<size_t> find_cycle(size_t start, const std::vector<std::vector<size_t>>& producers,
                               const std::vector<bool>& done) {
  std::vector<size_t> path;
  std::unordered_map<size_t, size_t> position;
  for (size_t at = start; position.try_emplace(at, path.size()).second;) {
    path.push_back(at);
    // An unfinished node has an unfinished producer, else it would have run.
    at = *std::find_if(producers[at].begin(), producers[at].end(),
                       [&](size_t producer) { return !done[producer]; });
    if (const auto seen = position.find(at); seen != position.end()) {
      path.erase(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(seen->second));
      break;
    }
  }
  std::reverse(path.begin(), path.end());
  std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
  return path;
}

}  // namespace

void collect_reads(const NodeProto& node, std::unordered_set<std::string_view>& reads) {
  for (const std::string_view input : node.inputs) {
    if (!input.empty()) reads.insert(input);
  }
  for (const AttributeProto& attribute : node.attributes) {
    for (const GraphProto& graph : attribute.graphs) collect_free_names(graph, reads);
  }
}

NodeOrder order_nodes(std::span<const NodeProto> nodes) {
  std::unordered_map<std::string_view, size_t> producer_of;
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const std::string_view output : nodes[i].outputs) {
      if (!output.empty()) producer_of.try_emplace(output, i);
    }
  }
  std::vector<std::vector<size_t>> producers(nodes.size()), readers(nodes.size());
  std::vector<size_t> waiting(nodes.size());
  std::unordered_set<std::string_view> reads;
  for (size_t i = 0; i < nodes.size(); ++i) {
    reads.clear();
    collect_reads(nodes[i], reads);
    for (const std::string_view name : reads) {
      const auto found = producer_of.find(name);
      if (found == producer_of.end()) continue;
      producers[i].push_back(found->second);
      readers[found->second].push_back(i);
      ++waiting[i];
    }
  }
  NodeOrder result;
  std::vector<bool> done(nodes.size());
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (waiting[i] == 0) ready.push(i);
  }
  while (!ready.empty()) {
    const size_t node = ready.top();
    ready.pop();
    done[node] = true;
    result.order.push_back(node);
    for (const size_t reader : readers[node]) {
      if (--waiting[reader] == 0) ready.push(reader);
    }
  }
  if (result.order.size() < nodes.size()) {
    const auto first = std::find(done.begin(), done.end(), false);
    result.cycle = find_cycle(static_cast<size_t>(first - done.begin()), producers, done);
  }
  return result;
}

}  // namespace ingot::onnx
