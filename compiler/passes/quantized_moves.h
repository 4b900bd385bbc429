// Nodes that move elements without changing them, and so may do it before or after quantisation.
#pragma once

#include <vector>

#include "compiler/graph/graph.h"

namespace ingot {

/// Whether linear interpolation counts as a move: on 8-bit integers it rounds once more.
enum class Interpolation { kExcluded, kAllowed };

/// The inputs whose elements make up the (only) output or outputs of the node, each element as it
/// is, or 0 (of a Pad, or beyond the crop of a Resize); empty for nodes that compute. MaxPool counts:
/// it chooses.
std::vector<ValueId> moved_values(const Graph& graph, NodeId id, Interpolation interpolation);

/// The inputs of a QuantizeLinear or DequantizeLinear of `value` like this one, which has one scale for
/// all elements: scale and zero point as single numbers, whatever the shape of `value`.
std::vector<ValueId> like_quantization(Graph* graph, const Node& quantization, ValueId value);

/// Whether the node can do the same on integers that stand for 0 by this zero point: a Resize that
/// writes zeros beyond its crop cannot, unless it is 0.
bool padding_fits(const Graph& graph, NodeId id, float zero);

/// Makes `inputs` of a Pad, which moves integers from now on, pad with the zero point of a
/// QuantizeLinear or DequantizeLinear; nothing for other nodes.
void adapt_padding(Graph* graph, const Node& node, std::vector<ValueId>* inputs,
                   const Node& quantization);

}  // namespace ingot
