// Tolerances of outputs: see the header.
#include "compiler/driver/output_tolerances.h"

#include <algorithm>

#include "compiler/driver/computing_type.h"

namespace ingot {
namespace {

constexpr double kAtPlaces = 0.008;
constexpr int64_t kFewChannels = 256;

bool ends_at_places(const Graph& source, ValueId output) {
  const NodeId maker = source.producer(output);
  if (maker) {
    const Node& node = source.node(maker);
    if (node.is("Softmax") || node.is("LogSoftmax") || node.is("LayerNormalization")) return false;
  }
  const Shape shape = source.opt_shape(output);
  const int axis = channel_axis(shape);
  if (axis < 0 || shape[axis] > kFewChannels) return false;
  int64_t places = 1;
  for (int i = 1; i < shape.rank(); ++i) {
    if (i != axis) places *= shape[i];
  }
  return places >= 2 * shape[axis];
}

}  // namespace

double tolerance_of(DType lowest) {
  constexpr double kFp32 = 0.01, kFp16 = 0.02, kBf16 = 0.08, kEightBits = 0.1;
  switch (lowest) {
    case DType::kF32:
    case DType::kUndefined:
      return kFp32;
    case DType::kF16:
      return kFp16;
    case DType::kBF16:
      return kBf16;
    default:
      return kEightBits;
  }
}

OutputTolerances output_tolerances(const Graph& source, DType lowest, double given) {
  OutputTolerances result;
  for (size_t i = 0; i < source.outputs().size(); ++i) {
    double tolerance = given > 0 ? given : tolerance_of(lowest);
    if (given <= 0 && is_quantised(lowest) && ends_at_places(source, source.outputs()[i])) {
      tolerance = kAtPlaces;
    }
    result[source.output_name(static_cast<int>(i))] = tolerance;
  }
  return result;
}

int channel_axis(const Shape& shape) {
  constexpr int64_t kMostChannels = 1024;
  if (shape.rank() < 3) return -1;
  const int axis = shape.rank() == 3 && shape[2] < shape[1] ? 2 : 1;
  return shape[axis] <= kMostChannels ? axis : -1;
}

}  // namespace ingot
