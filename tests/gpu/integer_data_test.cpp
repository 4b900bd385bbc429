// Quantised numbers (i8, u8) outside of products on a GPU: clusters that read and write them, pools,
// means, resizes and moves, against the reference.
#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

class QuantisedOnGpu : public GpuStepTest {
 protected:
  Attributes cluster(const std::string& text, DType dtype) {
    Attributes attributes;
    attributes.set("expression", Expression::parse(text));
    attributes.set("dtype", dtype);
    return attributes;
  }
};

TEST_F(QuantisedOnGpu, RoundsHalvesToEvenAndSaturates) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const Tensor edges = values({16}, {0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F, 127.5F, 126.5F, -128.5F,
                                     255.5F, 254.5F, 1e30F, -1e30F, infinity, -infinity, nan});
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    check("Pointwise", cluster("in0", dtype), {edges}, {.tactic = "jit.pointwise"});
    check("Pointwise", cluster("mul(in0,3)", dtype), {random({2, 24, 5, 7}, DType::kF16, 30)},
          {.tactic = "jit.pointwise", .min_candidates = 2});
    check("Pointwise", cluster("min(mul(in0,31.5),127)", dtype), {random({1003}, DType::kF32, 3)},
          {.tactic = "jit.pointwise"});
  }
}

TEST_F(QuantisedOnGpu, ReadsBytesInClusters) {
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    const Tensor x = random({2, 24, 5, 7}, dtype);
    check("Pointwise", cluster("mul(sub(in0,3),0.25)", DType::kF16), {x},
          {.tactic = "jit.pointwise", .min_candidates = 2});
    check("Pointwise", cluster("mul(max(add(mul(in0,0.02),mul(in1,0.03)),0),40)", DType::kU8),
          {x, random({2, 24, 5, 7}, DType::kI8)}, {.tactic = "jit.pointwise"});
    check("Pointwise", cluster("mul(silu(add(mul(in0,in1),in2)),10)", dtype),
          {x, constant(random({24, 1, 1})), random({2, 24, 5, 7}, DType::kF16)},
          {.tactic = "jit.pointwise"});
    check("Pointwise", cluster("mul(in0,0.37)", dtype), {x}, {.tactic = "jit.pointwise"});
  }
}

TEST_F(QuantisedOnGpu, CastsCutOffAsBefore) {
  check("Cast", "{to=i8}", {random({1000}, DType::kF32, 40)}, {.tactic = "jit.cast"});
  check("Cast", "{to=u8}", {values({4}, {1.5F, 2.5F, 200.7F, 0.9F})}, {.tactic = "jit.cast"});
}

TEST_F(QuantisedOnGpu, QuantisesAndBack) {
  const Tensor x = random({2, 16, 5, 3}, DType::kF16, 3);
  const GpuCheck options{.tactic = "jit.quantize"};
  check("QuantizeLinear", "{axis=1}",
        {x, constant(random({16}, DType::kF16, 0.01F, 0.05F)), constant(random({16}, DType::kI8))},
        options);
  check("DequantizeLinear", "{axis=1}",
        {random({2, 16, 5, 3}, DType::kU8), constant(random({16}, DType::kF16, 0.01F, 0.05F)),
         constant(random({16}, DType::kU8))},
        options);
}

TEST_F(QuantisedOnGpu, PoolsMaximaAndMeans) {
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    for (const int64_t channels : {32, 8, 5}) {
      const Tensor x = random({2, channels, 9, 7}, dtype);
      check("MaxPool", "{kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}", {x},
            {.tactic = "jit.pool", .min_candidates = 2});
      check("AveragePool", "{kernel_shape=[3,2], strides=[2,1], pads=[1,0,1,1], dtype=f32}", {x},
            {.tactic = "jit.pool", .min_candidates = 2});
      check("GlobalAveragePool", "{dtype=f32}", {x}, {.tactic = "jit.reduce"});
      check("GlobalAveragePool", "{dtype=f16}", {x}, {.tactic = "jit.reduce"});
    }
  }
}

TEST_F(QuantisedOnGpu, ResizesNearestAndLinear) {
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    const Tensor x = random({1, 32, 5, 6}, dtype), scales = values({4}, {1, 1, 2, 2});
    check("Resize", "{mode=\"nearest\"}", {x, Tensor(), constant(scales)},
          {.tactic = "jit.resize", .min_candidates = 2});
    check("Resize", "{mode=\"linear\"}", {x, Tensor(), constant(scales)},
          {.tactic = "jit.resize", .min_candidates = 2});
  }
}

TEST_F(QuantisedOnGpu, MovesBytesAsTheyAre) {
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    const Tensor x = random({2, 32, 5, 6}, dtype);
    check("Concat", "{axis=1}", {x, random({2, 16, 5, 6}, dtype), random({2, 3, 5, 6}, dtype)},
          {.tactic = "jit.concat"});
    check("Transpose", "{perm=[0,2,3,1]}", {x}, {.tactic = "jit.transpose"});
    check("Slice", "{}",
          {x, constant(values({1}, {3}, DType::kI64)), constant(values({1}, {30}, DType::kI64)),
           constant(values({1}, {1}, DType::kI64))},
          {.tactic = "jit.slice"});
    check("Pad", "{}", {x, constant(values({8}, {0, 0, 1, 2, 0, 0, 3, 0}, DType::kI64))},
          {.tactic = "jit.pad"});
    check("Split", "{axis=1}", {x, constant(values({2}, {16, 16}, DType::kI64))},
          {.tactic = "jit.split", .outputs = 2});
    check("Gather", "{axis=1}", {x, random_indices({7}, 32)}, {.tactic = "jit.gather"});
    check("Expand", "{}",
          {random({2, 32, 1, 6}, dtype), constant(values({4}, {2, 32, 5, 6}, DType::kI64))},
          {.tactic = "jit.expand"});
  }
}

}  // namespace
}  // namespace ingot
