// Which precisions the layers of an engine compute in, and why some stayed higher than allowed.
#pragma once

#include <map>
#include <string>

#include "compiler/driver/compilation.h"

namespace ingot {

/// Why nodes were taken out of INT8 or 16 bits by the build itself, by name of an ONNX node.
using Reasons = std::map<std::string, std::string>;

/// Counts the steps by what they compute in, and groups what stayed higher than `allowed` by reason:
/// the one in `taken_out`, what a pass said of the node, else what is known of its operator.
PrecisionReport report_precisions(const Compilation& compilation, const Precisions& allowed,
                                  const Reasons& taken_out);

/// A permission that no layer uses is told: "precision.not_used".
void tell_unused_permissions(const PrecisionReport& report, const BuildOptions& options,
                             const Precisions& allowed, std::vector<Problem>* warnings);

}  // namespace ingot
