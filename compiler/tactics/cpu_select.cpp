// Tactics of operators that search, sort, index, compare and convert, all on plain tensors.
#include <fmt/core.h>

#include "compiler/tactics/cpu_support.h"

namespace ingot {
namespace {

Verdict supports_topk(const TacticNode& node, const Target&) {
  const int rank = node.input_shape(0).rank();
  const int64_t axis = node.attributes().integer("axis", -1);
  if (node.input_dtype(0) != DType::kF32) return Verdict::no("not f32");
  if (axis != -1 && axis != rank - 1) return Verdict::no("not along the last axis");
  return sizes_known(node);
}

Verdict supports_nms(const TacticNode& node, const Target&) {
  if (node.input_dtype(0) != DType::kF32 || node.input_dtype(1) != DType::kF32) {
    return Verdict::no("boxes and scores are not f32");
  }
  return Verdict::yes();
}

Verdict supports_gather_elements(const TacticNode& node, const Target&) {
  if (dtype_bytes(node.input_dtype(0)) == 0) return Verdict::no("elements of less than a byte");
  return sizes_known(node);
}

Verdict supports_scatter_nd(const TacticNode& node, const Target&) {
  if (node.attributes().text("reduction", "none") != "none") return Verdict::no("a reduction");
  const Shape indices = node.input_shape(1);
  if (indices.rank() == 0 || indices[indices.rank() - 1] == 0) return Verdict::no("empty tuples");
  if (dtype_bytes(node.input_dtype(0)) == 0) return Verdict::no("elements of less than a byte");
  return sizes_known(node);
}

Verdict supports_cumsum(const TacticNode& node, const Target&) {
  const DType dtype = node.input_dtype(0);
  if (dtype != DType::kF32 && dtype != DType::kI32 && dtype != DType::kI64) {
    return Verdict::no(fmt::format("no sums of {}", dtype_name(dtype)));
  }
  if (!node.is_constant(1)) return Verdict::no("an axis computed at run time");
  return sizes_known(node);
}

Verdict supports_cast(const TacticNode& node, const Target&) {
  if (dtype_bytes(node.input_dtype(0)) == 0 || dtype_bytes(node.output_dtype()) == 0) {
    return Verdict::no("elements of less than a byte");
  }
  return sizes_known(node);
}

Verdict supports_compare(const TacticNode& node, const Target&) {
  switch (node.input_dtype(0)) {
    case DType::kI32:
    case DType::kI64:
    case DType::kF64:
    case DType::kU8:
    case DType::kBool:
      return sizes_known(node);
    default:
      return Verdict::no(fmt::format("no comparison of {}", dtype_name(node.input_dtype(0))));
  }
}

Verdict supports_arg_reduce(const TacticNode& node, const Target&) {
  if (node.input_dtype(0) != DType::kF32) return Verdict::no("not f32");
  return sizes_known(node);
}

/// Everything plain and dense.
template <const TacticDef& kTactic>
std::vector<Candidate> plain(const TacticNode& node, const Target& target) {
  return {make_candidate(kTactic.name, node, target, Layout::kPlain)};
}

template <const TacticDef& kTactic>
std::vector<Candidate> plain_in_place(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result = plain<kTactic>(node, target);
  if (node.input_dtype(0) == node.output_dtype()) result[0].in_place_input = 0;
  return result;
}
std::vector<Candidate> cast_candidates(const TacticNode& node, const Target& target);
}  // namespace

extern const TacticDef kCpuCastTactic = {
    .name = "cpu.cast",
    .summary = "Conversion to another type.",
    .ops = {"Cast"},
    .supports = supports_cast,
    .candidates = cast_candidates,
};

namespace {

/// Conversions of floats keep any layout; the others know dense tensors only.
std::vector<Candidate> cast_candidates(const TacticNode& node, const Target& target) {
  const bool floats = is_float(node.input_dtype(0)) && cpu_reads_as_float(node.input_dtype(0)) &&
                      cpu_writes_from_float(node.output_dtype());
  if (!floats) {
    return {make_candidate("cpu.cast", node, target, Layout::kPlain)};
  }
  return windowed_candidates("cpu.cast", node, target, layouts_of_rank(node.output_shape().rank()));
}

}  // namespace

extern const TacticDef kCpuTopKTactic = {
    .name = "cpu.topk",
    .summary = "TopK along the last axis, one walk and a short list.",
    .ops = {"TopK"},
    .supports = supports_topk,
    .candidates = plain<kCpuTopKTactic>,
};

extern const TacticDef kCpuNmsTactic = {
    .name = "cpu.nms",
    .summary = "NonMaxSuppression against vectors of kept boxes.",
    .ops = {"NonMaxSuppression"},
    .supports = supports_nms,
    .candidates = plain<kCpuNmsTactic>,
};

extern const TacticDef kCpuGatherElementsTactic = {
    .name = "cpu.gather_elements",
    .summary = "GatherElements on elements of any type.",
    .ops = {"GatherElements"},
    .supports = supports_gather_elements,
    .candidates = plain<kCpuGatherElementsTactic>,
};

extern const TacticDef kCpuScatterNDTactic = {
    .name = "cpu.scatter_nd",
    .summary = "ScatterND without a reduction, in place where it may.",
    .ops = {"ScatterND"},
    .supports = supports_scatter_nd,
    .candidates = plain_in_place<kCpuScatterNDTactic>,
};

extern const TacticDef kCpuCumSumTactic = {
    .name = "cpu.cumsum",
    .summary = "CumSum along any axis.",
    .ops = {"CumSum"},
    .supports = supports_cumsum,
    .candidates = plain<kCpuCumSumTactic>,
};

extern const TacticDef kCpuCompareTactic = {
    .name = "cpu.compare",
    .summary = "Exact comparisons of integers and doubles.",
    .ops = {"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"},
    .supports = supports_compare,
    .candidates = plain<kCpuCompareTactic>,
};

extern const TacticDef kCpuArgReduceTactic = {
    .name = "cpu.arg_reduce",
    .summary = "ArgMax and ArgMin along any axis.",
    .ops = {"ArgMax", "ArgMin"},
    .supports = supports_arg_reduce,
    .candidates = plain<kCpuArgReduceTactic>,
};

}  // namespace ingot
