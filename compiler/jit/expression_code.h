// Expressions as device code.
#pragma once

#include <string>
#include <string_view>

#include "core/node/expression.h"

namespace ingot {

/// The header that the code below needs; a line of a preamble, outside of any namespace.
inline constexpr std::string_view kExpressionHeader =
    "#include \"kernels/common/scalar_ops.cuh\"\n";

/// `__device__ inline VALUE NAME(const VALUE* in) { ... }`: input i of the expression is in[i]. It
/// stands in namespace ingot::kernels. `value` is the type that is computed in: "float", or, where
/// has_integer_code says so, "double" or "long long".
std::string expression_code(const Expression& expression, std::string_view name,
                            std::string_view value = "float");

/// Nothing but arithmetic and comparisons, which are for integers too.
bool has_integer_code(const Expression& expression);

}  // namespace ingot
