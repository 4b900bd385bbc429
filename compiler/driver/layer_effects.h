// What a lower precision of single layers does to the outputs: simulated in FP32, in one engine whose
// layers can be switched to the lower precision one by one.
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/compilation.h"
#include "compiler/driver/output_tolerances.h"
#include "compiler/driver/samples.h"

namespace ingot {

struct LayerEffect {
  std::vector<std::string> layers;  ///< ONNX nodes that the node came from
  /// On FP32 inputs, where it is made: RMS of the differences over RMS of the FP32 results; a result
  /// that is not finite has an infinite error.
  double local = 0;
  /// On the outputs and their channels, if this layer alone is lower: OutputComparison::excesses of
  /// all outputs in a row. Estimated from `local` for layers of little local error where there are
  /// many.
  std::vector<double> excesses;
  double effect = 0;  ///< the largest of them
};

struct LayerEffects {
  std::vector<LayerEffect> layers;  ///< largest effect first
  double all = 0;                   ///< the effect on the outputs if all layers are lower
};

/// Of all nodes that `precisions` let compute in INT8 (kI8, or what else is placed) or in its 16-bit
/// float. Builds an engine of its own, quickly.
/// @param tolerance  0: by the kind of each output
LayerEffects layer_effects(Compiler* compiler, const Precisions& precisions, DType type,
                           const std::vector<Sample>& samples, double tolerance);

}  // namespace ingot
