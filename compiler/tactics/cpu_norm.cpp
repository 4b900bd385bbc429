// Tactics of softmax, normalisations, reductions and attention by our own vector code.
#include <fmt/core.h>

#include <array>

#include "compiler/tactics/cpu_support.h"

namespace ingot {
namespace {

Verdict supports_softmax(const TacticNode& node, const Target&) {
  if (node.input_shape(0).rank() == 0) return Verdict::no("a scalar");
  return only_f32(node);
}

Verdict one_output(const TacticNode& node) {
  const Verdict outputs = first_output_only(node);
  return outputs.ok ? only_f32(node) : outputs;
}

Verdict all_inputs_f32(const TacticNode& node, int count) {
  for (int i = 0; i < count && i < node.input_count(); ++i) {
    if (node.has_input(i) && node.input_dtype(i) != DType::kF32) {
      return Verdict::no(fmt::format("input {} is not f32", i));
    }
  }
  return Verdict::yes();
}

Verdict supports_row_norm(const TacticNode& node, const Target&) {
  const Verdict vectors = vectors_of_normalized_axes(node);
  if (!vectors.ok) return vectors;
  const Verdict types = all_inputs_f32(node, 3);
  return types.ok ? one_output(node) : types;
}

Verdict supports_group_norm(const TacticNode& node, const Target&) {
  const Verdict types = all_inputs_f32(node, 3);
  return types.ok ? one_output(node) : types;
}

Verdict supports_reduce(const TacticNode& node, const Target&) {
  if (node.has_input(1) && !node.is_constant(1)) return Verdict::no("axes computed at run time");
  return only_f32(node);
}

Verdict supports_attention(const TacticNode& node, const Target&) {
  for (int i = 4; i < 7; ++i) {
    if (node.has_input(i)) return Verdict::no("a cache or valid lengths");
  }
  if (node.attributes().number("softcap", 0) != 0) return Verdict::no("a soft cap");
  if (node.has_input(3)) {
    const Shape mask = node.input_shape(3);
    const DType dtype = node.input_dtype(3);
    if (dtype != DType::kF32 && dtype != DType::kBool) return Verdict::no("a mask of another type");
    const Shape k = node.input_shape(1);
    const int64_t keys = k[k.rank() - 2];
    if (mask.rank() > 0 && mask[mask.rank() - 1] != 1 && mask[mask.rank() - 1] != keys) {
      return Verdict::no("a mask that is shorter than the keys");
    }
  }
  const Verdict types = all_inputs_f32(node, 3);
  return types.ok ? one_output(node) : types;
}

std::vector<Candidate> softmax_candidates(const TacticNode& node, const Target& target) {
  Candidate candidate = make_candidate("cpu.softmax", node, target, Layout::kPlain);
  candidate.in_place_input = 0;
  return {candidate};
}

std::vector<Candidate> row_norm_candidates(const TacticNode& node, const Target& target) {
  Candidate candidate = make_candidate("cpu.layer_norm", node, target, Layout::kPlain);
  candidate.in_place_input = 0;
  return {candidate};
}

std::vector<Candidate> group_norm_candidates(const TacticNode& node, const Target& target) {
  Candidate candidate = make_candidate("cpu.group_norm", node, target, Layout::kPlain);
  candidate.in_place_input = 0;
  return {candidate};
}

std::vector<Candidate> reduce_candidates(const TacticNode& node, const Target& target) {
  const Shape x = node.input_shape(0), y = node.output_shape();
  std::vector<Layout> layouts = {Layout::kPlain};
  if (x.rank() >= 3) {
    layouts.push_back(Layout::kChannelsLast);
    // Blocks of channels stay blocks where the channels stay.
    if (y.rank() == x.rank() && y[1] == x[1] && x[1] > 1) {
      layouts.push_back(Layout::kBlocked8);
      layouts.push_back(Layout::kBlocked16);
    }
  }
  std::vector<Candidate> result = windowed_candidates("cpu.reduce", node, target, layouts);
  for (Candidate& candidate : result) {
    if (y.rank() != x.rank()) candidate.outputs[0] = Layout::kPlain;
    if (candidate.inputs.size() > 1) candidate.inputs[1] = Layout::kPlain;
    // A window along the last axis would leave gaps between single elements.
    candidate.reads_windows = false;
  }
  return result;
}

std::vector<Candidate> attention_candidates(const TacticNode& node, const Target& target) {
  return windowed_candidates("cpu.attention", node, target, std::array{Layout::kPlain});
}

}  // namespace

extern const TacticDef kCpuSoftmaxTactic = {
    .name = "cpu.softmax",
    .summary = "Softmax and LogSoftmax along any axis.",
    .ops = {"Softmax", "LogSoftmax"},
    .supports = supports_softmax,
    .candidates = softmax_candidates,
};

extern const TacticDef kCpuLayerNormTactic = {
    .name = "cpu.layer_norm",
    .summary = "LayerNormalization and RMSNormalization, row by row in the cache.",
    .ops = {"LayerNormalization", "RMSNormalization"},
    .supports = supports_row_norm,
    .candidates = row_norm_candidates,
};

extern const TacticDef kCpuGroupNormTactic = {
    .name = "cpu.group_norm",
    .summary = "GroupNormalization and InstanceNormalization.",
    .ops = {"GroupNormalization", "InstanceNormalization"},
    .supports = supports_group_norm,
    .candidates = group_norm_candidates,
};

extern const TacticDef kCpuReduceTactic = {
    .name = "cpu.reduce",
    .summary = "Reductions over any axes, and global pools.",
    .ops = {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
            "ReduceL2", "ReduceSumSquare", "GlobalAveragePool", "GlobalMaxPool"},
    .supports = supports_reduce,
    .candidates = reduce_candidates,
};

extern const TacticDef kCpuAttentionTactic = {
    .name = "cpu.attention",
    .summary = "Attention without the matrix of scores.",
    .ops = {"Attention"},
    .supports = supports_attention,
    .candidates = attention_candidates,
};

}  // namespace ingot
