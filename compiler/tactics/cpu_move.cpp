// Tactics of operators that only move elements: joins and cuts in every layout, rearrangements of
// plain and channels-last tensors.
#include <fmt/core.h>

#include "compiler/tactics/cpu_support.h"

namespace ingot {
namespace {

Verdict movable(const TacticNode& node) {
  if (dtype_bytes(node.output_dtype()) == 0) return Verdict::no("elements of less than a byte");
  return sizes_known(node);
}

Verdict constants_from(const TacticNode& node, int first) {
  for (int i = first; i < node.input_count(); ++i) {
    if (node.has_input(i) && !node.is_constant(i)) {
      return Verdict::no(fmt::format("input {} is computed at run time", i));
    }
  }
  return movable(node);
}

int axis_of(const TacticNode& node, int rank) {
  const int64_t axis = node.attributes().integer("axis", 0);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

/// Layouts that may be cut along `axis` at every multiple of these sizes.
std::vector<Layout> layouts_for_pieces(int rank, int axis, const std::vector<int64_t>& sizes) {
  std::vector<Layout> result;
  for (const Layout layout : layouts_of_rank(rank)) {
    bool fits = true;
    // The last piece may end within a block; the others may not.
    for (size_t i = 0; axis == 1 && i + 1 < sizes.size(); ++i) {
      fits = fits && sizes[i] % layout_block(layout) == 0;
    }
    if (fits) result.push_back(layout);
  }
  return result;
}

/// The layout for every data input and every output, constants excepted.
std::vector<Candidate> all_in(std::string_view kind, const TacticNode& node, const Target& target,
                              const std::vector<Layout>& layouts, int data_inputs) {
  std::vector<Candidate> result = windowed_candidates(kind, node, target, layouts);
  for (size_t k = 0; k < result.size(); ++k) {
    for (int i = 0; i < node.input_count(); ++i) {
      const bool data = i < data_inputs && node.has_input(i) && !node.is_constant(i);
      result[k].inputs[static_cast<size_t>(i)] = data ? layouts[k] : Layout::kPlain;
    }
  }
  return result;
}

std::vector<Layout> strided_layouts(int rank) {
  if (rank < 3) return {Layout::kPlain};
  return {Layout::kPlain, Layout::kChannelsLast};
}

Verdict supports_any(const TacticNode& node, const Target&) { return movable(node); }

Verdict supports_split(const TacticNode& node, const Target&) {
  for (int i = 0; i < node.output_count(); ++i) {
    if (!node.node().outputs[static_cast<size_t>(i)])
      return Verdict::no("a part that nobody reads");
  }
  return constants_from(node, 1);
}

Verdict supports_slice(const TacticNode& node, const Target&) { return constants_from(node, 1); }

Verdict supports_pad(const TacticNode& node, const Target&) {
  if (node.attributes().text("mode", "constant") != "constant") {
    return Verdict::no("the padding is no constant");
  }
  return constants_from(node, 1);
}

std::vector<Candidate> concat_candidates(const TacticNode& node, const Target& target) {
  const int rank = node.output_shape().rank(), axis = axis_of(node, rank);
  std::vector<int64_t> sizes;
  for (int i = 0; i < node.input_count(); ++i) sizes.push_back(node.input_shape(i)[axis]);
  return all_in("cpu.concat", node, target, layouts_for_pieces(rank, axis, sizes),
                node.input_count());
}

std::vector<Candidate> split_candidates(const TacticNode& node, const Target& target) {
  const int rank = node.input_shape(0).rank(), axis = axis_of(node, rank);
  std::vector<int64_t> sizes;
  for (int i = 0; i < node.output_count(); ++i) sizes.push_back(node.output_shape(i)[axis]);
  return all_in("cpu.split", node, target, layouts_for_pieces(rank, axis, sizes), 1);
}

/// Steps other than 1 along the channels, or a start within a block, ask for unblocked layouts.
bool keeps_blocks(const TacticNode& node) {
  const std::vector<int64_t> starts = node.constant(1).to_integers();
  std::vector<int64_t> axes(starts.size()), steps(starts.size(), 1);
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(i);
  if (node.has_input(3)) axes = node.constant(3).to_integers();
  if (node.has_input(4)) steps = node.constant(4).to_integers();
  const Shape shape = node.input_shape(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + shape.rank() : axes[i];
    if (axis != 1) continue;
    const int64_t start = starts[i] < 0 ? starts[i] + shape[1] : starts[i];
    if (steps[i] != 1 || start % 16 != 0 || start > shape[1] || start < 0) return false;
  }
  return true;
}

std::vector<Candidate> slice_candidates(const TacticNode& node, const Target& target) {
  const int rank = node.output_shape().rank();
  return all_in("cpu.slice", node, target,
                keeps_blocks(node) ? layouts_of_rank(rank) : strided_layouts(rank), 1);
}

std::vector<Candidate> transpose_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result = all_in("cpu.transpose", node, target, {Layout::kPlain}, 1);
  const std::vector<int64_t> perm = node.attributes().integers("perm");
  // To or from channels-last order the bytes already lie as wanted, if the layout says so.
  const bool to_last = perm == std::vector<int64_t>{0, 2, 3, 1};
  const bool from_last = perm == std::vector<int64_t>{0, 3, 1, 2};
  if ((to_last || from_last) && !node.is_constant(0)) {
    Candidate candidate = make_candidate("cpu.transpose", node, target, Layout::kPlain,
                                         to_last ? "from_nhwc" : "to_nhwc");
    (to_last ? candidate.inputs[0] : candidate.outputs[0]) = Layout::kChannelsLast;
    candidate.same_bytes = true;
    result.push_back(std::move(candidate));
  }
  return result;
}

std::vector<Candidate> pad_candidates(const TacticNode& node, const Target& target) {
  return all_in("cpu.pad", node, target, strided_layouts(node.output_shape().rank()), 1);
}

std::vector<Candidate> expand_candidates(const TacticNode& node, const Target& target) {
  return all_in("cpu.expand", node, target, {Layout::kPlain}, 1);
}

std::vector<Candidate> tile_candidates(const TacticNode& node, const Target& target) {
  return all_in("cpu.tile", node, target, strided_layouts(node.output_shape().rank()), 1);
}

std::vector<Candidate> gather_candidates(const TacticNode& node, const Target& target) {
  return {make_candidate("cpu.gather", node, target, Layout::kPlain)};
}

std::vector<Candidate> where_candidates(const TacticNode& node, const Target& target) {
  return all_in("cpu.where", node, target, {Layout::kPlain}, 3);
}

}  // namespace

extern const TacticDef kCpuConcatTactic = {
    .name = "cpu.concat",
    .summary = "Concat by copying each tensor to its place.",
    .ops = {"Concat"},
    .supports = supports_any,
    .candidates = concat_candidates,
};

extern const TacticDef kCpuSplitTactic = {
    .name = "cpu.split",
    .summary = "Split by copying each part.",
    .ops = {"Split"},
    .supports = supports_split,
    .candidates = split_candidates,
};

extern const TacticDef kCpuSliceTactic = {
    .name = "cpu.slice",
    .summary = "Slice with known bounds by a strided copy.",
    .ops = {"Slice"},
    .supports = supports_slice,
    .candidates = slice_candidates,
};

extern const TacticDef kCpuTransposeTactic = {
    .name = "cpu.transpose",
    .summary = "Transpose in squares of eight.",
    .ops = {"Transpose"},
    .supports = supports_any,
    .candidates = transpose_candidates,
};

extern const TacticDef kCpuPadTactic = {
    .name = "cpu.pad",
    .summary = "Pad with a constant: one copy, and the border filled.",
    .ops = {"Pad"},
    .supports = supports_pad,
    .candidates = pad_candidates,
};

extern const TacticDef kCpuExpandTactic = {
    .name = "cpu.expand",
    .summary = "Expand by a copy with steps of zero.",
    .ops = {"Expand"},
    .supports = supports_any,
    .candidates = expand_candidates,
};

extern const TacticDef kCpuTileTactic = {
    .name = "cpu.tile",
    .summary = "Tile by a copy with steps of zero.",
    .ops = {"Tile"},
    .supports = supports_any,
    .candidates = tile_candidates,
};

extern const TacticDef kCpuGatherTactic = {
    .name = "cpu.gather",
    .summary = "Gather by copying rows.",
    .ops = {"Gather"},
    .supports = supports_any,
    .candidates = gather_candidates,
};

extern const TacticDef kCpuWhereTactic = {
    .name = "cpu.where",
    .summary = "Where on elements of any type.",
    .ops = {"Where"},
    .supports = supports_any,
    .candidates = where_candidates,
};

}  // namespace ingot
