// Constant weights that the model holds as 8-bit numbers: integers centred to i8, or 8-bit floats as
// they are, with a scale for each output channel.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace ingot {

/// Constants behind a DequantizeLinear, seen through transposes and reshapes, element by element:
/// what it gives is integers * scales.
struct DequantizedConstant {
  Tensor integers;           ///< f32: the numbers, zero points subtracted
  Tensor scales;             ///< f32, one for each element
  DType dtype = DType::kI8;  ///< of the 8-bit numbers: i8, u8, f8e4m3
};

/// Nothing where `value` is not made from constants by one DequantizeLinear of 8-bit numbers and
/// nodes that move.
std::optional<DequantizedConstant> dequantized_constant(const Graph& graph, ValueId value);

/// How weights lie: which axis counts output channels.
enum class WeightKind {
  kConv,           ///< [filters, channels / group, kernel...]
  kConvTranspose,  ///< [channels, filters / group, kernel...]
  kMatMul,         ///< [..., inner, columns]
};

struct QuantizedWeights {
  Tensor values;              ///< i8, or f8e4m3
  std::vector<float> scales;  ///< one for each output channel
  std::string why_not;        ///< set where no such form gives the same numbers
};

/// `groups` of a ConvTranspose, else 1.
QuantizedWeights quantized_weights(const DequantizedConstant& constant, WeightKind kind,
                                   int64_t groups);

/// The tensor with its last two axes swapped.
Tensor with_swapped_axes(const Tensor& tensor);

}  // namespace ingot
