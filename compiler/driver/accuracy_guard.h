// Keeps the accuracy of an engine: checks it, and moves nodes to a higher precision where it fails.
#pragma once

#include "compiler/driver/choose_engine.h"
#include "compiler/driver/samples.h"

namespace ingot {

/// Checks the engine as BuildOptions::verify says, and where it fails on data that mean something
/// moves the nodes with the largest errors to a higher precision and chooses the engine anew. INT8 on
/// random data is not judged by that: ranges are of real data. Fills result->accuracy and warns
/// ("accuracy.not_reached", "verify.run_failed"); VerifyMode::kStrict throws instead.
/// @param remembered  see choose_samples
void guard_accuracy(Compiler* compiler, const Precisions& allowed, ChosenEngine* engine,
                    const std::vector<Sample>& remembered, BuildResult* result);

}  // namespace ingot
