// Integer convolutions as steps: what the products over windows and the depthwise kernel share.
#pragma once

#include "runtime/cpu/integer/product.h"

namespace ingot {

struct IntegerConv {
  IntegerWindows windows;
  IntegerWeights weights;
};

/// The geometry of a Conv or ConvTranspose step (attribute "op") of 8-bit integers, channels last.
/// Throws Error ("step.unsupported") for another.
IntegerConv integer_conv(const StepContext& context);

}  // namespace ingot
