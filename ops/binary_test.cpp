// Tests of operators on two or more tensors that broadcast.
#include <limits>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

TEST(Binary, BroadcastsAsNumPyDoes) {
  const Tensor a = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_near(run("Add", {a, tensor({3}, {10, 20, 30})}), tensor({2, 3}, {11, 22, 33, 14, 25, 36}));
  expect_near(run("Sub", {tensor({2, 1}, {10, 20}), a}), tensor({2, 3}, {9, 8, 7, 16, 15, 14}));
  expect_near(run("Mul", {Tensor::scalar_f32(2), a}), tensor({2, 3}, {2, 4, 6, 8, 10, 12}));
  expect_near(run("Add", {tensor({2, 1, 1}, {0, 10}), tensor({1, 2, 2}, {1, 2, 3, 4})}),
              tensor({2, 2, 2}, {1, 2, 3, 4, 11, 12, 13, 14}));
  expect_near(run("Add", {tensor({2, 1}, {1, 2}), tensor({1, 3}, {10, 20, 30})}),
              tensor({2, 3}, {11, 21, 31, 12, 22, 32}));
  EXPECT_EQ(problem_of([&] { run("Add", {a, tensor({2}, {1, 2})}); }), "op.not_broadcastable");
}

TEST(Binary, HasEmptyResultsOfEmptyTensors) {
  const Tensor empty = tensor({0, 3}, {});
  EXPECT_EQ(run("Add", {empty, tensor({3}, {1, 2, 3})}).shape(), (Shape{0, 3}));
  EXPECT_EQ(run("Less", {empty, tensor({1, 1}, {1})}).shape(), (Shape{0, 3}));
  EXPECT_EQ(run("Pow", {empty, tensor({1, 1}, {2})}).shape(), (Shape{0, 3}));
}

TEST(Binary, ComputesNarrowFloatsBlockByBlock) {
  const Tensor a = converted(random_tensor({3, 700}, 1), DType::kF16);
  const Tensor b = converted(random_tensor({1, 700}, 2), DType::kF16);
  const Tensor expected = run("Add", {converted(a, DType::kF32), converted(b, DType::kF32)});
  expect_near(run("Add", {a, b}), expected, 1e-3);
  expect_near(run("Less", {a, b}),
              run("Less", {converted(a, DType::kF32), converted(b, DType::kF32)}));
}

TEST(Binary, IntegersWrapAndNeverTrap) {
  const int32_t low = std::numeric_limits<int32_t>::min();
  expect_near(run("Add", {tensor<int8_t>({1}, {127}), tensor<int8_t>({1}, {1})}), {-128});
  expect_near(run("Mul", {tensor<int32_t>({1}, {1 << 30}), tensor<int32_t>({1}, {4})}), {0});
  expect_near(
      run("Div", {tensor<int32_t>({4}, {-7, 7, 5, low}), tensor<int32_t>({4}, {2, -2, 0, -1})}),
      {-3, -3, 0, static_cast<double>(low)});
  expect_near(
      run("Mod", {tensor<int32_t>({4}, {-7, 7, 5, low}), tensor<int32_t>({4}, {2, -2, 0, -1})}),
      {1, -1, 0, 0});
  expect_near(
      run("Mod", {tensor<int32_t>({2}, {-7, 7}), tensor<int32_t>({2}, {3, -3})}, "{fmod=1}"),
      {-1, 1});
  expect_near(run("Mod", {tensor({2}, {-7.5, 7.5}), tensor({2}, {2, -2})}, "{fmod=1}"),
              {-1.5, 1.5});
}

TEST(Pow, TakesTheTypeOfTheBase) {
  expect_near(run("Pow", {tensor({3}, {2, 3, 4}), tensor<int64_t>({3}, {3, 2, -1})}), {8, 9, 0.25});
  const Tensor integers = run("Pow", {tensor<int32_t>({3}, {2, 3, 5}), tensor({}, {2})});
  EXPECT_EQ(integers.dtype(), DType::kI32);
  expect_near(integers, {4, 9, 25});
  expect_near(run("Pow", {tensor<int64_t>({3}, {3, -1, 2}), tensor<int64_t>({3}, {4, -3, -1})}),
              {81, -1, 0});
}

TEST(Variadic, FoldsAnyNumberOfTensors) {
  const Tensor a = tensor({3}, {1, 5, 3}), b = tensor({1}, {2}), c = tensor({2, 1}, {0, 4});
  expect_near(run("Max", {a, b, c}), tensor({2, 3}, {2, 5, 3, 4, 5, 4}));
  expect_near(run("Min", {a, b, c}), tensor({2, 3}, {0, 0, 0, 1, 2, 2}));
  expect_near(run("Sum", {a, b, c}), tensor({2, 3}, {3, 7, 5, 7, 11, 9}));
  expect_near(run("Mean", {a, b, c}),
              tensor({2, 3}, {1, 7 / 3.0F, 5 / 3.0F, 7 / 3.0F, 11 / 3.0F, 3}));
  expect_near(run("Sum", {a}), {1, 5, 3});
  EXPECT_EQ(problem_of([] { run("Max", {}); }), "op.missing_input");
}

TEST(Variadic, MaxAndMinLetNanWin) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor result = run("Max", {tensor({2}, {nan, 1}), tensor({2}, {1, nan})});
  EXPECT_TRUE(std::isnan(result.as<float>()[0]) && std::isnan(result.as<float>()[1]));
}

TEST(Comparison, ComparesNumbersAndBools) {
  const Tensor a = tensor<int64_t>({3}, {1, 2, 3}), b = tensor<int64_t>({1}, {2});
  expect_near(run("Equal", {a, b}), {0, 1, 0});
  expect_near(run("Less", {a, b}), {1, 0, 0});
  expect_near(run("LessOrEqual", {a, b}), {1, 1, 0});
  expect_near(run("Greater", {a, b}), {0, 0, 1});
  expect_near(run("GreaterOrEqual", {a, b}), {0, 1, 1});
  const Tensor t = tensor<bool>({2}, {true, false}), u = tensor<bool>({2}, {true, true});
  expect_near(run("Equal", {t, u}), {1, 0});
  expect_near(run("And", {t, u}), {1, 0});
  expect_near(run("Or", {t, u}), {1, 1});
  expect_near(run("Xor", {t, u}), {0, 1});
  EXPECT_EQ(problem_of([&] { run("And", {a, b}); }), "op.bad_type");
}

TEST(Bits, AreCombinedAndShifted) {
  const Tensor a = tensor<uint8_t>({2}, {0b1100, 0b1010}), b = tensor<uint8_t>({1}, {0b0110});
  expect_near(run("BitwiseAnd", {a, b}), {0b0100, 0b0010});
  expect_near(run("BitwiseOr", {a, b}), {0b1110, 0b1110});
  expect_near(run("BitwiseXor", {a, b}), {0b1010, 0b1100});
  const Tensor by = tensor<uint8_t>({2}, {1, 9});
  expect_near(run("BitShift", {a, by}, "{direction=\"LEFT\"}"), {24, 0});
  expect_near(run("BitShift", {a, by}, "{direction=\"RIGHT\"}"), {6, 0});
  expect_near(run("BitShift", {tensor<int8_t>({1}, {-8}), tensor<int8_t>({1}, {1})},
                  "{direction=\"RIGHT\"}"),
              {-4});
}

TEST(Where, ChoosesElementByElement) {
  const Tensor condition = tensor<bool>({2, 1}, {true, false});
  expect_near(run("Where", {condition, tensor({3}, {1, 2, 3}), Tensor::scalar_f32(0)}),
              tensor({2, 3}, {1, 2, 3, 0, 0, 0}));
}

TEST(PRelu, BroadcastsTheSlopeToTheInputOnly) {
  const Tensor x = tensor({1, 2, 2}, {-1, 2, -3, 4});
  expect_near(run("PRelu", {x, tensor({2, 1}, {0.5, 0.1})}), {-0.5, 2, -0.3, 4});
  EXPECT_EQ(problem_of([&] { run("PRelu", {x, tensor({3, 1, 1}, {1, 1, 1})}); }),
            "op.not_broadcastable");
}

TEST(Pointwise, ComputesItsExpressionOverBroadcastInputs) {
  const Tensor a = random_tensor({2, 3, 600}, 3), b = random_tensor({3, 1}, 4);
  const Tensor expected = run("Relu", {run("Add", {run("Mul", {a, b}), Tensor::scalar_f32(0.5)})});
  expect_near(run("Pointwise", {a, b}, "{expression=expr(relu(add(mul(in0,in1),0.5)))}"), expected);
  const Tensor narrow = run("Pointwise", {converted(a, DType::kF16), b},
                            "{expression=expr(mul(in0,in1)), dtype=bf16}");
  EXPECT_EQ(narrow.dtype(), DType::kBF16);
  expect_near(narrow, run("Mul", {a, b}), 1e-2);
  EXPECT_EQ(problem_of([&] { run("Pointwise", {a}, "{expression=expr(add(in0,in1))}"); }),
            "op.bad_attribute");
}

}  // namespace
}  // namespace ingot
