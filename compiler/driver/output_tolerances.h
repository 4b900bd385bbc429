// How far each output of an engine may be from FP32.
#pragma once

#include <map>
#include <string>

#include "compiler/graph/graph.h"

namespace ingot {

/// By name of an output: the largest relative error (RMS).
using OutputTolerances = std::map<std::string, double>;

/// What a precision may cost: FP16 2 %, BF16 8 %, INT8 and FP8 10 %, FP32 (TF32 on a GPU) 1 %. In 8 bits
/// outputs of numbers at places (boxes and their scores, maps of a segmentation) have less: a box
/// whose edges are a hundredth off has lost its overlap. They have three axes or more, few channels,
/// many places, and do not end in probabilities or a normalisation, as texts do.
/// @param given  of the user, for all outputs; 0: by the rule above
OutputTolerances output_tolerances(const Graph& source, DType lowest, double given);

/// Of the rule, for outputs without places.
double tolerance_of(DType lowest);

/// The axis of an output of this shape that counts channels: few numbers at many places. Axis 1, of
/// three axes the shorter of the last two; -1: it has none.
int channel_axis(const Shape& shape);

}  // namespace ingot
