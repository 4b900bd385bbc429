// Tactics of operators that indices drive: gathers, scatters, and tensors made from indices.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/tactics/cpu_support.h"
#include "compiler/tactics/gpu_copies.h"
#include "compiler/tactics/jit_support.h"

namespace ingot {
namespace {

/// Copies that are worth more than a kernel of gathers.
constexpr size_t kMostPieces = 12;

Verdict movable(const TacticNode& node) {
  if (dtype_bytes(node.output_dtype()) == 0) return Verdict::no("elements of less than a byte");
  return sizes_known(node);
}

Verdict supports_indices(const TacticNode& node, const Target&) {
  const DType indices = node.input_dtype(1);
  if (indices != DType::kI32 && indices != DType::kI64) {
    return Verdict::no(fmt::format("indices of type {}", dtype_name(indices)));
  }
  return movable(node);
}

Verdict supports_pick(const TacticNode& node, const Target&) {
  if (!node.is_constant(1)) return Verdict::no("the indices are computed at run time");
  const Tensor& indices = node.constant(1);
  if (indices.shape().rank() > 1) return Verdict::no("indices of more than one axis");
  if (indices.elements() > 1024) return Verdict::no("many indices");
  const Shape x = node.input_shape(0);
  const int64_t axis = node.attributes().integer("axis", 0);
  const int64_t length = x[static_cast<int>(axis < 0 ? axis + x.rank() : axis)];
  const std::vector<int64_t> all = indices.to_integers();
  if (std::any_of(all.begin(), all.end(),
                  [length](int64_t index) { return index < -length || index >= length; })) {
    return Verdict::no("an index outside the axis");
  }
  size_t pieces = 0;
  for (size_t i = 0; i < all.size(); ++pieces) {
    const int64_t step = i + 1 < all.size() ? all[i + 1] - all[i] : 0;
    for (++i; i < all.size() && all[i] - all[i - 1] == step;) ++i;
  }
  if (pieces > kMostPieces) return Verdict::no("indices in many uneven rows");
  return movable(node);
}

/// Data and output in this layout, indices plain.
Candidate indexed(std::string_view kind, const TacticNode& node, const Target& target,
                  Layout layout, KernelSource source) {
  Candidate candidate = make_jit_candidate(kind, node, target, layout, std::move(source));
  candidate.reads_windows = candidate.writes_windows = true;
  for (int i = 1; i < node.input_count(); ++i) {
    candidate.inputs[static_cast<size_t>(i)] = Layout::kPlain;
  }
  return candidate;
}

std::vector<Layout> layouts_of(const TacticNode& node) {
  return gpu_layouts(std::min(node.input_shape(0).rank(), node.output_shape().rank()));
}

std::vector<Candidate> gather_candidates(const TacticNode& node, const Target& target) {
  const std::string_view kind = node.op() == "Gather"     ? "jit.gather"
                                : node.op() == "GatherND" ? "jit.gather_nd"
                                                          : "jit.gather_elements";
  std::vector<Candidate> result;
  for (const Layout layout : layouts_of(node)) {
    result.push_back(indexed(kind, node, target, layout, {"ops/gather.cuh", ""}));
  }
  return result;
}

std::vector<Candidate> pick_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  for (const Layout layout : layouts_of(node)) {
    result.push_back(indexed("jit.pick", node, target, layout, move_source()));
  }
  return result;
}

Verdict supports_scatter(const TacticNode& node, const Target& target) {
  const std::string reduction = node.attributes().text("reduction", "none");
  if (reduction != "none" && kernel_type(node.output_dtype()).empty()) {
    return Verdict::no(fmt::format("no reduction of {}", dtype_name(node.output_dtype())));
  }
  if (reduction != "none" && node.output_dtype() == DType::kBool) {
    return Verdict::no("no reduction of bool");
  }
  return supports_indices(node, target);
}

std::vector<Candidate> scatter_candidates(const TacticNode& node, const Target& target) {
  const std::string reduction = node.attributes().text("reduction", "none");
  KernelSource source{"ops/scatter.cuh", ""};
  if (reduction != "none") {
    const char symbol = reduction == "add"   ? '+'
                        : reduction == "mul" ? '*'
                        : reduction == "min" ? '<'
                                             : '>';
    source = {"ops/scatter_reduce.cuh", fmt::format("namespace ingot::kernels {{\nusing T = {};\n"
                                                    "constexpr char kReduction = '{}';\n}}\n",
                                                    kernel_type(node.output_dtype()), symbol)};
  }
  Candidate candidate =
      indexed(node.op() == "ScatterND" ? "jit.scatter_nd" : "jit.scatter_elements", node, target,
              Layout::kPlain, std::move(source));
  add_kernel(&candidate, target, move_source(), "copy_cubin");
  candidate.in_place_input = 0;
  return {candidate};
}

Verdict supports_one_hot(const TacticNode& node, const Target&) {
  const DType indices = node.input_dtype(0);
  if (indices != DType::kI32 && indices != DType::kI64 && indices != DType::kF32) {
    return Verdict::no(fmt::format("indices of type {}", dtype_name(indices)));
  }
  return movable(node);
}

std::vector<Candidate> one_hot_candidates(const TacticNode& node, const Target& target) {
  Candidate candidate = make_jit_candidate(
      "jit.one_hot", node, target, Layout::kPlain,
      {"ops/one_hot.cuh", fmt::format("namespace ingot::kernels {{\nusing Index = {};\n}}\n",
                                      kernel_type(node.input_dtype(0)))});
  // The depth is the output's size: nobody reads it.
  if (!node.is_constant(1)) candidate.inputs[1] = Layout::kHost;
  return {candidate};
}

Verdict supports_range(const TacticNode& node, const Target&) {
  const std::string_view type = kernel_type(node.output_dtype());
  if (type.empty()) return Verdict::no(fmt::format("no {}", dtype_name(node.output_dtype())));
  return movable(node);
}

std::vector<Candidate> range_candidates(const TacticNode& node, const Target& target) {
  const DType dtype = node.output_dtype();
  Candidate candidate = make_jit_candidate(
      "jit.range", node, target, Layout::kPlain,
      {"ops/range.cuh",
       fmt::format("namespace ingot::kernels {{\nusing T = {};\nusing Number = {};\n}}\n",
                   kernel_type(dtype), is_float(dtype) ? "double" : "long long")});
  if (!node.is_constant(1)) candidate.inputs[1] = Layout::kHost;
  return {candidate};
}

Verdict supports_trilu(const TacticNode& node, const Target&) {
  if (node.input_count() > 1 && node.has_input(1) && !node.is_constant(1)) {
    return Verdict::no("which diagonal is computed at run time");
  }
  return movable(node);
}

std::vector<Candidate> trilu_candidates(const TacticNode& node, const Target& target) {
  Candidate candidate =
      make_jit_candidate("jit.trilu", node, target, Layout::kPlain, {"ops/diagonal.cuh", ""});
  candidate.in_place_input = 0;
  return {candidate};
}

Verdict supports_movable(const TacticNode& node, const Target&) { return movable(node); }

std::vector<Candidate> eye_like_candidates(const TacticNode& node, const Target& target) {
  return {
      make_jit_candidate("jit.eye_like", node, target, Layout::kPlain, {"ops/diagonal.cuh", ""})};
}

Verdict supports_reverse_sequence(const TacticNode& node, const Target&) {
  if (node.input_dtype(1) != DType::kI64) return Verdict::no("lengths that are not i64");
  return movable(node);
}

std::vector<Candidate> reverse_sequence_candidates(const TacticNode& node, const Target& target) {
  return {make_jit_candidate("jit.reverse_sequence", node, target, Layout::kPlain,
                             {"ops/reverse_sequence.cuh", ""})};
}

}  // namespace

extern const TacticDef kJitPickTactic = {
    .name = "jit.pick",
    .summary = "Gather with a few constant indices, by copying.",
    .ops = {"Gather"},
    .supports = supports_pick,
    .candidates = pick_candidates,
    .device = "cuda",
};

extern const TacticDef kJitGatherTactic = {
    .name = "jit.gather",
    .summary = "Gathers of all kinds; an index outside its axis gives zeros.",
    .ops = {"Gather", "GatherElements", "GatherND"},
    .supports = supports_indices,
    .candidates = gather_candidates,
    .device = "cuda",
};

extern const TacticDef kJitScatterTactic = {
    .name = "jit.scatter",
    .summary = "Scatters of all kinds, in place where they may; indices outside change nothing.",
    .ops = {"ScatterElements", "ScatterND"},
    .supports = supports_scatter,
    .candidates = scatter_candidates,
    .device = "cuda",
};

extern const TacticDef kJitOneHotTactic = {
    .name = "jit.one_hot",
    .summary = "OneHot along any axis.",
    .ops = {"OneHot"},
    .supports = supports_one_hot,
    .candidates = one_hot_candidates,
    .device = "cuda",
};

extern const TacticDef kJitRangeTactic = {
    .name = "jit.range",
    .summary = "Range of known length.",
    .ops = {"Range"},
    .supports = supports_range,
    .candidates = range_candidates,
    .device = "cuda",
};

extern const TacticDef kJitTriluTactic = {
    .name = "jit.trilu",
    .summary = "Trilu at a known diagonal.",
    .ops = {"Trilu"},
    .supports = supports_trilu,
    .candidates = trilu_candidates,
    .device = "cuda",
};

extern const TacticDef kJitEyeLikeTactic = {
    .name = "jit.eye_like",
    .summary = "EyeLike.",
    .ops = {"EyeLike"},
    .supports = supports_movable,
    .candidates = eye_like_candidates,
    .device = "cuda",
};

extern const TacticDef kJitReverseSequenceTactic = {
    .name = "jit.reverse_sequence",
    .summary = "ReverseSequence along either axis.",
    .ops = {"ReverseSequence"},
    .supports = supports_reverse_sequence,
    .candidates = reverse_sequence_candidates,
    .device = "cuda",
};

}  // namespace ingot
