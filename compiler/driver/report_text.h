// The reports of a build for people.
#pragma once

#include <string>

#include "ingot/precision.h"

namespace ingot {

/// One output of an accuracy report.
std::string output_line(const OutputAccuracy& output);

}  // namespace ingot
