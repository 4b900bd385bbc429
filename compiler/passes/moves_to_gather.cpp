// Makes one Gather of whole rows from a chain of nodes that only move them: the shifted windows of
// a Swin block, the merging of its patches.
//
//   a = Slice(x, rows 3..); b = Slice(x, rows ..3); c = Concat(a, b)
//   r = Reshape(c, [n, 2, 7, 2, 7, d]); t = Transpose(r) {perm=[0,1,3,2,4,5]}; y = Reshape(t, [4n, 49, d])
//       =>    f = Reshape(x, [n, 196, d]); g = Gather(f, [45, 46, ...]) {axis=1}; y = Reshape(g, [4n, 49, d])
//
// A row is what the last axis of x holds. The chain begins at one value, each image of the batch is
// moved in the same way, and at least two of its nodes would copy.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "compiler/passes/passes.h"
#include "ops/reference.h"

namespace ingot {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 24;  // of what is moved for trial

bool is_constant_from(const Graph& graph, const Node& node, size_t first) {
  return std::all_of(node.inputs.begin() + static_cast<std::ptrdiff_t>(first), node.inputs.end(),
                     [&](ValueId input) { return !input || graph.value(input).is_constant(); });
}

bool moves(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.is("Reshape") || node.is("Transpose")) return node.outputs.size() == 1;
  if (node.is("Slice")) return is_constant_from(graph, node, 1);
  return node.is("Concat");
}

/// Nodes that end at one value and read one other value.
struct Chain {
  std::vector<NodeId> nodes;  ///< in program order
  ValueId source, end;
};

class Finder {
 public:
  Finder(const Graph& graph, const std::set<NodeId>& taken) : graph_(graph), taken_(taken) {}

  /// The chain that ends at this node, or one without a source.
  Chain find(NodeId last) {
    inside_ = {last};
    while (grow()) {}
    Chain chain{{inside_.begin(), inside_.end()}, {}, graph_.node(last).outputs[0]};
    std::map<NodeId, int> order;
    for (NodeId id : graph_.nodes()) order[id] = static_cast<int>(order.size());
    std::sort(chain.nodes.begin(), chain.nodes.end(),
              [&](NodeId a, NodeId b) { return order[a] < order[b]; });
    const std::set<ValueId> sources = outer_values();
    if (sources.size() == 1) chain.source = *sources.begin();
    return chain;
  }

 private:
  /// The values that a node moves: a Reshape's target and a Slice's numbers are none.
  std::vector<ValueId> moved(NodeId id) const {
    const Node& node = graph_.node(id);
    return node.is("Concat") ? node.inputs : std::vector<ValueId>{node.inputs[0]};
  }

  std::set<ValueId> outer_values() const {
    std::set<ValueId> values;
    for (NodeId id : inside_) {
      for (ValueId value : moved(id)) {
        const NodeId maker = graph_.producer(value);
        if (!maker || !inside_.contains(maker)) values.insert(value);
      }
    }
    return values;
  }

  bool grow() {
    for (ValueId value : outer_values()) {
      const NodeId maker = graph_.producer(value);
      if (!maker || taken_.contains(maker) || graph_.is_output(value) || !moves(graph_, maker)) {
        continue;
      }
      const auto readers = graph_.readers(value);
      if (!std::all_of(readers.begin(), readers.end(),
                       [&](NodeId reader) { return inside_.contains(reader); })) {
        continue;
      }
      inside_.insert(maker);
      return true;
    }
    return false;
  }

  const Graph& graph_;
  const std::set<NodeId>& taken_;
  std::set<NodeId> inside_;
};

/// A Slice of every element between two places is read where it lies.
bool copies(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!node.is("Slice")) return !node.is("Reshape");
  if (node.inputs.size() < 5 || !node.inputs[4]) return false;
  const auto steps = known_integers(graph, node.inputs[4]);
  return !steps ||
         std::any_of(steps->begin(), steps->end(), [](int64_t step) { return step != 1; });
}

/// More than one node would copy, and one joins or cuts: a lone Transpose is as good as a Gather.
bool pays(const Graph& graph, const Chain& chain) {
  const auto& nodes = chain.nodes;
  const auto joins = [&](NodeId id) {
    return graph.node(id).is("Concat") || graph.node(id).is("Slice");
  };
  return std::any_of(nodes.begin(), nodes.end(), joins) &&
         std::count_if(nodes.begin(), nodes.end(), [&](NodeId id) { return copies(graph, id); }) >
             1;
}

/// Moves the numbers of the elements instead of the elements.
class Trial {
 public:
  Trial(const Graph& graph, const Chain& chain) : graph_(graph), chain_(chain) {}

  /// For each row of an image after the chain, the row before it; nothing if rows are cut or the
  /// images are not moved in the same way.
  std::optional<std::vector<int64_t>> rows() {
    const Shape from = shape_of(chain_.source);
    if (from.rank() < 3 || from.elements() > kMostElements || from.elements() == 0) {
      return std::nullopt;
    }
    Tensor numbers = Tensor::allocate(DType::kI32, from);
    const auto all = numbers.mutable_view().as<int32_t>();
    std::iota(all.begin(), all.end(), 0);
    const Tensor moved = run(std::move(numbers));
    return read_rows(moved.view().as<int32_t>(), from);
  }

  /// Of the two first axes the shorter one: the other counts windows of images.
  Dim images() const {
    const bool of_source = shape_of(chain_.source)[0] <= shape_of(chain_.end)[0];
    return graph_.dims(of_source ? chain_.source : chain_.end)[0];
  }

 private:
  /// With 2 for every symbol: two images show whether they are moved alike.
  Shape shape_of(ValueId value) const {
    Shape shape;
    for (const Dim& dim : graph_.dims(value)) {
      shape.push_back(dim.evaluate([](const std::string&) { return int64_t{2}; }));
    }
    return shape;
  }

  Tensor run(Tensor numbers) const {
    std::map<ValueId, Tensor> known = {{chain_.source, std::move(numbers)}};
    for (NodeId id : chain_.nodes) {
      const Node& node = graph_.node(id);
      if (node.is("Reshape")) {
        known[node.outputs[0]] = known.at(node.inputs[0]).reshaped(shape_of(node.outputs[0]));
        continue;
      }
      std::vector<Tensor> inputs;
      for (ValueId input : node.inputs) {
        const auto moved = known.find(input);
        inputs.push_back(!input                 ? Tensor()
                         : moved != known.end() ? moved->second
                                                : graph_.value(input).type.constant);
      }
      known[node.outputs[0]] = evaluate_op(*node.op, node.attributes, inputs, 1)[0];
    }
    return known.at(chain_.end);
  }

  std::optional<std::vector<int64_t>> read_rows(std::span<const int32_t> moved,
                                                const Shape& from) const {
    const int64_t images = std::min(from[0], shape_of(chain_.end)[0]);
    const int64_t length = from[from.rank() - 1];
    const int64_t before = from.elements() / images;
    const auto total = static_cast<int64_t>(moved.size());
    if (total % (images * length) != 0 || from.elements() % (images * length) != 0) {
      return std::nullopt;
    }
    const int64_t after = total / images;
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < total; ++i) {
      const int64_t image = i / after, begin = i - i % length;
      const int64_t element = moved[static_cast<size_t>(i)] - image * before;
      if (i == begin && image == 0) rows.push_back(element / length);
      const int64_t expected = rows[static_cast<size_t>(begin % after / length)] * length;
      if (element != expected + i % length) return std::nullopt;
    }
    return rows;
  }

  const Graph& graph_;
  const Chain& chain_;
};

/// One image after the other, each of rows.
std::optional<ValueId> as_rows(Graph* graph, ValueId source, const Dim& images,
                               const std::vector<std::string>& origin) {
  const SymbolicShape dims = graph->dims(source);
  Dim all = 1;
  for (size_t i = 0; i + 1 < dims.size(); ++i) all = all * dims[i];
  const auto target =
      reshape_target(graph, dims, {images, Dim::floor_div(all, images), dims.back()});
  if (!target) return std::nullopt;
  return graph->add("Reshape", {source, *target}, {}, origin);
}

bool replace(Graph* graph, const Chain& chain, const Dim& images,
             const std::vector<int64_t>& rows) {
  const std::vector<std::string> origin = merged_origin(*graph, chain.nodes);
  const SymbolicShape dims = graph->dims(chain.end);
  const std::string name = graph->value(chain.end).name;
  const auto in_rows = as_rows(graph, chain.source, images, origin);
  if (!in_rows) return false;
  ValueId gathered = *in_rows;
  const bool in_order = std::is_sorted(rows.begin(), rows.end(), std::less_equal<>()) &&
                        graph->dims(gathered)[1] == Dim(static_cast<int64_t>(rows.size()));
  if (!in_order) {
    Attributes along_rows;
    along_rows.set("axis", int64_t{1});
    gathered = graph->add("Gather", {gathered, add_integers(graph, rows)}, along_rows, origin);
  }
  const auto target = reshape_target(graph, graph->dims(gathered), dims);
  if (!target) return false;
  const ValueId end = graph->add("Reshape", {gathered, *target}, {}, origin);
  graph->replace(graph->producer(chain.end), end);
  graph->set_name(end, name);
  return true;
}

/// Static but for the batch.
bool has_plain_dims(const Graph& graph, ValueId value) {
  const SymbolicShape& dims = graph.dims(value);
  return !dims.empty() && known_at_start(graph, dims) &&
         std::all_of(dims.begin() + 1, dims.end(),
                     [](const Dim& dim) { return dim.is_constant(); });
}

}  // namespace

Graph moves_to_gather(Graph graph, PassContext& pass) {
  std::set<NodeId> taken;
  std::vector<NodeId> order = graph.nodes();
  std::reverse(order.begin(), order.end());
  for (NodeId last : order) {
    if (taken.contains(last) || !moves(graph, last)) continue;
    const Chain chain = Finder(graph, taken).find(last);
    taken.insert(chain.nodes.begin(), chain.nodes.end());
    if (!chain.source || graph.value(chain.source).is_constant() || !pays(graph, chain)) continue;
    if (!has_plain_dims(graph, chain.source) || !known_at_start(graph, graph.dims(chain.end))) {
      continue;
    }
    Trial trial(graph, chain);
    const auto rows = trial.rows();
    if (!rows) {
      pass.near_miss(graph, last, "the nodes before it move parts of rows");
      continue;
    }
    replace(&graph, chain, trial.images(), *rows);
  }
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
