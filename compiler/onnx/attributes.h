// Attributes: from the wire to typed values, and held against what an operator defines.
#pragma once

#include "compiler/onnx/scope.h"

namespace ingot::onnx {

/// All attributes of the node but subgraphs, by their type in the file. Throws Error.
Attributes read_attributes(const NodeContext& context);

/// Makes attributes fit the definition: element types become dtypes, harmless remains of older
/// opsets go. Reports every unknown, missing or mistyped attribute; false if there was one.
bool fit_attributes(const OpDef& op, const NodeContext& context, Attributes& attributes);

}  // namespace ingot::onnx
