// Convolutions and matrix products of quantised operands, as products of the integers themselves.
#pragma once

#include <string>

#include "compiler/passes/pass.h"

namespace ingot {

/// Whether the node is a product one of whose operands is dequantised.
bool reads_quantized(const Graph& graph, NodeId product);

/// Whether a product reads dequantised 8-bit floats.
bool reads_float8(const Graph& graph, NodeId product);

/// Rewrites a Conv, ConvTranspose or MatMul whose operands come from DequantizeLinear nodes to read
/// their 8-bit numbers; the scales, the zero points and the bias go to its epilogue. Returns why not.
std::string lower_product(Graph* graph, NodeId product);

}  // namespace ingot
