// Tactics of operators that only move elements: all of them launch the kernel of moves, which takes
// any strides, so that layouts and windows are free to choose.
#include <fmt/core.h>

#include "compiler/tactics/cpu_support.h"
#include "compiler/tactics/gpu_copies.h"
#include "compiler/tactics/jit_support.h"

namespace ingot {
namespace {

Verdict movable(const TacticNode& node) {
  if (dtype_bytes(node.output_dtype()) == 0 && node.output_dtype() != DType::kUndefined) {
    return Verdict::no("elements of less than a byte");
  }
  return sizes_known(node);
}

/// Movable, and these inputs are constants where they are given.
Verdict with_constants(const TacticNode& node, std::initializer_list<int> inputs) {
  for (const int i : inputs) {
    if (i < node.input_count() && node.has_input(i) && !node.is_constant(i)) {
      return Verdict::no(fmt::format("input {} is computed at run time", i));
    }
  }
  return movable(node);
}

/// A candidate whose first `data_inputs` inputs come in `in`, and all outputs go in `out`. Of the
/// others only sizes matter, which are known: they may stay in the host's memory.
Candidate move(std::string_view kind, const TacticNode& node, const Target& target, Layout in,
               Layout out, int data_inputs) {
  std::string params;
  if (in != out) params = fmt::format("from_{}", layout_name(in));
  Candidate candidate = make_jit_candidate(kind, node, target, out, move_source(), params);
  candidate.reads_windows = candidate.writes_windows = true;
  for (int i = 0; i < node.input_count(); ++i) {
    const bool constant = !node.has_input(i) || node.is_constant(i);
    const Layout unread = constant ? Layout::kPlain : Layout::kHost;
    candidate.inputs[static_cast<size_t>(i)] = i < data_inputs && !constant ? in
                                               : i < data_inputs            ? Layout::kPlain
                                                                            : unread;
  }
  return candidate;
}

std::vector<Candidate> in_each(std::string_view kind, const TacticNode& node, const Target& target,
                               int rank, int data_inputs) {
  std::vector<Candidate> result;
  for (const Layout layout : gpu_layouts(rank)) {
    result.push_back(move(kind, node, target, layout, layout, data_inputs));
  }
  return result;
}

/// Also from each layout to each: a conversion at no cost.
std::vector<Candidate> from_each_to_each(std::string_view kind, const TacticNode& node,
                                         const Target& target, int rank) {
  std::vector<Candidate> result;
  const std::vector<Layout> layouts = gpu_layouts(rank);
  for (const Layout in : layouts) {
    if (node.is_constant(0) && in != Layout::kPlain) continue;
    for (const Layout out : layouts) result.push_back(move(kind, node, target, in, out, 1));
  }
  return result;
}

Verdict supports_any(const TacticNode& node, const Target&) { return movable(node); }

Verdict supports_split(const TacticNode& node, const Target&) {
  for (int i = 0; i < node.output_count(); ++i) {
    if (node.node().outputs[static_cast<size_t>(i)]) continue;
    // Only then are the sizes of the parts not all seen.
    const Verdict verdict = with_constants(node, {1});
    if (!verdict.ok) return verdict;
  }
  if (dtype_bytes(node.input_dtype(0)) == 0) return Verdict::no("elements of less than a byte");
  return sizes_known(node);
}

Verdict supports_slice(const TacticNode& node, const Target&) {
  return with_constants(node, {1, 3, 4});
}

Verdict supports_pad(const TacticNode& node, const Target&) { return with_constants(node, {1, 3}); }

std::vector<Candidate> concat_candidates(const TacticNode& node, const Target& target) {
  return in_each("jit.concat", node, target, node.output_shape().rank(), node.input_count());
}

std::vector<Candidate> split_candidates(const TacticNode& node, const Target& target) {
  return in_each("jit.split", node, target, node.input_shape(0).rank(), 1);
}

std::vector<Candidate> slice_candidates(const TacticNode& node, const Target& target) {
  return in_each("jit.slice", node, target, node.output_shape().rank(), 1);
}

/// The permutation that puts axis 1 last.
std::vector<int64_t> to_channels_last(int rank) {
  std::vector<int64_t> perm = {0};
  for (int axis = 2; axis < rank; ++axis) perm.push_back(axis);
  perm.push_back(1);
  return perm;
}

std::vector<Candidate> transpose_candidates(const TacticNode& node, const Target& target) {
  const int rank = node.output_shape().rank();
  std::vector<Candidate> result = from_each_to_each("jit.transpose", node, target, rank);
  if (rank < 3 || node.is_constant(0)) return result;
  const std::vector<int64_t> perm = node.attributes().integers("perm");
  const std::vector<int64_t> to_last = to_channels_last(rank);
  std::vector<int64_t> from_last(to_last.size());
  for (size_t i = 0; i < to_last.size(); ++i) {
    from_last[static_cast<size_t>(to_last[i])] = static_cast<int64_t>(i);
  }
  for (Candidate& candidate : result) {
    // The layout has already put the axes into the order that is asked for.
    const bool reads_last = candidate.inputs[0] == Layout::kChannelsLast;
    const bool writes_last = candidate.outputs[0] == Layout::kChannelsLast;
    candidate.same_bytes = (perm == to_last && reads_last && !writes_last) ||
                           (perm == from_last && !reads_last && writes_last);
  }
  return result;
}

std::vector<Candidate> pad_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result = in_each("jit.pad", node, target, node.output_shape().rank(), 1);
  // The padding itself is read on the device.
  for (Candidate& candidate : result) {
    if (node.input_count() > 2) candidate.inputs[2] = Layout::kPlain;
  }
  return result;
}

std::vector<Candidate> expand_candidates(const TacticNode& node, const Target& target) {
  const int rank = node.output_shape().rank();
  // Channels are the same axis on both sides only if the ranks are equal.
  return in_each("jit.expand", node, target, node.input_shape(0).rank() == rank ? rank : 0, 1);
}

std::vector<Candidate> tile_candidates(const TacticNode& node, const Target& target) {
  return in_each("jit.tile", node, target, node.output_shape().rank(), 1);
}

std::vector<Candidate> depth_to_space_candidates(const TacticNode& node, const Target& target) {
  return from_each_to_each("jit.depth_to_space", node, target, node.output_shape().rank());
}

std::vector<Candidate> space_to_depth_candidates(const TacticNode& node, const Target& target) {
  return from_each_to_each("jit.space_to_depth", node, target, node.output_shape().rank());
}

std::vector<Candidate> constant_of_shape_candidates(const TacticNode& node, const Target& target) {
  return in_each("jit.constant_of_shape", node, target, node.output_shape().rank(), 0);
}

}  // namespace

extern const TacticDef kJitConcatTactic = {
    .name = "jit.concat",
    .summary = "Concat by copying all tensors to their places at once.",
    .ops = {"Concat"},
    .supports = supports_any,
    .candidates = concat_candidates,
    .device = "cuda",
};

extern const TacticDef kJitSplitTactic = {
    .name = "jit.split",
    .summary = "Split by copying all parts at once.",
    .ops = {"Split"},
    .supports = supports_split,
    .candidates = split_candidates,
    .device = "cuda",
};

extern const TacticDef kJitSliceTactic = {
    .name = "jit.slice",
    .summary = "Slice with known bounds by a strided copy.",
    .ops = {"Slice"},
    .supports = supports_slice,
    .candidates = slice_candidates,
    .device = "cuda",
};

extern const TacticDef kJitTransposeTactic = {
    .name = "jit.transpose",
    .summary = "Transpose by tiles in shared memory, from each layout to each.",
    .ops = {"Transpose"},
    .supports = supports_any,
    .candidates = transpose_candidates,
    .device = "cuda",
};

extern const TacticDef kJitPadTactic = {
    .name = "jit.pad",
    .summary = "Pad by one copy, and the border filled or copied.",
    .ops = {"Pad"},
    .supports = supports_pad,
    .candidates = pad_candidates,
    .device = "cuda",
};

extern const TacticDef kJitExpandTactic = {
    .name = "jit.expand",
    .summary = "Expand by a copy with steps of zero.",
    .ops = {"Expand"},
    .supports = supports_any,
    .candidates = expand_candidates,
    .device = "cuda",
};

extern const TacticDef kJitTileTactic = {
    .name = "jit.tile",
    .summary = "Tile by a copy with steps of zero.",
    .ops = {"Tile"},
    .supports = supports_any,
    .candidates = tile_candidates,
    .device = "cuda",
};

extern const TacticDef kJitDepthToSpaceTactic = {
    .name = "jit.depth_to_space",
    .summary = "DepthToSpace by a strided copy, from each layout to each.",
    .ops = {"DepthToSpace"},
    .supports = supports_any,
    .candidates = depth_to_space_candidates,
    .device = "cuda",
};

extern const TacticDef kJitSpaceToDepthTactic = {
    .name = "jit.space_to_depth",
    .summary = "SpaceToDepth by a strided copy, from each layout to each.",
    .ops = {"SpaceToDepth"},
    .supports = supports_any,
    .candidates = space_to_depth_candidates,
    .device = "cuda",
};

extern const TacticDef kJitConstantOfShapeTactic = {
    .name = "jit.constant_of_shape",
    .summary = "ConstantOfShape by filling memory.",
    .ops = {"ConstantOfShape"},
    .supports = supports_any,
    .candidates = constant_of_shape_candidates,
    .device = "cuda",
};

}  // namespace ingot
