// Shape rules of subgraphs: the types of a program's outputs from those of its inputs, and what If,
// Loop and Scan make of them.
#pragma once

#include <vector>

#include "core/node/program.h"
#include "ops/infer.h"

namespace ingot {

/// Types of the outputs of `program`. Sizes that only a run knows get symbols that begin with
/// `name`. Results of small constants are computed.
std::vector<ValueType> infer_program(const Program& program,
                                     const std::vector<const ValueType*>& inputs,
                                     const std::string& name);

/// The subgraph in an attribute; throws Error ("op.missing_attribute") if there is none.
const Program& subgraph_of(const NodeAttributes& node, std::string_view attribute);

/// A type that both fit, for output i: equal dims stay, others become unknown; the same for
/// contents and constants. Fails where element types or ranks differ.
ValueType joined(InferContext& node, int i, const ValueType& a, const ValueType& b);

/// Runs the shape rule of a loop's body until the types of the carried values no longer change.
/// The body's inputs are `before`, the carried values, `after`; its outputs are `skipped` values,
/// the carried ones, and others. `carried` becomes what holds before and after any number of
/// iterations. Returns the types of the body's outputs.
std::vector<ValueType> infer_carried(InferContext& node, const Program& body,
                                     const std::vector<const ValueType*>& before,
                                     std::vector<ValueType>* carried,
                                     const std::vector<const ValueType*>& after, size_t skipped);

/// "captures": how many inputs at the end the body reads from outside, in the order of its last
/// inputs.
OpAttribute captures_attribute();

}  // namespace ingot
