// Tests of operators on single elements: values by hand, narrow floats, integers, odd values.
#include <limits>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double nan_value() { return std::numeric_limits<double>::quiet_NaN(); }

TEST(Unary, FollowsTheMathematicsOfItsName) {
  struct Case {
    const char* op;
    double x, y;
  };
  const Case cases[] = {{"Abs", -1.5, 1.5},
                        {"Acos", 0.5, 1.0471975512},
                        {"Acosh", 2, 1.3169578969},
                        {"Asin", 0.5, 0.5235987756},
                        {"Asinh", 1, 0.8813735870},
                        {"Atan", 1, 0.7853981634},
                        {"Atanh", 0.5, 0.5493061443},
                        {"Ceil", -1.2, -1},
                        {"Cos", 1, 0.5403023059},
                        {"Cosh", 1, 1.5430806348},
                        {"Erf", 0.5, 0.5204998778},
                        {"Exp", 1, 2.7182818285},
                        {"Floor", -1.2, -2},
                        {"Log", 2, 0.6931471806},
                        {"Neg", 3, -3},
                        {"Reciprocal", 4, 0.25},
                        {"Relu", -2, 0},
                        {"Round", 2.5, 2},
                        {"Sigmoid", 1, 0.7310585786},
                        {"Sign", -0.1, -1},
                        {"Sin", 1, 0.8414709848},
                        {"Sinh", 1, 1.1752011936},
                        {"Softplus", 1, 1.3132616875},
                        {"Softsign", -1, -0.5},
                        {"Sqrt", 2, 1.4142135624},
                        {"Tan", 1, 1.5574077247},
                        {"Tanh", 1, 0.7615941560},
                        {"HardSwish", 1, 0.6666666667},
                        {"Mish", 1, 0.8650983883},
                        {"Swish", 1, 0.7310585786},
                        {"Gelu", 1, 0.8413447461},
                        {"HardSigmoid", 1, 0.7},
                        {"LeakyRelu", -2, -0.02},
                        {"Elu", -1, -0.6321205588},
                        {"Celu", -1, -0.6321205588},
                        {"Selu", -1, -1.1113307378},
                        {"ThresholdedRelu", 1, 0},
                        {"Shrink", 1.5, 1.5}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.op);
    const auto x = static_cast<float>(one.x);
    expect_near(run(one.op, {tensor({1}, {x})}), {one.y});
    expect_near(run(one.op, {tensor<double>({1}, {one.x})}), {one.y}, 1e-7);
    expect_near(run(one.op, {converted(tensor({1}, {x}), DType::kF16)}), {one.y}, 2e-3);
    expect_near(run(one.op, {converted(tensor({1}, {x}), DType::kBF16)}), {one.y}, 1e-2);
  }
}

TEST(Unary, TakesItsParametersFromTheAttributes) {
  const Tensor x = tensor({3}, {-2, 0.5, 2});
  expect_near(run("LeakyRelu", {x}, "{alpha=0.5}"), {-1, 0.5, 2});
  expect_near(run("Elu", {x}, "{alpha=2.0}"), {-1.7293294335, 0.5, 2});
  expect_near(run("Celu", {x}, "{alpha=2.0}"), {-1.2642411177, 0.5, 2});
  expect_near(run("HardSigmoid", {x}, "{alpha=0.5, beta=0.25}"), {0, 0.5, 1});
  expect_near(run("Swish", {x}, "{alpha=2.0}"), {-0.0359724199, 0.3655292893, 1.9640275801});
  expect_near(run("Gelu", {x}, "{approximate=\"tanh\"}"), {-0.0454023, 0.3457140, 1.9545977}, 1e-5);
  expect_near(run("ThresholdedRelu", {x}, "{alpha=0.25}"), {0, 0.5, 2});
  expect_near(run("Shrink", {x}, "{lambd=1.0, bias=0.5}"), {-1.5, 0, 1.5});
  EXPECT_EQ(problem_of([&] { run("Gelu", {x}, "{approximate=\"erf\"}"); }), "op.bad_attribute");
}

TEST(Unary, StaysFiniteWhereOnlyAnIntermediateWouldOverflow) {
  const Tensor x = tensor({2}, {200, -200});
  expect_near(run("Softplus", {x}), {200, 0});
  expect_near(run("Mish", {x}), {200, 0});
  expect_near(run("Sigmoid", {x}), {1, 0});
}

TEST(Unary, KeepsLargeTensorsOfNarrowFloatsInOrderAcrossBlocks) {
  std::vector<float> values(1300);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 97) - 48;
  const Tensor x = converted(tensor({1300}, values), DType::kF16);
  std::vector<double> expected;
  for (const float value : values) expected.push_back(-value);
  expect_near(run("Neg", {x}), expected);
}

TEST(Unary, ComputesInIntegersWhereItsNameAllows) {
  expect_near(run("Abs", {tensor<int8_t>({3}, {-3, 4, -128})}), {3, 4, -128});
  expect_near(run("Neg", {tensor<int64_t>({2}, {int64_t{1} << 60, -7})}),
              {-1152921504606846976.0, 7});
  expect_near(run("Sign", {tensor<int32_t>({3}, {-9, 0, 9})}), {-1, 0, 1});
  expect_near(run("Relu", {tensor<int16_t>({2}, {-9, 9})}), {0, 9});
  expect_near(run("BitwiseNot", {tensor<uint8_t>({2}, {0, 0xf0})}), {255, 15});
  EXPECT_EQ(problem_of([] { run("Exp", {tensor<int32_t>({1}, {1})}); }), "op.bad_type");
  EXPECT_EQ(problem_of([] { run("BitwiseNot", {tensor({1}, {1})}); }), "op.bad_type");
}

TEST(Unary, TellsInfinitiesAndNanApart) {
  const auto inf = static_cast<float>(kInfinity);
  const Tensor x = tensor({4}, {1, inf, -inf, static_cast<float>(nan_value())});
  expect_near(run("IsNaN", {x}), {0, 0, 0, 1});
  expect_near(run("IsInf", {x}), {0, 1, 1, 0});
  expect_near(run("IsInf", {x}, "{detect_negative=0}"), {0, 1, 0, 0});
  expect_near(run("Not", {tensor<bool>({2}, {true, false})}), {0, 1});
}

TEST(Clip, HasOptionalBoundsOfTheSameType) {
  const Tensor x = tensor({3}, {-2, 0, 2});
  const Tensor low = Tensor::scalar_f32(-1), high = Tensor::scalar_f32(1);
  expect_near(run("Clip", {x, low, high}), {-1, 0, 1});
  expect_near(run("Clip", {x, Tensor(), high}), {-2, 0, 1});
  expect_near(run("Clip", {x}), {-2, 0, 2});
  expect_near(run("Clip", {x, high, low}), {-1, -1, -1});  // min > max: max
  expect_near(run("Clip", {tensor<uint8_t>({2}, {3, 250}), tensor<uint8_t>({}, {5}),
                           tensor<uint8_t>({}, {200})}),
              {5, 200});
  EXPECT_EQ(problem_of([&] { run("Clip", {x, Tensor::scalar_i64(0)}); }), "op.bad_type");
}

TEST(Cast, TruncatesWrapsAndRounds) {
  const Tensor x = tensor({4}, {-1.7, 1.7, 300, 0});
  expect_near(run("Cast", {x}, "{to=i32}"), {-1, 1, 300, 0});
  expect_near(run("Cast", {x}, "{to=u8}"), {255, 1, 44, 0});
  expect_near(run("Cast", {x}, "{to=bool}"), {1, 1, 1, 0});
  expect_near(run("Cast", {tensor({1}, {1.0F + 1.0F / 256})}, "{to=bf16}"), {1});
  expect_near(run("Cast", {tensor<bool>({2}, {true, false})}, "{to=f16}"), {1, 0});
  expect_near(run("Cast", {tensor<uint64_t>({1}, {~uint64_t{0}})}, "{to=f32}"),
              {18446744073709551615.0});
  expect_near(run("CastLike", {x, tensor<int8_t>({1}, {0})}), {-1, 1, 44, 0});
}

TEST(Cast, OfWhatIsNotANumberToAnIntegerIsDefined) {
  const auto inf = static_cast<float>(kInfinity);
  expect_near(run("Cast", {tensor({2}, {static_cast<float>(nan_value()), inf})}, "{to=i64}"),
              {0, 9223372036854775807.0});
}

TEST(Cast, ToEightBitFloatsSaturatesOnlyIfAsked) {
  const Tensor x = tensor({3}, {448, 1000, -1000});
  expect_near(run("Cast", {x}, "{to=f8e4m3}"), {448, 448, -448});
  const Tensor open = run("Cast", {x}, "{to=f8e4m3, saturate=0}");
  EXPECT_EQ(static_cast<const uint8_t*>(open.data())[0], 0x7e);
  EXPECT_EQ(static_cast<const uint8_t*>(open.data())[1], 0x7f);
  EXPECT_EQ(static_cast<const uint8_t*>(open.data())[2], 0xff);
}

TEST(Cast, PacksFourBitIntegersTwoToAByte) {
  const Tensor packed = run("Cast", {tensor<int32_t>({3}, {-8, 7, -1})}, "{to=i4}");
  EXPECT_EQ(static_cast<const uint8_t*>(packed.data())[0], 0x78);
  EXPECT_EQ(static_cast<const uint8_t*>(packed.data())[1] & 15, 15);
  expect_near(run("Cast", {packed}, "{to=i8}"), {-8, 7, -1});
  expect_near(
      run("Cast", {run("Reshape", {packed, Tensor::from_integers(std::vector<int64_t>{3, 1})})},
          "{to=i8}"),
      {-8, 7, -1});
}

TEST(Dropout, KeepsEverythingInInference) {
  const auto results = run_all("Dropout", {tensor({2}, {1, 2})}, "{}", 2);
  expect_near(results[0], {1, 2});
  expect_near(results[1], {1, 1});
  EXPECT_EQ(problem_of([] {
              run("Dropout", {tensor({1}, {1}), Tensor::scalar_f32(0.5), tensor<bool>({}, {true})});
            }),
            "op.unsupported_attribute");
}

}  // namespace
}  // namespace ingot
