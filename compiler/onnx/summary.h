// What an ONNX file says of itself, readable also where it cannot be built.
#pragma once

#include <string>

#include "ingot/builder.h"

namespace ingot {

/// Throws Error for what is no ONNX file ("file.*", "onnx.not_onnx", "onnx.truncated", ...).
ModelSummary summarize_onnx(const std::string& path);

}  // namespace ingot
