// Keeps quantised values that are never negative as u8.
#pragma once

#include "compiler/graph/graph.h"

namespace ingot {

/// QuantizeLinear to i8 with zero point 0 of a value that is never negative becomes
///
///   q = Pointwise(x) {expression=expr(min(mul(in0,1/s),127)), dtype=u8}
///
/// wherever everything that reads q, through moves, can read u8: the same integers, which kernels
/// for unsigned by signed bytes take without correction. A Relu, or a Clip from 0, that nothing but
/// such a rounding reads goes: saturation does its work.
void quantize_unsigned(Graph* graph);

}  // namespace ingot
