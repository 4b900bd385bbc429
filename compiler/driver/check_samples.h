// Which data an engine is checked with.
#pragma once

#include "compiler/driver/compilation.h"
#include "compiler/driver/samples.h"

namespace ingot {

struct CheckSamples {
  std::vector<Sample> samples;
  std::string words;    ///< what they are
  bool random = false;  ///< all of it
};

/// Lets `calibration.samples` keep copies of the first runs that it gives, since it gives them once.
void remember_samples(CalibrationOptions* calibration, int most, std::vector<Sample>* kept);

/// VerifyOptions::inputs, else its data, else the data of the calibration (`remembered` where a
/// function gives them), else random data (within
/// the ranges of the inputs where those are known), at the opt shapes of profile 0. At most
/// VerifyOptions::samples. Throws Error ("input.*", "sample.*").
CheckSamples choose_samples(const Compiler& compiler, const Plan& plan,
                            const QuantizationRanges* ranges,
                            const std::vector<Sample>& remembered);

}  // namespace ingot
