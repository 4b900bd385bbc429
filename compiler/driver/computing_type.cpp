// In which type a node computes: see the header.
#include "compiler/driver/computing_type.h"

namespace ingot {
namespace {

DType precision_of(DType dtype) {
  switch (dtype) {
    case DType::kU8:
      return DType::kI8;
    case DType::kI8:
    case DType::kF8E4M3:
    case DType::kF8E5M2:
    case DType::kF16:
    case DType::kBF16:
    case DType::kF32:
      return dtype;
    default:
      return DType::kUndefined;
  }
}

}  // namespace

DType computing_type(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  for (ValueId input : node.inputs) {
    if (!input || graph.value(input).is_constant()) continue;
    const DType type = precision_of(graph.dtype(input));
    if (type != DType::kUndefined) return type;
  }
  for (ValueId output : node.outputs) {
    if (output) return precision_of(graph.dtype(output));
  }
  return DType::kUndefined;
}

bool is_quantised(DType computing_type) { return dtype_bits(computing_type) == 8; }

std::string_view precision_name(DType dtype) {
  switch (precision_of(dtype)) {
    case DType::kI8:
      return "INT8";
    case DType::kF8E4M3:
    case DType::kF8E5M2:
      return "FP8";
    case DType::kF16:
      return "FP16";
    case DType::kBF16:
      return "BF16";
    case DType::kF32:
      return "FP32";
    default:
      return "other";
  }
}

}  // namespace ingot
