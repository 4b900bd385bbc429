// ScatterElements and ScatterND: data with some elements replaced by, or reduced with, updates.
#pragma once

#include "ops/reference.h"

namespace ingot {

/// Output 0 = input 0 with block k (of `block` elements, at offsets[k]) combined with the k-th
/// block of input 2 as the attribute "reduction" says.
void scatter_blocks(const Reference& node, const std::vector<int64_t>& offsets, int64_t block);

/// Checks types and "reduction"; output 0 gets the type of input 0; contents follow.
void infer_scatter(InferContext& node);

/// The attribute "reduction".
OpAttribute reduction_attribute();

}  // namespace ingot
