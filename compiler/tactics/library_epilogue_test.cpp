// Which part of an epilogue goes to a library, and which is left.
#include "compiler/tactics/library_epilogue.h"

#include <gtest/gtest.h>

#include <random>

namespace ingot {
namespace {

// Extra 1 is a residual, extra 2 a bias, others are neither.
Addend addend(int extra) {
  return extra == 1 ? Addend::kResidual : extra == 2 ? Addend::kBias : Addend::kNone;
}

LibraryEpilogue split(const char* text) {
  const Expression expression = Expression::parse(text);
  return split_epilogue(&expression, addend);
}

std::string text(const Expression& expression) {
  return expression.empty() ? "" : expression.to_string();
}

TEST(LibraryEpilogue, IsNothingForNoEpilogueAndForTheAccumulatorItself) {
  const Expression empty;
  for (const LibraryEpilogue& none :
       {split_epilogue(nullptr, addend), split_epilogue(&empty, addend), split("in0")}) {
    EXPECT_EQ(none.residual, 0);
    EXPECT_EQ(none.bias, 0);
    EXPECT_FALSE(none.relu);
    EXPECT_TRUE(none.activation.empty());
    EXPECT_TRUE(none.after_relu.empty());
  }
}

TEST(LibraryEpilogue, TakesResidualBiasAndReluInAnyOrderOfTheSums) {
  for (const char* sums : {"relu(add(add(in0,in1),in2))", "relu(add(in1,add(in2,in0)))"}) {
    const LibraryEpilogue all = split(sums);
    EXPECT_EQ(all.residual, 1) << sums;
    EXPECT_EQ(all.bias, 2) << sums;
    EXPECT_TRUE(all.relu) << sums;
    EXPECT_TRUE(all.after_relu.empty()) << sums;
    EXPECT_EQ(text(all.activation), "relu(in0)") << sums;
  }
}

TEST(LibraryEpilogue, LeavesWhatComesAfterRelu) {
  const LibraryEpilogue late = split("add(relu(in0),in1)");
  EXPECT_EQ(late.residual, 0);
  EXPECT_TRUE(late.relu);
  EXPECT_EQ(text(late.after_relu), "add(in0,in1)");
}

TEST(LibraryEpilogue, LeavesTheAccumulatorWhereItIsReadTwice) {
  const LibraryEpilogue twice = split("mul(relu(in0),in0)");
  EXPECT_FALSE(twice.relu);
  EXPECT_EQ(text(twice.after_relu), "mul(relu(in0),in0)");
  const LibraryEpilogue square = split("add(in0,in0)");
  EXPECT_EQ(text(square.activation), "add(in0,in0)");
}

TEST(LibraryEpilogue, TakesOneResidualOnly) {
  const Expression expression = Expression::parse("add(add(in0,in1),in2)");
  const LibraryEpilogue one = split_epilogue(&expression, [](int) { return Addend::kResidual; });
  EXPECT_EQ(one.residual, 1);
  EXPECT_EQ(text(one.activation), "add(in0,in2)");
}

TEST(LibraryEpilogue, LeavesSumsWithOtherTensorsAndWithConstants) {
  EXPECT_EQ(text(split("add(in0,in3)").activation), "add(in0,in3)");
  EXPECT_EQ(text(split("add(in0,0.5)").activation), "add(in0,0.5)");
  EXPECT_EQ(text(split("sub(in0,in1)").activation), "sub(in0,in1)");
}

TEST(LibraryEpilogue, PutTogetherAgainIsTheWhole) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> numbers(-3, 3);
  for (const char* whole :
       {"relu(add(add(in0,in1),in2))", "silu(add(in0,in2))", "add(relu(in0),in1)",
        "mul(sigmoid(add(in0,in1)),add(in0,in1))", "let t=add(in0,in2);mul(t,sigmoid(t))",
        "clip(add(in1,in0),0,6)", "mul(add(in0,in3),in1)", "add(relu(add(in0,in2)),in2)",
        "relu(relu(add(in1,in0)))", "gelu(in0)"}) {
    const Expression expression = Expression::parse(whole);
    const LibraryEpilogue parts = split_epilogue(&expression, addend);
    for (int i = 0; i < 20; ++i) {
      const float in[] = {numbers(random), numbers(random), numbers(random), numbers(random)};
      float sum = in[0];
      if (parts.residual) sum += in[parts.residual];
      if (parts.bias) sum += in[parts.bias];
      const auto apply = [&](const Expression& part, float x) {
        const float inputs[] = {x, in[1], in[2], in[3]};
        return part.empty() ? x : evaluate_expression(part, inputs);
      };
      const float expected = evaluate_expression(expression, in);
      EXPECT_NEAR(apply(parts.activation, sum), expected, 1e-5) << whole;
      const float active = parts.relu ? std::max(sum, 0.0F) : sum;
      EXPECT_NEAR(apply(parts.after_relu, active), expected, 1e-5) << whole;
    }
  }
}

}  // namespace
}  // namespace ingot
