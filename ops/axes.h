// Axes given as an input or attribute: normalised, checked, sorted.
#pragma once

#include <vector>

#include "ops/infer.h"
#include "ops/reference.h"

namespace ingot {

/// Each axis made positive; throws Error ("op.bad_axis") for one out of range or given twice.
std::vector<int> normalize_axes(const std::vector<int64_t>& axes, int rank, std::string_view op);

/// The axes in input `i`, which must be known when shapes are; throws Error ("op.unknown_axes").
std::vector<int64_t> known_axes(const InferContext& node, int i);

/// Fails with "op.bad_attribute" unless the text attribute is one of these.
void require_one_of(const InferContext& node, std::string_view attribute,
                    std::initializer_list<std::string_view> allowed);

}  // namespace ingot
