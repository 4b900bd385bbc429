// Products of i8 and u8 by i8 on a GPU against the reference: every kernel that has them, exact sums,
// epilogues to all types, zero points.
#include <cmath>

#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

class IntegersOnGpu : public GpuStepTest {
 protected:
  static Attributes with_epilogue(const std::string& epilogue, DType dtype,
                                  const std::string& others = "{}") {
    Attributes attributes = Attributes::parse(others);
    attributes.set("epilogue", Expression::parse(epilogue));
    attributes.set("dtype", dtype);
    return attributes;
  }
  static Attributes with_dtype(DType dtype, const std::string& others = "{}") {
    Attributes attributes = Attributes::parse(others);
    attributes.set("dtype", dtype);
    return attributes;
  }
  static GpuCheck quick(const std::string& tactic, int min_candidates = 1) {
    return {
        .tactic = tactic, .tolerance = 2e-3F, .windows = false, .min_candidates = min_candidates};
  }
  /// All numbers that the type has.
  Tensor bytes(const Shape& shape, DType dtype = DType::kI8) {
    Tensor halves = random(shape, dtype);
    std::vector<float> numbers = halves.to_floats();
    for (float& x : numbers) {
      x = dtype == DType::kI8 ? std::fmod(x * 37, 129.0F) : std::fmod(x * 37, 256.0F);
    }
    return values(shape, numbers, dtype);
  }
  GpuInput weights(const Shape& shape) { return constant(bytes(shape)); }
  /// A scale for each channel that keeps sums of `length` products within a few hundred.
  GpuInput scales(int64_t channels, int64_t length) {
    return constant(random({channels, 1, 1}, DType::kF32, 0.002F / std::sqrt(float(length)),
                           0.02F / std::sqrt(float(length))));
  }
};

TEST_F(IntegersOnGpu, ConvolvesOnTensorCoresWithEveryTile) {
  check("Conv", "{}", {bytes({1, 32, 12, 11}), weights({136, 32, 1, 1})}, quick("jit.conv_mma", 5));
  check("Conv", "{pads=[1,1,1,1]}", {bytes({1, 144, 6, 5}, DType::kU8), weights({40, 144, 3, 3})},
        quick("jit.conv_mma", 3));
}

TEST_F(IntegersOnGpu, ConvolvesWithStridesDilationsAndFewChannels) {
  const Tensor x = bytes({2, 16, 13, 11});
  check("Conv", "{strides=[2,2], pads=[1,1,1,1]}", {x, weights({24, 16, 3, 3})},
        quick("jit.conv_mma"));
  check("Conv", "{dilations=[2,3], pads=[2,3,2,3]}", {x, weights({16, 16, 3, 3})},
        quick("jit.conv_mma"));
  check("Conv", "{strides=[2,2], pads=[3,3,3,3]}",
        {bytes({2, 3, 17, 15}, DType::kU8), weights({32, 3, 7, 7})}, quick("jit.conv_mma"));
  check("Conv", "{pads=[0,1,0,1]}", {bytes({1, 20, 7, 6}), weights({12, 20, 1, 3})},
        quick("jit.conv_mma"));
  check("Conv", "{strides=[2], pads=[2,1]}", {bytes({2, 32, 31}), weights({24, 32, 5})},
        quick("jit.conv_mma"));
}

TEST_F(IntegersOnGpu, PadsWithTheZeroPointAndAddsTheBiasToTheSums) {
  const GpuInput bias = constant(random({24}, DType::kI32, 1));
  for (const int64_t channels : {16, 3}) {
    check("Conv", "{pads=[1,1,1,1], x_zero=131}",
          {bytes({2, channels, 6, 5}, DType::kU8), weights({24, channels, 3, 3}), bias},
          quick("jit.conv_mma"));
    check("Conv", "{pads=[1,1,1,1], x_zero=-7}",
          {bytes({1, channels, 6, 5}), weights({24, channels, 3, 3})}, quick("jit.conv_mma"));
    check("Conv", with_epilogue("mul(in0,0.001)", DType::kF16, "{pads=[1,1,1,1]}"),
          {bytes({1, channels, 6, 5}), weights({24, channels, 3, 3}), bias}, quick("jit.conv_mma"));
  }
}

TEST_F(IntegersOnGpu, RequantisesThroughEpilogues) {
  const GpuInput w = weights({24, 32, 3, 3}), scale = scales(24, 288);
  const GpuInput bias = constant(random({24, 1, 1}));
  const Tensor x = bytes({2, 32, 6, 5}, DType::kU8);
  const std::string pads = "{pads=[1,1,1,1]}";
  for (const DType dtype : {DType::kI8, DType::kU8, DType::kF16, DType::kF32, DType::kBF16}) {
    check("Conv", with_epilogue("mul(add(mul(in0,in1),in2),0.7)", dtype, pads),
          {x, w, Tensor(), scale, bias}, quick("jit.conv_mma"));
  }
  check("Conv",
        with_epilogue("min(mul(max(add(add(mul(in0,in1),in2),mul(in3,0.02)),0),31.7),127)",
                      DType::kU8, pads),
        {x, w, Tensor(), scale, bias, bytes({2, 24, 6, 5})}, quick("jit.conv_mma"));
  check("Conv", with_epilogue("mul(add(silu(mul(in0,in1)),mul(in2,0.01)),20)", DType::kI8, pads),
        {x, w, Tensor(), scale, bytes({2, 24, 6, 5}, DType::kU8)}, quick("jit.conv_mma"));
  check("Conv", with_epilogue("add(mul(in0,in1),in2)", DType::kF16, pads),
        {x, w, Tensor(), scale, random({2, 24, 6, 5}, DType::kF16)},
        {.tactic = "jit.conv_mma", .tolerance = 4e-3F});
  check("Conv", with_dtype(DType::kI8, pads), {x, w}, quick("jit.conv_mma"));
}

TEST_F(IntegersOnGpu, ReadsAndWritesWindowsOfBytes) {
  check("Conv", with_epilogue("mul(in0,0.002)", DType::kI8, "{pads=[1,1,1,1]}"),
        {bytes({2, 32, 5, 4}), weights({32, 32, 3, 3})}, {.tactic = "jit.conv_mma"});
  check("MatMul", with_epilogue("mul(in0,0.002)", DType::kI8),
        {bytes({2, 20, 48}), weights({48, 32})}, {.tactic = "jit.matmul"});
}

TEST_F(IntegersOnGpu, MultipliesMatrices) {
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    check("MatMul", "{}", {bytes({130, 160}, dtype), weights({160, 144})}, quick("jit.matmul", 3));
    check("MatMul", "{transpose_b=1}", {bytes({20, 200}, dtype), bytes({72, 200})},
          quick("jit.matmul", 2));
    check("MatMul", "{}", {bytes({17, 13}, dtype), weights({13, 9})}, quick("jit.matmul"));
    check("MatMul", "{}", {bytes({17, 1300}, dtype), bytes({1300, 9})}, quick("jit.matmul"));
    check("MatMul", "{transpose_a=1}", {bytes({40, 24}, dtype), bytes({40, 33})},
          quick("jit.matmul"));
    check("MatMul", "{}", {bytes({2, 3, 10, 32}, dtype), bytes({1, 3, 32, 24})},
          quick("jit.matmul"));
  }
}

TEST_F(IntegersOnGpu, MultipliesFewRows) {
  for (const int64_t rows : {1, 3, 8}) {
    check("MatMul", with_epilogue("relu(add(mul(in0,in1),in2))", DType::kF16),
          {bytes({rows, 1000}, DType::kU8), weights({1000, 37}),
           constant(random({37}, DType::kF32, 1e-4F)), constant(random({37}))},
          quick("jit.matmul*rows*"));
  }
  check("MatMul", "{transpose_b=1}", {bytes({1, 77}), weights({40, 77})},
        quick("jit.matmul*rows*"));
  check("MatMul", with_epilogue("mul(in0,0.01)", DType::kI8), {bytes({2, 64}), weights({64, 48})},
        quick("jit.matmul*rows*"));
}

TEST_F(IntegersOnGpu, ConvolvesDepthwise) {
  const Attributes requantised = with_epilogue("min(mul(relu(add(mul(in0,in1),in2)),20),127)",
                                               DType::kU8, "{group=24, pads=[1,1,1,1]}");
  const GpuInput bias = constant(random({24, 1, 1}));
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    check("Conv", requantised,
          {bytes({2, 24, 7, 9}, dtype), weights({24, 1, 3, 3}), Tensor(), scales(24, 9), bias},
          {.tactic = "jit.depthwise", .min_candidates = 3});
    check(
        "Conv",
        with_epilogue("mul(in0,0.001)", DType::kF16,
                      "{group=16, strides=[2,2], pads=[2,2,2,2], x_zero=77}"),
        {bytes({1, 16, 9, 8}, dtype), weights({16, 1, 5, 5}), constant(random({16}, DType::kI32))},
        quick("jit.depthwise", 3));
  }
  check("Conv", with_epilogue("mul(in0,0.01)", DType::kI8, "{group=6, pads=[1,1,1,1]}"),
        {bytes({1, 6, 5, 5}), weights({12, 1, 3, 3})}, quick("jit.depthwise"));
  check("Conv", with_epilogue("mul(in0,0.01)", DType::kI8, "{group=8, dilations=[2,2]}"),
        {bytes({1, 8, 9, 9}), weights({8, 1, 3, 3})}, quick("jit.depthwise"));
}

TEST_F(IntegersOnGpu, ConvolvesStems) {
  for (const int64_t zero : {0, 120}) {
    Attributes attributes =
        with_epilogue("min(mul(relu(mul(in0,in1)),20),127)", DType::kU8, "{pads=[3,3,3,3]}");
    attributes.set("strides", std::vector<int64_t>{2, 2});
    attributes.set("x_zero", zero);
    check("Conv", attributes,
          {bytes({2, 3, 21, 19}, DType::kU8), weights({32, 3, 7, 7}),
           constant(random({32}, DType::kI32)), scales(32, 147)},
          quick("jit.stem"));
  }
  check("Conv", with_epilogue("mul(in0,0.001)", DType::kF16, "{pads=[1,1,1,1]}"),
        {bytes({1, 3, 21, 19}), weights({16, 3, 3, 3})}, quick("jit.stem"));
}

TEST_F(IntegersOnGpu, ConvolvesGroupsAndLongSums) {
  check("Conv", with_epilogue("mul(in0,0.001)", DType::kI8, "{group=2, pads=[1,1,1,1]}"),
        {bytes({1, 16, 6, 5}), weights({20, 8, 3, 3}), constant(random({20}, DType::kI32))},
        quick("jit.conv"));
  check("Conv", with_epilogue("mul(in0,0.0001)", DType::kF32, "{x_zero=128}"),
        {bytes({1, 700, 3, 2}, DType::kU8), weights({20, 700, 1, 1})}, quick("jit.conv"));
  check("Conv", with_epilogue("mul(in0,0.001)", DType::kF16, "{pads=[1,1,1,1,1,1]}"),
        {bytes({1, 4, 4, 5, 6}), weights({8, 4, 3, 3, 3})}, quick("jit.conv"));
}

TEST_F(IntegersOnGpu, ConvolvesTransposed) {
  for (const int64_t zero : {0, 9}) {
    Attributes attributes =
        with_epilogue("mul(add(mul(in0,in1),in2),3)", DType::kI8, "{pads=[1,1,1,1]}");
    attributes.set("strides", std::vector<int64_t>{2, 2});
    attributes.set("x_zero", zero);
    check("ConvTranspose", attributes,
          {bytes({1, 12, 5, 4}, DType::kU8), weights({12, 20, 4, 4}), Tensor(), scales(20, 192),
           random({1, 20, 10, 8}, DType::kF16)},
          quick("jit.deconv"));
  }
}

TEST_F(IntegersOnGpu, SaysWhyNot) {
  check("Conv", with_dtype(DType::kF32), {bytes({1, 16, 4, 4}), weights({8, 16, 1, 1})},
        quick("jit.conv_mma"));
  expect_no("Conv", "{group=2}", {bytes({1, 16, 4, 4}), weights({8, 8, 1, 1})}, "jit.conv_mma",
            "groups");
  expect_no("Conv", "{}", {bytes({1, 16, 4, 4}), weights({8, 16, 1, 1}), random({8}, DType::kI32)},
            "jit.conv_mma", "bias");
}

}  // namespace
}  // namespace ingot
