// From what a user allows to what the builder may do here: the device's types, and for INT8 the
// ranges or the model's own quantisation.
#pragma once

#include "compiler/driver/compilation.h"

namespace ingot {

/// The permissions of the options, no node excepted. What the device lacks, and INT8 without
/// ranges, is told and left out.
/// @param graph  the model, with its profiles applied
Precisions permitted_precisions(const Model& model, const Graph& graph, const BuildOptions& options,
                                const Target& target, std::vector<Problem>* warnings);

/// The 16-bit float that the device computes in and the user allows; kUndefined: none.
DType small_float(const BuildOptions& options, const Target& target);

/// The model has QuantizeLinear, DequantizeLinear or integer products of its own.
bool quantises_itself(const Graph& graph);

}  // namespace ingot
