// jit.conv_mma against the reference: filters, strides, dilations, pads, channels in eights and in
// other numbers, epilogues, windows.
#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

class ConvMmaOnGpu : public GpuStepTest {
 protected:
  static Attributes with_epilogue(const std::string& epilogue, const std::string& others) {
    Attributes attributes = Attributes::parse(others);
    attributes.set("epilogue", Expression::parse(epilogue));
    return attributes;
  }
  static GpuCheck quick(int min_candidates = 1) {
    return {.tactic = "jit.conv_mma",
            .tolerance = 8e-3F,
            .windows = false,
            .min_candidates = min_candidates};
  }
  GpuInput filters(const Shape& shape, DType dtype = DType::kF16) {
    return constant(random(shape, dtype, 0.3F));
  }
};

TEST_F(ConvMmaOnGpu, DoesEveryTileOfTheMenu) {
  check("Conv", "{}", {random({1, 16, 12, 11}, DType::kF16), filters({136, 16, 1, 1})}, quick(5));
  check("Conv", "{pads=[1,1,1,1]}", {random({1, 72, 6, 5}, DType::kF16), filters({40, 72, 3, 3})},
        quick(3));
}

TEST_F(ConvMmaOnGpu, StridesDilatesAndPads) {
  const Tensor x = random({2, 8, 13, 11}, DType::kF16);
  check("Conv", "{strides=[2,2], pads=[1,1,1,1]}", {x, filters({24, 8, 3, 3})}, quick());
  check("Conv", "{strides=[3,1], pads=[2,0,1,3]}", {x, filters({16, 8, 5, 2})}, quick());
  check("Conv", "{dilations=[2,3], pads=[2,3,2,3]}", {x, filters({16, 8, 3, 3})}, quick());
  check("Conv", "{auto_pad=\"SAME_UPPER\", strides=[2,2]}", {x, filters({16, 8, 3, 3})}, quick());
}

TEST_F(ConvMmaOnGpu, DoesImagesOfFewChannels) {
  check("Conv", "{strides=[2,2], pads=[3,3,3,3]}",
        {random({2, 3, 17, 15}, DType::kF16), filters({32, 3, 7, 7})}, quick());
  check("Conv", "{pads=[1,1,1,1]}", {random({1, 1, 9, 9}, DType::kF16), filters({9, 1, 3, 3})},
        quick());
  check("Conv", "{pads=[0,1,0,1]}", {random({1, 20, 7, 6}, DType::kF16), filters({12, 20, 1, 3})},
        quick());
}

TEST_F(ConvMmaOnGpu, HasAnyNumberOfFilters) {
  for (const int64_t count : {1, 7, 67}) {
    check("Conv", "{pads=[1,1,1,1]}",
          {random({1, 8, 5, 6}, DType::kF16), filters({count, 8, 3, 3}),
           constant(random({count}, DType::kF16))},
          quick());
  }
}

TEST_F(ConvMmaOnGpu, DoesOneSpatialAxis) {
  check("Conv", "{strides=[2], pads=[2,1]}",
        {random({2, 16, 31}, DType::kF16), filters({24, 16, 5})}, quick());
}

TEST_F(ConvMmaOnGpu, AppliesEpilogues) {
  const Tensor x = random({2, 16, 6, 5}, DType::kF16);
  const GpuInput w = filters({24, 16, 3, 3}), bias = constant(random({24}, DType::kF16));
  const std::string pads = "{pads=[1,1,1,1]}";
  check("Conv", with_epilogue("relu(add(in0,in1))", pads),
        {x, w, bias, random({2, 24, 6, 5}, DType::kF16)}, quick());
  check("Conv", with_epilogue("add(silu(in0),in1)", pads),
        {x, w, Tensor(), random({2, 24, 6, 5}, DType::kF16)}, quick());
  check("Conv", with_epilogue("add(mul(in0,in1),mul(in2,in3))", pads),
        {x, w, bias, constant(random({24, 1, 1})), random({2, 24, 1, 1}, DType::kF16),
         random({1, 1, 6, 5}, DType::kF16)},
        quick());
}

TEST_F(ConvMmaOnGpu, ReadsAndWritesWindows) {
  check("Conv", "{pads=[1,1,1,1]}",
        {random({2, 16, 5, 4}, DType::kF16), filters({16, 16, 3, 3}),
         constant(random({16}, DType::kF16))},
        {.tactic = "jit.conv_mma", .tolerance = 8e-3F});
}

TEST_F(ConvMmaOnGpu, DoesBfloat16) {
  if (target().gpu.compute_capability < 80) GTEST_SKIP() << "no tensor cores for it before Ampere";
  check("Conv", "{pads=[1,1,1,1]}",
        {random({1, 16, 6, 5}, DType::kBF16), filters({24, 16, 3, 3}, DType::kBF16),
         constant(random({24}, DType::kBF16))},
        {.tactic = "jit.conv_mma", .tolerance = 6e-2F, .windows = false});
}

TEST_F(ConvMmaOnGpu, DoesFloatsAsTf32) {
  if (target().gpu.compute_capability < 80) GTEST_SKIP() << "no tensor cores for it before Ampere";
  for (const int64_t channels : {12, 3}) {
    check("Conv", "{pads=[1,1,1,1], strides=[2,1]}",
          {random({2, channels, 6, 5}), filters({24, channels, 3, 3}, DType::kF32),
           constant(random({24}))},
          {.tactic = "jit.conv_mma", .tolerance = 1e-2F, .windows = false});
  }
}

TEST_F(ConvMmaOnGpu, SaysWhyNot) {
  expect_no("Conv", "{}", {random({1, 8, 4, 4}, DType::kF64), filters({8, 8, 1, 1}, DType::kF64)},
            "jit.conv_mma", "f64");
  expect_no("Conv", "{group=2}", {random({1, 16, 4, 4}, DType::kF16), filters({8, 8, 1, 1})},
            "jit.conv_mma", "groups");
}

}  // namespace
}  // namespace ingot
