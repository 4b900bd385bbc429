// Tests of reductions, searches along an axis, and running sums.
#include <limits>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

Tensor ints(const std::vector<int64_t>& values) { return Tensor::from_integers(values); }

TEST(Reduce, FollowsTheMathematicsOfItsName) {
  const Tensor x = tensor({2, 3}, {1, -2, 3, 4, 5, -6});
  struct Case {
    const char* op;
    std::vector<double> along_rows, along_columns;
  };
  const Case cases[] = {
      {"ReduceSum", {2, 3}, {5, 3, -3}},
      {"ReduceMean", {2 / 3.0, 1}, {2.5, 1.5, -1.5}},
      {"ReduceMax", {3, 5}, {4, 5, 3}},
      {"ReduceMin", {-2, -6}, {1, -2, -6}},
      {"ReduceProd", {-6, -120}, {4, -10, -18}},
      {"ReduceL1", {6, 15}, {5, 7, 9}},
      {"ReduceL2", {std::sqrt(14), std::sqrt(77)}, {std::sqrt(17), std::sqrt(29), std::sqrt(45)}},
      {"ReduceSumSquare", {14, 77}, {17, 29, 45}},
      {"ReduceLogSumExp",
       {std::log(std::exp(1) + std::exp(-2) + std::exp(3)),
        std::log(std::exp(4) + std::exp(5) + std::exp(-6))},
       {std::log(std::exp(1) + std::exp(4)), std::log(std::exp(-2) + std::exp(5)),
        std::log(std::exp(3) + std::exp(-6))}}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.op);
    const Tensor rows = run(one.op, {x, ints({1})}), columns = run(one.op, {x, ints({-2})});
    EXPECT_EQ(rows.shape(), (Shape{2, 1}));
    expect_near(rows, one.along_rows);
    expect_near(columns, one.along_columns);
    expect_near(run(one.op, {converted(x, DType::kF64), ints({1})}), one.along_rows, 1e-12);
    expect_near(run(one.op, {converted(x, DType::kBF16), ints({1})}), one.along_rows, 1e-2);
  }
  expect_near(run("ReduceLogSum", {x, ints({1})}), {std::log(2), std::log(3)});
}

TEST(Reduce, TakesAnyAxesAtOnce) {
  const Tensor x = random_tensor({3, 5, 2, 7});
  std::vector<double> expected(10);
  for (size_t i = 0; i < 210; ++i) expected[i / 14 % 5 * 2 + i / 7 % 2] += x.as<float>()[i];
  const Tensor result = run("ReduceSum", {x, ints({0, 3})}, "{keepdims=0}");
  EXPECT_EQ(result.shape(), (Shape{5, 2}));
  expect_near(result, expected);
  expect_near(run("ReduceSum", {result}, "{keepdims=0}"), run("ReduceSum", {x}, "{keepdims=0}"));
}

TEST(Reduce, WithoutAxesReducesAllOrNothing) {
  const Tensor x = tensor({2, 2}, {1, -2, 3, -4});
  EXPECT_EQ(run("ReduceSum", {x}).shape(), (Shape{1, 1}));
  expect_near(run("ReduceL1", {x, ints({})}, "{noop_with_empty_axes=1}"),
              tensor({2, 2}, {1, 2, 3, 4}));
  EXPECT_EQ(problem_of([&] { run("ReduceSum", {x, ints({2})}); }), "op.bad_axis");
  EXPECT_EQ(problem_of([&] { run("ReduceSum", {x, ints({1, -1})}); }), "op.bad_axis");
}

TEST(Reduce, GivesTheNeutralElementForEmptyAxes) {
  const Tensor x = tensor({2, 0}, {});
  const double infinity = std::numeric_limits<double>::infinity();
  expect_near(run("ReduceSum", {x, ints({1})}), {0, 0});
  expect_near(run("ReduceProd", {x, ints({1})}), {1, 1});
  EXPECT_EQ(run("ReduceMax", {x, ints({1})}).to_floats()[0], -infinity);
  EXPECT_EQ(run("ReduceMin", {x, ints({1})}).to_floats()[0], infinity);
  EXPECT_EQ(run("ReduceLogSumExp", {x, ints({1})}).to_floats()[0], -infinity);
  EXPECT_EQ(run("ReduceMax", {tensor<int8_t>({0}, {})}).to_integers()[0], -128);
  EXPECT_EQ(run("ReduceMean", {x, ints({0})}).shape(), (Shape{1, 0}));
}

TEST(Reduce, ComputesIntegersAndBoolsExactly) {
  const int64_t big = int64_t{1} << 60;
  EXPECT_EQ(run("ReduceSum", {ints({big, 1})}).to_integers()[0], big + 1);
  EXPECT_EQ(run("ReduceMax", {ints({big, big + 1})}).to_integers()[0], big + 1);
  expect_near(run("ReduceMean", {tensor<int32_t>({3}, {1, 2, 2})}), {1});
  expect_near(run("ReduceMin", {tensor<bool>({2}, {true, false})}), {0});
}

TEST(Reduce, AddsManyFloatsWithoutLosingTheSmallOnes) {
  const Tensor x = run("Expand", {Tensor::scalar_f32(0.1F), ints({1000, 1000})});
  expect_near(run("ReduceSum", {x}), {100000.00149}, 1e-7);
}

TEST(Reduce, LogSumExpDoesNotOverflow) {
  expect_near(run("ReduceLogSumExp", {tensor({2}, {1000, 1000})}), {1000 + std::log(2)});
}

TEST(Reduce, LetsNanWin) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const char* op : {"ReduceMax", "ReduceMin"}) {
    EXPECT_TRUE(std::isnan(run(op, {tensor({3}, {1, nan, 2})}).as<float>()[0])) << op;
  }
}

TEST(Reduce, KeepsSymbolicDims) {
  EXPECT_EQ(inferred("ReduceMean", {"n,3,h,w"}, "{keepdims=0}", {ints({2, 3})}), "f32[n,3]");
  EXPECT_EQ(inferred("ReduceMean", {"n,3,h,w"}, "{}", {ints({1})}), "f32[n,1,h,w]");
}

TEST(ArgExtreme, FindsTheFirstOrLastOfEqualElements) {
  const Tensor x = tensor({2, 3}, {2, 7, 7, 5, 1, 1});
  expect_near(run("ArgMax", {x}, "{axis=1}"), tensor<int64_t>({2, 1}, {1, 0}));
  expect_near(run("ArgMax", {x}, "{axis=-1, select_last_index=1, keepdims=0}"),
              tensor<int64_t>({2}, {2, 0}));
  expect_near(run("ArgMin", {x}, "{axis=1}"), tensor<int64_t>({2, 1}, {0, 1}));
  expect_near(run("ArgMin", {x}, "{keepdims=0}"), tensor<int64_t>({3}, {0, 1, 1}));
  EXPECT_EQ(problem_of([] { run("ArgMax", {tensor({0}, {})}); }), "op.bad_shape");
}

TEST(CumSum, RunsForwardsAndBackwards) {
  const Tensor x = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor axis = tensor<int32_t>({}, {1});
  expect_near(run("CumSum", {x, axis}), {1, 3, 6, 4, 9, 15});
  expect_near(run("CumSum", {x, axis}, "{exclusive=1}"), {0, 1, 3, 0, 4, 9});
  expect_near(run("CumSum", {x, axis}, "{reverse=1}"), {6, 5, 3, 15, 11, 6});
  expect_near(run("CumSum", {x, axis}, "{exclusive=1, reverse=1}"), {5, 3, 0, 11, 6, 0});
  expect_near(run("CumSum", {x, Tensor::scalar_i64(0)}), {1, 2, 3, 5, 7, 9});
}

}  // namespace
}  // namespace ingot
