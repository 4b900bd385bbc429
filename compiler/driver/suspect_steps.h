// Steps that compute wrongly: each step of an engine against the reference of its operator, on the
// same inputs, so that no rounding of other layers is in the way.
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/compilation.h"
#include "compiler/driver/samples.h"

namespace ingot {

struct SuspectStep {
  std::string tactic;
  std::vector<std::string> layers;  ///< ONNX nodes that it was made of
  DType type = DType::kUndefined;   ///< that it computes in
  double error = 0;                 ///< RMS of the differences over RMS of the reference's results
};

/// The steps whose results differ from the reference by more than the order of sums and the rounding
/// of results explain, worst first. Slow: references compute the whole network once.
std::vector<SuspectStep> suspect_steps(Compiler* compiler, const Compilation& compilation,
                                       const Sample& inputs);

}  // namespace ingot
