// What HannWindow, HammingWindow and BlackmanWindow share: a sum of cosines over the window.
#pragma once

#include "ops/float_tensor.h"

namespace ingot {

/// The shape rule: one axis with as many elements as the scalar input says.
void infer_signal_window(InferContext& node);

/// Element n is a0 - a1 * cos(2 pi n / N) + a2 * cos(4 pi n / N).
void evaluate_signal_window(Reference& node, double a0, double a1, double a2);

/// output_datatype and periodic.
std::vector<OpAttribute> signal_window_attributes();

}  // namespace ingot
