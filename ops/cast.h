// What Cast and CastLike share.
#pragma once

#include "ops/infer.h"

namespace ingot {

/// Output 0 = input 0 as `to`; integer contents are kept.
void infer_cast(InferContext& node, DType to);

}  // namespace ingot
