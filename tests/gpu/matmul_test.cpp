// jit.matmul against the reference: types, transposes, batches that broadcast, odd sizes, epilogues,
// few rows.
#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

constexpr float kF16 = 5e-3F, kBF16 = 4e-2F, kF32 = 2e-5F, kTF32 = 1e-2F;

class MatmulOnGpu : public GpuStepTest {
 protected:
  static Attributes with_epilogue(const std::string& epilogue, const std::string& others = "{}") {
    Attributes attributes = Attributes::parse(others);
    attributes.set("epilogue", Expression::parse(epilogue));
    return attributes;
  }
  /// In f32 only what computes in f32.
  static GpuCheck quick(float tolerance, int min_candidates = 1) {
    return {.tactic = tolerance == kF32 ? "jit.matmul*fma*" : "jit.matmul",
            .tolerance = tolerance,
            .windows = false,
            .min_candidates = min_candidates};
  }
};

TEST_F(MatmulOnGpu, DoesEveryTileOfTheMenu) {
  check("MatMul", "{}", {random({130, 136}, DType::kF16), random({136, 144}, DType::kF16)},
        quick(kF16, 3));
  check("MatMul", "{}", {random({20, 200}, DType::kF16), random({200, 72}, DType::kF16)},
        quick(kF16, 2));
}

TEST_F(MatmulOnGpu, GoesRoundTheStages) {
  check("MatMul", "{transpose_b=1}",
        {random({20, 1100}, DType::kF16, 0.3F), random({40, 1100}, DType::kF16, 0.3F)},
        quick(kF16, 5));
  check("MatMul", "{}",
        {random({20, 1100}, DType::kF16, 0.3F), constant(random({1100, 40}, DType::kF16, 0.3F))},
        quick(kF16, 5));
}

TEST_F(MatmulOnGpu, ReadsTransposedOperands) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    const float tolerance = dtype == DType::kF16 ? kF16 : kF32;
    const Tensor a = random({40, 72}, dtype), a_transposed = random({72, 40}, dtype);
    const Tensor b = random({72, 80}, dtype), b_transposed = random({80, 72}, dtype);
    check("MatMul", "{transpose_a=1}", {a_transposed, b}, quick(tolerance));
    check("MatMul", "{transpose_b=1}", {a, b_transposed}, quick(tolerance));
    check("MatMul", "{transpose_a=1, transpose_b=1}", {a_transposed, b_transposed},
          quick(tolerance));
  }
}

TEST_F(MatmulOnGpu, DoesSizesThatFillNothing) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    const float tolerance = dtype == DType::kF16 ? kF16 : kF32;
    check("MatMul", "{}", {random({17, 13}, dtype), random({13, 9}, dtype)}, quick(tolerance));
    check("MatMul", "{transpose_a=1, transpose_b=1}",
          {random({77, 35}, dtype), random({67, 77}, dtype)}, quick(tolerance));
    check("MatMul", "{}", {random({9, 0}, dtype), random({0, 5}, dtype)}, quick(tolerance));
  }
}

TEST_F(MatmulOnGpu, ReadsAndWritesWindows) {
  check("MatMul", "{}", {random({2, 20, 24}, DType::kF16), random({2, 24, 16}, DType::kF16)},
        {.tactic = "jit.matmul", .tolerance = kF16});
  check("MatMul", "{}", {random({2, 20, 24}), random({2, 24, 16})},
        {.tactic = "jit.matmul*fma*", .tolerance = kF32});
}

TEST_F(MatmulOnGpu, BroadcastsBatches) {
  const auto product = [&](const Shape& a, const Shape& b) {
    check("MatMul", "{}", {random(a, DType::kF16), random(b, DType::kF16)}, quick(kF16));
  };
  product({3, 10, 16}, {16, 24});
  product({2, 3, 10, 16}, {1, 3, 16, 24});
  product({10, 16}, {2, 3, 16, 24});
  product({2, 1, 10, 16}, {1, 3, 16, 24});
  product({2, 3, 2, 10, 16}, {3, 1, 16, 24});
}

TEST_F(MatmulOnGpu, TakesVectors) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    const float tolerance = dtype == DType::kF16 ? kF16 : kF32;
    check("MatMul", "{}", {random({40}, dtype), random({40}, dtype)}, quick(tolerance));
    check("MatMul", "{}", {random({40}, dtype), random({2, 40, 24}, dtype)}, quick(tolerance));
    check("MatMul", "{}", {random({2, 24, 40}, dtype), random({40}, dtype)}, quick(tolerance));
  }
}

TEST_F(MatmulOnGpu, AppliesEpilogues) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    const float tolerance = dtype == DType::kF16 ? kF16 : kF32;
    const Tensor a = random({2, 20, 40}, dtype), b = random({40, 72}, dtype);
    check("MatMul", with_epilogue("gelu(add(in0,in1))"), {a, b, random({72}, dtype)},
          quick(tolerance));
    check("MatMul", with_epilogue("add(relu(add(in0,in1)),in2)"),
          {a, b, random({72}, dtype), random({2, 20, 72}, dtype)}, quick(tolerance));
    check("MatMul", with_epilogue("add(mul(in0,in1),mul(in2,in3))"),
          {a, b, random({2, 1, 1}, dtype), random({20, 1}, dtype), random({}, dtype)},
          quick(tolerance));
  }
  check("MatMul", with_epilogue("add(in0,in1)"),
        {random({20, 40}, DType::kF16), random({40, 35}, DType::kF16), random({35}, DType::kF32)},
        quick(kF16));
}

TEST_F(MatmulOnGpu, StreamsTheWeightsOfAFewRows) {
  for (const DType dtype : {DType::kF16, DType::kF32, DType::kBF16}) {
    const float tolerance = dtype == DType::kF16 ? kF16 : dtype == DType::kF32 ? kF32 : kBF16;
    for (const int64_t rows : {1, 3}) {
      check("MatMul", with_epilogue("add(in0,in1)"),
            {random({rows, 520}, dtype), constant(random({520, 37}, dtype)), random({37}, dtype)},
            {.tactic = "jit.matmul*rows*", .tolerance = tolerance, .windows = rows == 3});
    }
  }
  check("MatMul", "{transpose_b=1}",
        {random({2, 5, 70}, DType::kF16), random({2, 11, 70}, DType::kF16)},
        {.tactic = "jit.matmul*rows*", .tolerance = kF16, .windows = false});
}

TEST_F(MatmulOnGpu, DoesBfloat16) {
  check("MatMul", "{}", {random({50, 72}, DType::kBF16), random({72, 40}, DType::kBF16)},
        quick(kBF16));
}

TEST_F(MatmulOnGpu, DoesFloatsAsTf32) {
  if (target().gpu.compute_capability < 80) GTEST_SKIP() << "no tensor cores for it before Ampere";
  const GpuCheck check_tf32 = {
      .tactic = "jit.matmul*tf32*", .tolerance = kTF32, .windows = false, .min_candidates = 2};
  check("MatMul", "{transpose_b=1}", {random({2, 40, 50}), random({2, 70, 50})}, check_tf32);
  check("MatMul", with_epilogue("add(in0,in1)"),
        {random({2, 20, 96}), constant(random({96, 72})), random({72})}, check_tf32);
}

TEST_F(MatmulOnGpu, SaysWhyNot) {
  expect_no("MatMul", "{}", {random({4, 4}, DType::kI32), random({4, 4}, DType::kI32)},
            "jit.matmul", "operands of i32");
}

}  // namespace
}  // namespace ingot
