// 8-bit floats (E4M3) on a GPU against the reference: conversions, clusters, products.
#include <cmath>

#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

class Float8OnGpu : public GpuStepTest {
 protected:
  static Attributes with(const char* name, const std::string& expression, DType dtype,
                         const std::string& others = "{}") {
    Attributes attributes = Attributes::parse(others);
    attributes.set(name, Expression::parse(expression));
    attributes.set("dtype", dtype);
    return attributes;
  }
  void SetUp() override {
    if (target().gpu.compute_capability < 89) GTEST_SKIP() << "no 8-bit floats before Ada";
  }
  static GpuCheck quick(const std::string& tactic) {
    return {.tactic = tactic, .tolerance = 5e-3F, .windows = false};
  }
};

TEST_F(Float8OnGpu, ConvertsEveryNumber) {
  std::vector<float> numbers;
  for (int code = 0; code < 256; ++code) {
    // The number, and what lies half way to the next: ties go to even.
    const int exponent = code >> 3 & 15, mantissa = code & 7;
    const float step = std::ldexp(1.0F, std::max(exponent, 1) - 10);
    const float number = exponent == 0 ? static_cast<float>(mantissa) * step
                                       : static_cast<float>(8 + mantissa) * step;
    for (const float more : {0.0F, 0.5F, 0.4999F, 0.5001F}) {
      numbers.push_back((number + more * step) * (code < 128 ? 1.0F : -1.0F));
    }
  }
  numbers.insert(numbers.end(), {1e30F, -1e30F, 465.0F, 1e-12F, INFINITY, -INFINITY, 0.0F, -0.0F});
  const auto count = static_cast<int64_t>(numbers.size());
  check("Pointwise", with("expression", "in0", DType::kF8E4M3), {values({count}, numbers)},
        {.tactic = "jit.pointwise", .tolerance = 1e-9F});
  check("Cast", "{to=f8e4m3}", {values({count}, numbers)},
        {.tactic = "jit.cast", .tolerance = 1e-9F});
  check("Cast", "{to=f32}", {values({count}, numbers, DType::kF8E4M3)},
        {.tactic = "jit.cast", .tolerance = 1e-9F});
}

TEST_F(Float8OnGpu, ReadsAndWritesClusters) {
  check("Pointwise", with("expression", "mul(silu(add(mul(in0,0.1),in1)),8)", DType::kF8E4M3),
        {random({2, 24, 5, 7}, DType::kF8E4M3), random({2, 24, 5, 7}, DType::kF16)},
        {.tactic = "jit.pointwise", .tolerance = 0.13F, .min_candidates = 2});
}

TEST_F(Float8OnGpu, PoolsAndResizes) {
  const Tensor x = random({2, 32, 9, 7}, DType::kF8E4M3);
  check("MaxPool", "{kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}", {x},
        {.tactic = "jit.pool", .min_candidates = 2});
  check("Resize", "{mode=\"nearest\"}", {x, Tensor(), constant(values({4}, {1, 1, 2, 2}))},
        {.tactic = "jit.resize"});
}

TEST_F(Float8OnGpu, Multiplies) {
  check("MatMul", with("epilogue", "add(mul(in0,0.02),in1)", DType::kF16),
        {random({2, 40, 96}, DType::kF8E4M3), constant(random({96, 72}, DType::kF8E4M3)),
         random({72}, DType::kF16)},
        quick("jit.matmul"));
  check("MatMul", "{transpose_b=1}",
        {random({20, 130}, DType::kF8E4M3), random({33, 130}, DType::kF8E4M3)},
        quick("jit.matmul"));
  check("MatMul", "{}", {random({10, 35}, DType::kF8E4M3), random({35, 17}, DType::kF8E4M3)},
        quick("jit.matmul"));
  check("MatMul", "{transpose_b=1}",
        {random({2, 200}, DType::kF8E4M3), random({33, 200}, DType::kF8E4M3)},
        quick("jit.matmul*rows*"));
}

TEST_F(Float8OnGpu, Convolves) {
  for (const int64_t channels : {32, 3}) {
    check("Conv", with("epilogue", "relu(mul(in0,0.02))", DType::kF16, "{pads=[1,1,1,1]}"),
          {random({2, channels, 6, 5}, DType::kF8E4M3),
           constant(random({24, channels, 3, 3}, DType::kF8E4M3)), constant(random({24}))},
          quick("jit.conv_mma"));
  }
  check("Conv", with("epilogue", "mul(in0,0.5)", DType::kF16, "{pads=[1,1,1,1], group=16}"),
        {random({1, 16, 6, 5}, DType::kF8E4M3), constant(random({16, 1, 3, 3}, DType::kF8E4M3))},
        quick("jit.depthwise"));
}

}  // namespace
}  // namespace ingot
