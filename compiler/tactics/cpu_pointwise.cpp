// cpu.pointwise: pointwise clusters and single elementwise operators by our own vector code, in
// whatever layout the neighbours like.
#include <fmt/core.h>

#include "compiler/tactics/cpu_support.h"

namespace ingot {
namespace {

Verdict supports(const TacticNode& node, const Target&) {
  const bool cluster = node.op() == "Pointwise";
  if (!cluster && node.node().op->traits.scalar == ScalarOp::kInput) {
    return Verdict::no(fmt::format("{} is no pointwise operation", node.op()));
  }
  if (node.output_count() != 1) return Verdict::no("more than one output");
  const DType result = node.output_dtype();
  // Clusters round and saturate; the operators of ONNX wrap around.
  const bool bytes = cluster && (result == DType::kI8 || result == DType::kU8);
  if (!bytes && !cpu_writes_from_float(result)) {
    return Verdict::no(fmt::format("{} results do not fit a float", dtype_name(result)));
  }
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) continue;
    const DType dtype = node.input_dtype(i);
    if (!cpu_reads_as_float(dtype)) {
      return Verdict::no(fmt::format("{} does not fit a float", dtype_name(dtype)));
    }
    // Comparing wide integers as floats would take near ones for equal.
    if (!cluster && (dtype == DType::kI64 || dtype == DType::kI32)) {
      return Verdict::no("wide integers are compared exactly");
    }
  }
  return sizes_known(node);
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const Shape shape = node.output_shape();
  std::vector<Candidate> result =
      windowed_candidates("cpu.pointwise", node, target, layouts_of_rank(shape.rank()));
  for (Candidate& candidate : result) {
    for (int i = 0; i < node.input_count(); ++i) {
      if (!node.has_input(i)) continue;
      const bool full = node.input_shape(i) == shape;
      // Smaller operands come plain whatever the layout.
      if (!full) candidate.inputs[static_cast<size_t>(i)] = Layout::kPlain;
      if (full && candidate.in_place_input < 0 && !node.is_constant(i) &&
          node.input_dtype(i) == node.output_dtype()) {
        candidate.in_place_input = i;
      }
    }
  }
  return result;
}

}  // namespace

extern const TacticDef kCpuPointwiseTactic = {
    .name = "cpu.pointwise",
    .summary = "Pointwise expressions, tile by tile in the first-level cache.",
    .ops = {},
    .supports = supports,
    .candidates = candidates,
};

}  // namespace ingot
