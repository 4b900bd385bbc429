// Finds scaled dot-product attention and makes it one node, which needs no memory for the scores.
//
//   s = MatMul(q, k) {transpose_b=1}; m = Add(Mul(s, 0.125), mask); p = Softmax(m); y = MatMul(p, v)
//       =>    y = Attention(q, k, v, mask) {scale=0.125}
//
// The scale may stand before or after the product, on either side; a Where with a very low number
// is a mask as well. If queries, keys and values were cut into heads from [batch, sequence, columns]
// and the result is packed that way again, the node takes and gives that form (with q_num_heads) and
// the reshapes and transposes go; from [sequence, batch, columns] one Transpose remains on either side,
// which products let through. Nobody else may read the scores or the probabilities.
#include <algorithm>
#include <map>

#include "compiler/passes/attention_pattern.h"
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

/// The masks added up, or none.
ValueId joined_mask(Graph* graph, const AttentionPattern& pattern) {
  ValueId mask;
  for (ValueId next : pattern.masks) {
    mask = mask ? graph->add("Add", {mask, next}, {}, pattern.origin) : next;
  }
  return mask;
}

ValueId transposed(Graph* graph, ValueId value, const std::vector<std::string>& origin) {
  const size_t rank = graph->dims(value).size();
  std::vector<int64_t> perm;
  for (size_t i = 0; i < rank; ++i) perm.push_back(static_cast<int64_t>(i));
  std::swap(perm[rank - 1], perm[rank - 2]);
  const NodeId before = producer_of(*graph, value, "Transpose");
  if (before) {
    const std::vector<int64_t> inner = attributes_of(*graph, before).integers("perm");
    std::vector<int64_t> both;
    for (int64_t axis : perm) both.push_back(inner[static_cast<size_t>(axis)]);
    perm = both;
    value = graph->node(before).inputs[0];
  }
  if (std::is_sorted(perm.begin(), perm.end())) return value;
  Attributes attributes;
  attributes.set("perm", perm);
  return graph->add("Transpose", {value}, std::move(attributes), origin);
}

ValueId swapped(Graph* graph, ValueId value) {
  Attributes attributes;
  attributes.set("perm", std::vector<int64_t>{1, 0, 2});
  return graph->add("Transpose", {value}, std::move(attributes));
}

/// [batch, sequence, heads * size] for one operand: `source`, which is packed, or its part of the
/// columns.
ValueId columns(Graph* graph, const Packed& packed, ValueId source,
                const std::vector<std::string>& origin) {
  if (packed.parts == 1) return source;
  const SymbolicShape dims = graph->dims(source);
  const std::vector<int64_t> sizes(static_cast<size_t>(packed.parts),
                                   dims[2].constant() / packed.parts);
  Attributes attributes;
  attributes.set("axis", int64_t{2});
  const NodeId split = graph->add_node(op_named("Split"), {source, add_integers(graph, sizes)},
                                       attributes, origin, {}, static_cast<int>(packed.parts));
  return graph->node(split).outputs[static_cast<size_t>(packed.part)];
}

class Rewriter {
 public:
  Rewriter(Graph* graph, PassContext* pass) : graph_(*graph), pass_(*pass) {}

  void rewrite(NodeId softmax) {
    std::string why_not;
    AttentionPattern pattern = match_attention(&graph_, softmax, &why_not);
    if (!why_not.empty()) return pass_.near_miss(graph_, softmax, why_not);
    if (!pattern) return;
    const ValueId mask = joined_mask(&graph_, pattern);
    const bool four = graph_.dims(pattern.q).size() == 4;
    if (mask && graph_.dims(mask).size() > (four ? 4U : 2U)) {
      return pass_.near_miss(graph_, softmax, "the mask has an axis that the operator has not");
    }
    if (!same_batch(pattern)) {
      return pass_.near_miss(graph_, softmax, "queries, keys and values differ in batch or heads");
    }
    if (!four) return replace_single_head(pattern, mask);
    if (!replace_packed(pattern, mask)) replace_heads(pattern, mask);
  }

 private:
  /// The operator broadcasts neither batches nor heads.
  bool same_batch(const AttentionPattern& pattern) const {
    const SymbolicShape& q = graph_.dims(pattern.q);
    for (ValueId other : {pattern.k, pattern.v}) {
      const SymbolicShape& dims = graph_.dims(other);
      if (!std::equal(q.begin(), q.end() - 2, dims.begin())) return false;
    }
    return true;
  }

  Attributes with_scale(const AttentionPattern& pattern) const {
    Attributes attributes;
    attributes.set("scale", pattern.scale);
    return attributes;
  }

  static Attributes with_heads(Attributes attributes, int64_t heads) {
    attributes.set("q_num_heads", heads);
    attributes.set("kv_num_heads", heads);
    return attributes;
  }

  void replace(const AttentionPattern& pattern, ValueId old, std::vector<ValueId> inputs,
               ValueId mask, Attributes attributes) {
    if (mask) inputs.push_back(mask);
    const NodeId last = graph_.producer(old);
    graph_.replace(last, graph_.add("Attention", std::move(inputs), std::move(attributes),
                                    pattern.origin, graph_.value(old).name));
  }

  ValueId keys(const AttentionPattern& pattern) {
    return pattern.k_transposed ? transposed(&graph_, pattern.k, pattern.origin) : pattern.k;
  }

  /// [batch, sequence, size] is the packed form of one head.
  void replace_single_head(const AttentionPattern& pattern, ValueId mask) {
    replace(pattern, pattern.result, {pattern.q, keys(pattern), pattern.v}, mask,
            with_heads(with_scale(pattern), 1));
  }

  void replace_heads(const AttentionPattern& pattern, ValueId mask) {
    replace(pattern, pattern.result, {pattern.q, keys(pattern), pattern.v}, mask,
            with_scale(pattern));
  }

  /// The source with the axes [batch, sequence, columns], once for each source; none if a Reshape
  /// to them cannot be written.
  ValueId in_three_axes(const Packed& packed) {
    if (packed.dims.empty() ||
        (packed.dims == graph_.dims(packed.source) && !packed.sequence_first))
      return packed.source;
    const auto key = std::make_pair(packed.source.index, to_string(packed.dims));
    if (const auto known = three_axes_.find(key); known != three_axes_.end()) return known->second;
    ValueId value = packed.source;
    if (!(packed.dims == graph_.dims(value))) {
      const SymbolicShape from = graph_.dims(value);
      const auto target = reshape_target(&graph_, from, packed.dims);
      if (!target) return {};
      value = graph_.add("Reshape", {value, *target});
    }
    if (packed.sequence_first) value = swapped(&graph_, value);
    return three_axes_[key] = value;
  }

  bool replace_packed(const AttentionPattern& pattern, ValueId mask) {
    const Packing packing = packing_of(graph_, pattern.result);
    const Packed q = packed_source(graph_, pattern.q, false);
    const Packed k = packed_source(graph_, pattern.k, pattern.k_transposed);
    const Packed v = packed_source(graph_, pattern.v, false);
    if (!packing || !q || !k || !v || q.heads != k.heads || q.heads != v.heads) return false;
    std::vector<ValueId> inputs;
    for (const Packed& packed : {q, k, v}) {
      const ValueId source = in_three_axes(packed);
      if (!source) return false;
      inputs.push_back(columns(&graph_, packed, source, pattern.origin));
    }
    const ValueId old = graph_.node(packing.reshape).outputs[0];
    const SymbolicShape& result = graph_.dims(pattern.result);
    const SymbolicShape made = {result[0], result[2], result[1] * result[3]},
                        wanted = graph_.dims(old);
    if (!packing.sequence_first && wanted == made) {
      replace(pattern, old, inputs, mask, with_heads(with_scale(pattern), q.heads));
      return true;
    }
    const SymbolicShape to = wanted;
    const SymbolicShape from =
        packing.sequence_first ? SymbolicShape{made[1], made[0], made[2]} : made;
    std::optional<ValueId> target;
    if (!(from == to)) {
      target = reshape_target(&graph_, from, to);
      if (!target) return false;
    }
    if (mask) inputs.push_back(mask);
    ValueId value = graph_.add("Attention", std::move(inputs),
                               with_heads(with_scale(pattern), q.heads), pattern.origin);
    if (packing.sequence_first) value = swapped(&graph_, value);
    if (target) value = graph_.add("Reshape", {value, *target}, {}, pattern.origin);
    graph_.set_name(value, graph_.value(old).name);
    graph_.replace(packing.reshape, value);
    return true;
  }

  Graph& graph_;
  PassContext& pass_;
  std::map<std::pair<int32_t, std::string>, ValueId> three_axes_;
};

}  // namespace

Graph recognize_attention(Graph graph, PassContext& pass) {
  Rewriter rewriter(&graph, &pass);
  for (NodeId id : graph.nodes("Softmax")) rewriter.rewrite(id);
  graph.remove_dead_nodes();
  return graph;
}

}  // namespace ingot
