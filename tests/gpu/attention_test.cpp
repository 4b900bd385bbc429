// jit.attention against the reference: head sizes, lengths that fill no tile, grouped heads, masks,
// causality, packed inputs.
#include <limits>

#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

class AttentionOnGpu : public GpuStepTest {
 protected:
  std::vector<GpuInput> qkv(int64_t batch, int64_t heads, int64_t queries, int64_t keys,
                            int64_t size, DType dtype, int64_t kv_heads = 0,
                            int64_t value_size = 0) {
    if (kv_heads == 0) kv_heads = heads;
    if (value_size == 0) value_size = size;
    return {random({batch, heads, queries, size}, dtype),
            random({batch, kv_heads, keys, size}, dtype),
            random({batch, kv_heads, keys, value_size}, dtype)};
  }
  std::vector<GpuInput> with_mask(std::vector<GpuInput> inputs, Tensor mask) {
    inputs.emplace_back(std::move(mask));
    return inputs;
  }
};

const GpuCheck kCheck = {.tactic = "jit.attention", .tolerance = 4e-3F, .windows = false};
const GpuCheck kCheckWindows = {.tactic = "jit.attention", .tolerance = 4e-3F};
const GpuCheck kCheckBf16 = {.tactic = "jit.attention", .tolerance = 2e-2F, .windows = false};
const GpuCheck kCheckF32 = {.tactic = "jit.attention", .tolerance = 1e-5F, .windows = false};

TEST_F(AttentionOnGpu, DoesHeadSizesThatTensorCoresTake) {
  for (const int64_t size : {24, 64, 128}) {
    check("Attention", "{}", qkv(1, 2, 50, 70, size, DType::kF16), kCheck);
  }
}

TEST_F(AttentionOnGpu, DoesHeadSizesThatNoTileHas) {
  for (const int64_t size : {1, 20}) {
    check("Attention", "{}", qkv(1, 2, 19, 67, size, DType::kF16), kCheck);
  }
}

TEST_F(AttentionOnGpu, TakesFewerQueriesABlockWhenThereAreFew) {
  check("Attention", "{}", qkv(1, 1, 65, 130, 32, DType::kF16),
        {.tactic = "jit.attention", .tolerance = 4e-3F, .windows = false, .min_candidates = 3});
  check("Attention", "{}", qkv(2, 3, 1, 200, 64, DType::kF16), kCheck);
  check("Attention", "{}", qkv(70, 2, 1, 5, 16, DType::kF16), kCheck);
}

TEST_F(AttentionOnGpu, ReadsHeadsInsideTheLastAxis) {
  const std::vector<GpuInput> inputs = {random({2, 35, 96}, DType::kF16),
                                        random({2, 77, 96}, DType::kF16),
                                        random({2, 77, 120}, DType::kF16)};
  check("Attention", "{q_num_heads=3, kv_num_heads=3}", inputs, kCheck);
}

TEST_F(AttentionOnGpu, ReadsAndWritesWindows) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    check("Attention", "{}", with_mask(qkv(2, 2, 10, 20, 16, dtype), random({2, 2, 10, 20}, dtype)),
          kCheckWindows);
    check("Attention", "{q_num_heads=2, kv_num_heads=2}",
          {random({2, 9, 48}, dtype), random({2, 11, 48}, dtype), random({2, 11, 32}, dtype)},
          kCheckWindows);
  }
}

TEST_F(AttentionOnGpu, SharesKeysAmongGroupsOfHeads) {
  check("Attention", "{}", qkv(1, 6, 33, 40, 32, DType::kF16, 2, 48), kCheck);
  const std::vector<GpuInput> packed = {random({1, 20, 4 * 16}, DType::kF16),
                                        random({1, 90, 2 * 16}, DType::kF16),
                                        random({1, 90, 2 * 16}, DType::kF16)};
  check("Attention", "{q_num_heads=4, kv_num_heads=2, scale=0.4}", packed, kCheck);
}

TEST_F(AttentionOnGpu, IsCausal) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    check("Attention", "{is_causal=1}", qkv(1, 2, 100, 100, 32, dtype), kCheck);
    check("Attention", "{is_causal=1}", qkv(1, 2, 70, 40, 16, dtype), kCheck);
    check("Attention", "{is_causal=1}", qkv(1, 1, 20, 150, 16, dtype), kCheck);
  }
}

TEST_F(AttentionOnGpu, AddsMasksThatAreBroadcast) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    const auto inputs = qkv(2, 2, 49, 49, 16, dtype);
    for (const Shape& shape : {Shape{2, 2, 49, 49}, Shape{1, 2, 49, 49}, Shape{2, 1, 1, 49},
                               Shape{49, 49}, Shape{49}, Shape{2, 2, 49, 1}, Shape{}}) {
      check("Attention", "{}", with_mask(inputs, random(shape, dtype)), kCheck);
    }
  }
  const auto even = qkv(2, 2, 40, 100, 16, DType::kF16);
  for (const Shape& shape : {Shape{2, 2, 40, 100}, Shape{2, 1, 1, 100}}) {
    check("Attention", "{}", with_mask(even, random(shape, DType::kF16)), kCheck);
    check("Attention", "{}", with_mask(even, random(shape, DType::kF32)), kCheck);
  }
}

TEST_F(AttentionOnGpu, ObeysMasksOfBools) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    check("Attention", "{}",
          with_mask(qkv(2, 2, 30, 80, 32, dtype), random({2, 1, 30, 80}, DType::kBool)), kCheck);
    check("Attention", "{}",
          with_mask(qkv(2, 2, 30, 71, 32, dtype), random({30, 71}, DType::kBool)), kCheck);
  }
}

TEST_F(AttentionOnGpu, GivesZerosToAQueryWithoutKeys) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    std::vector<float> mask(size_t{5} * 70, 0.0F);
    std::fill_n(mask.begin() + 70, 70, kNever);
    std::fill_n(mask.begin() + 140, 66, kNever);
    check("Attention", "{}",
          with_mask(qkv(1, 1, 5, 70, 16, dtype), values({5, 70}, mask, DType::kF32)), kCheck);
  }
}

TEST_F(AttentionOnGpu, KeepsMasksNearTheLargestFloat) {
  std::vector<float> mask(size_t{4} * 70, -3.4e38F);
  std::fill_n(mask.begin(), 35, 0.0F);
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    check("Attention", "{}",
          with_mask(qkv(1, 1, 4, 70, 16, dtype), values({4, 70}, mask, DType::kF32)), kCheck);
  }
}

TEST_F(AttentionOnGpu, TakesLargeScores) {
  std::vector<GpuInput> inputs = qkv(1, 1, 20, 100, 64, DType::kF16);
  inputs[0] = random({1, 1, 20, 64}, DType::kF16, 20);
  check("Attention", "{scale=-1.5}", inputs, kCheck);
}

TEST_F(AttentionOnGpu, DoesBfloat16) {
  check("Attention", "{}", qkv(1, 2, 50, 100, 64, DType::kBF16), kCheckBf16);
  check("Attention", "{is_causal=1}",
        with_mask(qkv(1, 2, 50, 100, 40, DType::kBF16), random({50, 100}, DType::kBF16)),
        kCheckBf16);
}

TEST_F(AttentionOnGpu, DoesFloatsAndLargeHeads) {
  for (const int64_t size : {3, 64, 160}) {
    check("Attention", "{}", qkv(1, 2, 40, 50, size, DType::kF32), kCheckF32);
  }
  check("Attention", "{}", qkv(1, 2, 40, 50, 192, DType::kF16), kCheck);
}

TEST_F(AttentionOnGpu, SaysWhyNot) {
  expect_no("Attention", "{softcap=2.0}", qkv(1, 1, 4, 4, 16, DType::kF16), "jit.attention",
            "soft cap");
  auto inputs = with_mask(qkv(1, 1, 4, 8, 16, DType::kF16), random({4, 5}, DType::kF16));
  expect_no("Attention", "{}", inputs, "jit.attention", "shorter than the keys");
  expect_no("Attention", "{}", qkv(1, 1, 4, 4, 16, DType::kF64), "jit.attention", "f32");
}

}  // namespace
}  // namespace ingot
