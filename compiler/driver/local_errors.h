// Which nodes a lower precision hurts most: each computes on the same FP32 inputs in FP32 and in the
// lower precision, in one engine, and the two results are compared where they are made.
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/compilation.h"
#include "compiler/driver/samples.h"

namespace ingot {

struct LocalError {
  std::vector<std::string> layers;  ///< ONNX nodes that the node came from
  double error = 0;                 ///< RMS of the differences over RMS of the FP32 results
};

/// Of all nodes that `precisions` let compute in INT8 (kI8) or in its 16-bit float, largest first;
/// a result that is not finite has an infinite error. Builds an engine of its own, quickly.
std::vector<LocalError> local_errors(Compiler* compiler, const Precisions& precisions, DType type,
                                     const std::vector<Sample>& samples);

}  // namespace ingot
