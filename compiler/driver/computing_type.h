// In which type a node computes, and how people call that.
#pragma once

#include <string_view>

#include "compiler/graph/graph.h"

namespace ingot {

/// The type of the first number that the node reads and that no constant is: kI8 (also for u8),
/// f8, kF16, kBF16, kF32. kUndefined for nodes on other integers, booleans, f64.
DType computing_type(const Graph& graph, NodeId id);

/// INT8 or an 8-bit float: what a node computes in whose operands were quantised.
bool is_quantised(DType computing_type);

/// "INT8", "FP8", "FP16", "BF16", "FP32"; "other" for the rest.
std::string_view precision_name(DType dtype);

}  // namespace ingot
