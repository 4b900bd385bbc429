// The ranges that calibration found, as plain data: which scale quantises which tensor of the model.
#pragma once

#include <map>
#include <string>

namespace ingot {

/// Symmetric INT8: q = clamp(round(x / scale), -128, 127), so that scale = threshold / 127.
struct QuantizationRanges {
  std::map<std::string, float> scales;  ///< by the name of the ONNX tensor; finite and positive
};

}  // namespace ingot
