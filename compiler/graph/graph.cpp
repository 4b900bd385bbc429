// Building and rewriting the graph: keeps producers, readers and types consistent at every step.
#include "compiler/graph/graph.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/error.h"

namespace ingot {

ValueId Graph::add_input(std::string name, DType dtype, SymbolicShape dims) {
  const ValueId id{value_count()};
  values_.emplace_back();
  values_.back().name = std::move(name);
  values_.back().type.dtype = dtype;
  values_.back().type.dims = std::move(dims);
  readers_.emplace_back();
  inputs_.push_back(id);
  return id;
}

ValueId Graph::add_constant(Tensor tensor, std::string name) {
  const ValueId id{value_count()};
  values_.emplace_back();
  readers_.emplace_back();
  values_.back().name = name.empty() ? fresh_name("const") : std::move(name);
  set_constant(id, std::move(tensor));
  return id;
}

NodeId Graph::add_node(const OpDef& op, std::vector<ValueId> inputs, Attributes attributes,
                       std::vector<std::string> origin, std::vector<std::string> output_names,
                       int output_count) {
  const NodeId id{node_count()};
  nodes_.push_back({.op = &op,
                    .inputs = std::move(inputs),
                    .outputs = {},
                    .attributes = std::move(attributes),
                    .origin = std::move(origin)});
  const size_t count = std::max(static_cast<size_t>(output_count), output_names.size());
  for (size_t i = 0; i < count; ++i) {
    const bool named = i < output_names.size();
    // An empty name in a list of names stands for an output that nobody wants.
    if (named && output_names[i].empty() && output_names.size() > 1) {
      nodes_.back().outputs.emplace_back();
      continue;
    }
    const ValueId value{value_count()};
    values_.emplace_back();
    readers_.emplace_back();
    values_.back().producer = id;
    values_.back().name = named && !output_names[i].empty() ? output_names[i] : fresh_name(op.name);
    nodes_.back().outputs.push_back(value);
  }
  for (ValueId input : nodes_.back().inputs) {
    if (input) readers_[static_cast<size_t>(input.index)].push_back(id);
  }
  infer(id);
  return id;
}

ValueId Graph::add(std::string_view op, std::vector<ValueId> inputs, Attributes attributes,
                   std::vector<std::string> origin, std::string output_name) {
  const NodeId id = add_node(op_named(op), std::move(inputs), std::move(attributes),
                             std::move(origin), {std::move(output_name)});
  return node(id).outputs[0];
}

void Graph::add_output(ValueId value, std::string name) {
  outputs_.push_back(value);
  output_names_.push_back(std::move(name));
}

bool Graph::has_input(NodeId id, int i) const {
  const auto& inputs = node(id).inputs;
  return static_cast<size_t>(i) < inputs.size() && inputs[static_cast<size_t>(i)];
}

std::vector<NodeId> Graph::readers(ValueId id) const {
  std::vector<NodeId> result = readers_[static_cast<size_t>(id.index)];
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

int Graph::reader_count(ValueId id) const {
  const auto reads = readers_[static_cast<size_t>(id.index)].size();
  return static_cast<int>(reads) +
         static_cast<int>(std::count(outputs_.begin(), outputs_.end(), id));
}

bool Graph::is_output(ValueId id) const {
  return std::find(outputs_.begin(), outputs_.end(), id) != outputs_.end();
}

std::vector<NodeId> Graph::nodes() const {
  // Depth-first from every node in index order: stable, and linear in the size of the graph.
  std::vector<NodeId> order;
  std::vector<uint8_t> state(nodes_.size(), 0);  // 0 unseen, 1 open, 2 done
  std::vector<std::pair<int32_t, size_t>> stack;
  for (int32_t root = 0; root < node_count(); ++root) {
    if (!nodes_[static_cast<size_t>(root)].op || state[static_cast<size_t>(root)]) continue;
    stack.emplace_back(root, 0);
    state[static_cast<size_t>(root)] = 1;
    while (!stack.empty()) {
      auto& [index, next] = stack.back();
      const Node& current = nodes_[static_cast<size_t>(index)];
      if (next == current.inputs.size()) {
        state[static_cast<size_t>(index)] = 2;
        order.push_back({index});
        stack.pop_back();
        continue;
      }
      const ValueId input = current.inputs[next++];
      const NodeId before = input ? producer(input) : NodeId{};
      if (!before || state[static_cast<size_t>(before.index)] == 2) continue;
      if (state[static_cast<size_t>(before.index)] == 1) {
        fail({"graph.broken", "the graph has a cycle",
              node(before).origin.empty() ? std::string(node(before).op->name)
                                          : node(before).origin[0],
              "this is a bug of a pass; find it with --verify-passes"});
      }
      state[static_cast<size_t>(before.index)] = 1;
      stack.emplace_back(before.index, 0);
    }
  }
  return order;
}

std::vector<NodeId> Graph::nodes(std::string_view op) const {
  std::vector<NodeId> result = nodes();
  std::erase_if(result, [&](NodeId id) { return !node(id).is(op); });
  return result;
}

void Graph::replace_uses(ValueId from, ValueId to) {
  if (from == to) return;
  auto& old_readers = readers_[static_cast<size_t>(from.index)];
  auto& new_readers = readers_[static_cast<size_t>(to.index)];
  std::vector<NodeId> changed = readers(from);
  for (NodeId id : changed) {
    for (ValueId& input : nodes_[static_cast<size_t>(id.index)].inputs) {
      if (input != from) continue;
      input = to;
      new_readers.push_back(id);
    }
  }
  old_readers.clear();
  std::replace(outputs_.begin(), outputs_.end(), from, to);
}

void Graph::replace(NodeId old_node, ValueId to) {
  INGOT_CHECK(!node(old_node).outputs.empty() && node(old_node).outputs[0]);
  const ValueId from = node(old_node).outputs[0];
  if (const NodeId maker = producer(to)) add_origin(maker, node(old_node).origin);
  replace_uses(from, to);
  remove(old_node);
}

void Graph::set_input(NodeId id, int i, ValueId value) {
  auto& inputs = nodes_[static_cast<size_t>(id.index)].inputs;
  if (inputs.size() <= static_cast<size_t>(i)) inputs.resize(static_cast<size_t>(i) + 1);
  ValueId& slot = inputs[static_cast<size_t>(i)];
  if (slot) {
    auto& readers = readers_[static_cast<size_t>(slot.index)];
    readers.erase(std::find(readers.begin(), readers.end(), id));
  }
  slot = value;
  if (value) readers_[static_cast<size_t>(value.index)].push_back(id);
  infer(id);
}

void Graph::set_attribute(NodeId id, std::string name, AttributeValue value) {
  nodes_[static_cast<size_t>(id.index)].attributes.set(std::move(name), std::move(value));
  infer(id);
}

void Graph::set_op(NodeId id, const OpDef& op, std::vector<ValueId> inputs, Attributes attributes) {
  Node& changed = nodes_[static_cast<size_t>(id.index)];
  for (ValueId input : changed.inputs) {
    if (!input) continue;
    auto& readers = readers_[static_cast<size_t>(input.index)];
    readers.erase(std::find(readers.begin(), readers.end(), id));
  }
  changed.op = &op;
  changed.inputs = std::move(inputs);
  changed.attributes = std::move(attributes);
  for (ValueId input : changed.inputs) {
    if (input) readers_[static_cast<size_t>(input.index)].push_back(id);
  }
  infer(id);
}

void Graph::add_origin(NodeId id, std::span<const std::string> names) {
  auto& origin = nodes_[static_cast<size_t>(id.index)].origin;
  for (const std::string& name : names) {
    if (std::find(origin.begin(), origin.end(), name) == origin.end()) origin.push_back(name);
  }
}

void Graph::set_dtype(ValueId id, DType dtype) {
  values_[static_cast<size_t>(id.index)].type.dtype = dtype;
}

void Graph::remove(NodeId id) {
  Node& dead = nodes_[static_cast<size_t>(id.index)];
  for (ValueId output : dead.outputs) {
    INGOT_CHECK(!output || reader_count(output) == 0 || value(output).is_constant());
  }
  for (ValueId input : dead.inputs) {
    if (!input) continue;
    auto& readers = readers_[static_cast<size_t>(input.index)];
    readers.erase(std::find(readers.begin(), readers.end(), id));
  }
  for (ValueId output : dead.outputs) {
    if (output && producer(output) == id) {
      values_[static_cast<size_t>(output.index)].producer = {};
    }
  }
  dead = Node{};
}

void Graph::set_constant(ValueId id, Tensor tensor) {
  Value& changed = values_[static_cast<size_t>(id.index)];
  changed.type = {};
  changed.type.dtype = tensor.dtype();
  for (int64_t dim : tensor.shape().dims()) changed.type.dims.emplace_back(dim);
  changed.type.contents = contents_of(tensor);
  changed.type.constant = std::move(tensor);
  changed.producer = {};
}

void Graph::set_input_dims(ValueId input, SymbolicShape dims) {
  values_[static_cast<size_t>(input.index)].type.dims = std::move(dims);
}

void Graph::reinfer() {
  for (NodeId id : nodes()) infer(id);
}

int Graph::remove_dead_nodes() {
  int removed = 0;
  std::vector<NodeId> order = nodes();
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const auto& made = node(*it).outputs;
    const bool read = std::any_of(made.begin(), made.end(), [&](ValueId output) {
      return output && producer(output) == *it && reader_count(output) > 0;
    });
    if (read) continue;
    remove(*it);
    ++removed;
  }
  return removed;
}

void Graph::infer(NodeId id) {
  const Node& current = node(id);
  std::vector<const ValueType*> types;
  types.reserve(current.inputs.size());
  for (ValueId input : current.inputs) types.push_back(input ? &value(input).type : nullptr);
  std::string name = current.origin.empty() ? std::string() : current.origin[0];
  for (ValueId output : current.outputs) {
    if (name.empty() && output) name = value(output).name;
  }
  std::vector<ValueType> result = infer_types(*current.op, current.attributes, types,
                                              static_cast<int>(current.outputs.size()), name);
  for (size_t i = 0; i < current.outputs.size(); ++i) {
    const ValueId output = current.outputs[i];
    // A value that was folded to a constant keeps it; its producer is cut off already.
    if (output && producer(output) == id) {
      values_[static_cast<size_t>(output.index)].type = std::move(result[i]);
    }
  }
}

std::string Graph::fresh_name(std::string_view stem) {
  std::string name(stem);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return fmt::format("{}.{}", name, next_name_++);
}

int64_t Graph::opt_value(const Dim& dim) const {
  if (dim.is_constant()) return dim.constant();
  return dim.evaluate([this](const std::string& symbol) -> int64_t {
    if (profiles.empty()) return 1;
    const auto found = profiles[0].find(symbol);
    return found == profiles[0].end() ? 1 : found->second.opt;
  });
}

Shape Graph::opt_shape(ValueId id) const {
  Shape shape;
  for (const Dim& dim : dims(id)) shape.push_back(opt_value(dim));
  return shape;
}

}  // namespace ingot
