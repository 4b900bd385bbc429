// jit.attention: attention by our own kernels, on tensor cores in 16 bits, else in float.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/tactics/jit_support.h"
#include "kernels/params/attention.h"

namespace ingot {
namespace {

constexpr int64_t kLargestMmaHead = 128;

struct Sizes {
  int64_t batch, heads, queries, keys, head, value;

  explicit Sizes(const TacticNode& node) {
    const Shape q = node.input_shape(0), k = node.input_shape(1), v = node.input_shape(2);
    const bool packed = q.rank() == 3;
    const int64_t kv_heads = packed ? node.attributes().integer("kv_num_heads") : k[1];
    batch = q[0];
    heads = packed ? node.attributes().integer("q_num_heads") : q[1];
    queries = packed ? q[1] : q[2];
    keys = packed ? k[1] : k[2];
    head = packed ? q[2] / heads : q[3];
    value = packed ? v[2] / kv_heads : v[3];
  }
};

int64_t padded(int64_t size, int64_t to) { return std::max<int64_t>(1, (size + to - 1) / to) * to; }

/// Tensor cores take this type. Turing has them for f16 only.
bool on_tensor_cores(const TacticNode& node, const Target& target, const Sizes& sizes) {
  const DType dtype = node.input_dtype(0);
  const bool type = (dtype == DType::kF16 && target.gpu.compute_capability >= 75) ||
                    (dtype == DType::kBF16 && target.gpu.compute_capability >= 80);
  // The largest product must be the largest score.
  const bool scale = node.attributes().number("scale", 1) >= 0;
  return type && scale && sizes.head <= kLargestMmaHead && sizes.value <= kLargestMmaHead;
}

int fma_shared_bytes(const Sizes& sizes) {
  return kernels::plain_attention_shared_bytes(static_cast<int>(padded(sizes.head, 4)),
                                               static_cast<int>(padded(sizes.value, 32)));
}

Verdict supports(const TacticNode& node, const Target& target) {
  for (int i = 4; i < 7; ++i) {
    if (node.has_input(i)) return Verdict::no("a cache or valid lengths");
  }
  if (const Verdict outputs = first_output_only(node); !outputs.ok) return outputs;
  if (node.attributes().number("softcap", 0) != 0) return Verdict::no("a soft cap");
  for (int i = 0; i < 3; ++i) {
    if (!is_kernel_float(node.input_dtype(i)) || node.input_dtype(i) != node.input_dtype(0)) {
      return Verdict::no("Q, K and V are not all f32, all f16 or all bf16");
    }
  }
  const Sizes sizes(node);
  if (node.has_input(3)) {
    const Shape mask = node.input_shape(3);
    const DType dtype = node.input_dtype(3);
    if (!is_kernel_float(dtype) && dtype != DType::kBool) {
      return Verdict::no(fmt::format("a mask of type {}", dtype_name(dtype)));
    }
    if (mask.rank() > 4) return Verdict::no("a mask of more than 4 axes");
    if (mask.rank() > 0 && mask[mask.rank() - 1] != 1 && mask[mask.rank() - 1] != sizes.keys) {
      return Verdict::no("a mask that is shorter than the keys");
    }
  }
  if (!on_tensor_cores(node, target, sizes) && fma_shared_bytes(sizes) > target.gpu.shared_bytes) {
    return Verdict::no(fmt::format("heads of {} and {} elements need {} bytes of shared memory",
                                   sizes.head, sizes.value, fma_shared_bytes(sizes)));
  }
  return Verdict::yes();
}

std::string mask_preamble(const TacticNode& node) {
  const bool masked = node.has_input(3);
  const bool bools = masked && node.input_dtype(3) == DType::kBool;
  return fmt::format("using Mask = {};\nconstexpr bool kMasked = {};\n",
                     bools    ? "unsigned char"
                     : masked ? kernel_type(node.input_dtype(3))
                              : "float",
                     masked);
}

/// A block of threads: so many queries, keys at a time, warps that share them, stages of keys and
/// values, and queries of a warp in sixteens.
struct AttentionTile {
  int64_t rows, keys, key_warps, stages, row_parts = 1;
  int64_t warps() const { return rows / 16 / row_parts * key_warps; }
};

Candidate with_choice(Candidate candidate, const char* kernel, const AttentionTile& tile,
                      int64_t head_size, int64_t value_size) {
  candidate.attributes.set("kernel", std::string(kernel));
  candidate.attributes.set("rows", tile.rows);
  candidate.attributes.set("head_size", head_size);
  candidate.attributes.set("value_size", value_size);
  candidate.attributes.set("keys", tile.keys);
  candidate.attributes.set("key_warps", tile.key_warps);
  candidate.attributes.set("threads", 32 * tile.warps());
  candidate.attributes.set("stages", tile.stages);
  candidate.reads_windows = candidate.writes_windows = true;
  return candidate;
}

Candidate fma_candidate(const TacticNode& node, const Target& target, const Sizes& sizes) {
  const int64_t head = padded(sizes.head, 4), value = padded(sizes.value, 32);
  const std::string preamble = fmt::format(
      "namespace ingot::kernels {{\nusing Element = {};\n{}"
      "constexpr int kHeadSize = {}, kValueSize = {};\n}}\n",
      kernel_type(node.input_dtype(0)), mask_preamble(node), head, value);
  Candidate candidate =
      with_choice(make_jit_candidate("jit.attention", node, target, Layout::kPlain,
                                     KernelSource{"ops/attention_fma.cuh", preamble}, "fma"),
                  "attention_fma",
                  {kernels::kPlainAttentionRows, kernels::kPlainAttentionRows, 1, 1}, head, value);
  candidate.attributes.set("threads", int64_t{128});
  return candidate;
}

Candidate mma_candidate(const TacticNode& node, const Target& target, const Sizes& sizes,
                        const AttentionTile& tile) {
  const int64_t head = padded(sizes.head, 16), value = padded(sizes.value, 16);
  const std::string preamble = fmt::format(
      "namespace ingot::kernels {{\nusing Element = {};\n{}"
      "constexpr int kHeadSize = {}, kValueSize = {};\n"
      "constexpr int kQueryWarps = {}, kRowParts = {}, kKeys = {}, kKeyWarps = {};\n"
      "constexpr int kStages = {};\n}}\n",
      kernel_type(node.input_dtype(0)), mask_preamble(node), head, value,
      tile.rows / 16 / tile.row_parts, tile.row_parts, tile.keys, tile.key_warps, tile.stages);
  return with_choice(
      make_jit_candidate("jit.attention", node, target, Layout::kPlain,
                         KernelSource{"ops/attention_mma.cuh", preamble},
                         fmt::format("q{}x{}_k{}w{}_s{}", tile.rows, 16 * tile.row_parts, tile.keys,
                                     tile.key_warps, tile.stages)),
      "attention_mma", tile, head, value);
}

int64_t blocks_of(const Sizes& sizes, int64_t rows) {
  return sizes.batch * sizes.heads * ((sizes.queries + rows - 1) / rows);
}

/// Whether a tile may pay.
bool suits(const AttentionTile& tile, const TacticNode& node, const Target& target,
           const Sizes& sizes) {
  const int64_t multiprocessors = target.gpu.multiprocessors;
  const bool too_fine = tile.rows < 64 && sizes.queries > tile.rows &&
                        blocks_of(sizes, tile.rows * 2) > 6 * multiprocessors;
  const bool too_coarse = tile.rows > 16 && sizes.queries <= tile.rows / 2;
  const bool too_few = tile.rows > 64 && blocks_of(sizes, tile.rows) < multiprocessors;
  // Sixteen warps have 128 registers a thread.
  const bool too_wide =
      tile.warps() > 8 && (sizes.head > 64 || sizes.value > 64 ||
                           (node.has_input(3) && node.input_dtype(3) == DType::kF32));
  const bool too_tall =
      tile.row_parts > 1 && (sizes.head > 64 || sizes.value > 64 ||
                             (node.has_input(3) && tile.keys / tile.key_warps > 32));
  const bool too_long = tile.keys > 64 && sizes.keys <= 64;
  // Few queries and keys at a time are for GPUs that would be idle otherwise.
  const bool too_slow = sizes.keys > 128 && sizes.queries > 32 && tile.rows < 64 &&
                        tile.keys < 128 && 4 * blocks_of(sizes, 64) > multiprocessors;
  return !too_fine && !too_coarse && !too_few && !too_wide && !too_tall && !too_long && !too_slow;
}

bool fits(const AttentionTile& tile, const Target& target, const Sizes& sizes) {
  return kernels::attention_shared_bytes(static_cast<int>(tile.rows), static_cast<int>(tile.keys),
                                         static_cast<int>(tile.key_warps),
                                         static_cast<int>(padded(sizes.head, 16)),
                                         static_cast<int>(padded(sizes.value, 16)),
                                         static_cast<int>(tile.stages)) <= target.gpu.shared_bytes;
}

std::vector<Candidate> candidates(const TacticNode& node, const Target& target) {
  const Sizes sizes(node);
  if (!on_tensor_cores(node, target, sizes)) return {fma_candidate(node, target, sizes)};
  std::vector<AttentionTile> tiles = {{64, 128, 2, 3},    {64, 64, 2, 3, 2}, {64, 64, 2, 3},
                                      {64, 128, 4, 3, 2}, {64, 128, 4, 3},   {128, 64, 1, 3, 2},
                                      {64, 64, 1, 3},     {32, 128, 4, 3},   {32, 64, 4, 3},
                                      {32, 64, 2, 3},     {16, 64, 4, 3}};
  std::erase_if(tiles,
                [&](const AttentionTile& tile) { return !suits(tile, node, target, sizes); });
  for (AttentionTile& tile : tiles) {
    // With few blocks of keys, or without asynchronous copies, more stages only cost memory.
    const int64_t key_blocks = (sizes.keys + tile.keys - 1) / tile.keys;
    tile.stages = target.gpu.compute_capability < 80 ? 1 : std::clamp<int64_t>(key_blocks, 1, 3);
    while (!fits(tile, target, sizes) && tile.stages > 1) --tile.stages;
  }
  // Fewer queries a block where larger ones would leave multiprocessors idle.
  std::stable_sort(tiles.begin(), tiles.end(), [&](const AttentionTile& a, const AttentionTile& b) {
    const auto idle = [&](const AttentionTile& tile) {
      return blocks_of(sizes, tile.rows) < target.gpu.multiprocessors;
    };
    return !idle(a) && idle(b);
  });
  std::vector<Candidate> result;
  for (const AttentionTile& tile : tiles) {
    if (fits(tile, target, sizes)) result.push_back(mma_candidate(node, target, sizes, tile));
  }
  return result;
}

}  // namespace

extern const TacticDef kJitAttentionTactic = {
    .name = "jit.attention",
    .summary = "Attention without the matrix of scores, on tensor cores in 16 bits.",
    .ops = {"Attention"},
    .supports = supports,
    .candidates = candidates,
    .device = "cuda",
};

}  // namespace ingot
