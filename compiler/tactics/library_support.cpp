// Types, ranks, and what extras of epilogues can be.
#include "compiler/tactics/library_support.h"

#include "compiler/tactics/jit_pointwise.h"
#include "compiler/tactics/jit_support.h"

#include <fmt/core.h>

#include <algorithm>

namespace ingot {
namespace {

constexpr int64_t kMaxWorkspace = int64_t{256} << 20;

}  // namespace

Verdict library_computes(DType dtype, const Target& target) {
  switch (dtype) {
    case DType::kF32:
    case DType::kF16:
      return Verdict::yes();
    case DType::kBF16:
      if (target.gpu.compute_capability >= 80) return Verdict::yes();
      return Verdict::no("bf16 needs a GPU of compute capability 8.0");
    default:
      return Verdict::no(fmt::format("type {}", dtype_name(dtype)));
  }
}

int library_ranks(const Target& target) {
  if (target.optimization_level <= 1) return 1;
  if (target.optimization_level == 2) return 4;
  return target.optimization_level == 3 ? 8 : 12;
}

void set_library_choice(Candidate* candidate, const Target& target, int rank) {
  candidate->searches = true;
  Attributes& attributes = candidate->attributes;
  attributes.set("rank", int64_t{rank});
  attributes.set("workspace_limit", target.workspace_bytes < 0
                                        ? kMaxWorkspace
                                        : std::min(target.workspace_bytes, kMaxWorkspace));
  attributes.set("allow_tf32", int64_t{target.gpu.allow_tf32});
}

bool add_tail(Candidate* candidate, const TacticNode& node, const Target& target, int first_extra,
              const Expression& tail, int bias, DType sums) {
  std::vector<DType> types(static_cast<size_t>(tail.input_count()), DType::kUndefined);
  types[0] = sums == DType::kUndefined ? node.output_dtype() : sums;
  for (const ExpressionNode& read : tail.nodes()) {
    if (read.op != ScalarOp::kInput || read.index == 0) continue;
    const int input = first_extra - 1 + (read.index == bias ? 0 : read.index);
    types[static_cast<size_t>(read.index)] = node.input_dtype(input);
  }
  if (!pointwise_refusal(tail, types, node.output_dtype()).empty()) return false;
  candidate->attributes.set("tail", tail);
  candidate->attributes.set("tail_bias", int64_t{bias});
  add_kernel(candidate, target, pointwise_source(tail, types, node.output_dtype()), "pointwise");
  return true;
}

Addend addend_of(const TacticNode& node, int first_extra, int extra, int channel_axis) {
  const int input = first_extra - 1 + extra;
  if (input >= node.input_count() || !node.has_input(input)) return Addend::kNone;
  if (node.input_dtype(input) != node.output_dtype()) return Addend::kNone;
  const Shape shape = node.input_shape(input), output = node.output_shape();
  if (shape == output && output.rank() > 1) return Addend::kResidual;
  const int axis = channel_axis - (output.rank() - shape.rank());
  if (axis < 0 || shape[axis] != output[channel_axis]) return Addend::kNone;
  return shape.elements() == output[channel_axis] ? Addend::kBias : Addend::kNone;
}

}  // namespace ingot
