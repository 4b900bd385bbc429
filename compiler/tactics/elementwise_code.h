// What a pointwise or elementwise node computes at one point, as device code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/tactics/tactic.h"

namespace ingot {

struct ElementwiseCode {
  std::string code;        ///< `VALUE pointwise_expression(const VALUE* in)`
  std::vector<bool> read;  ///< inputs that it reads
};

/// Expressions of any node whose operator is a scalar operation, and operators that are none (Mod,
/// Tan, Selu, BitwiseAnd, ...), computed in `value` ("float", "double", "long long"). No code if the
/// operator is not elementwise, or not done in that type.
ElementwiseCode elementwise_code(const TacticNode& node, std::string_view value);

/// The code of an expression over `inputs` inputs.
ElementwiseCode elementwise_code(const Expression& expression, size_t inputs,
                                 std::string_view value);

}  // namespace ingot
