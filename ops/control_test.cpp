// Tests of If, Loop and Scan: branches, carried and stacked values, captures, and their shape rules.
#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

constexpr std::string_view kBranches =
    "{then_branch=program(2) { %2 = Add(%0, %1) {}; return %2 }, "
    "else_branch=program(2) { %2 = Concat(%0, %1) {axis=0}; return %2 }}";

Tensor boolean(bool value) { return tensor<bool>({}, {value}); }

std::string types(std::string_view op, const std::vector<ValueType>& inputs,
                  std::string_view attributes, int outputs) {
  std::vector<const ValueType*> pointers;
  for (const ValueType& input : inputs) {
    pointers.push_back(input.dtype == DType::kUndefined ? nullptr : &input);
  }
  std::string text;
  for (const ValueType& type :
       infer_types(op_named(op), Attributes::parse(attributes), pointers, outputs, "node")) {
    text += std::string(dtype_name(type.dtype)) + to_string(type.dims) + " ";
  }
  return text;
}

ValueType of(DType dtype, const std::vector<std::string>& dims) {
  ValueType type{.dtype = dtype, .dims = {}, .contents = {}, .constant = {}};
  for (const std::string& dim : dims) type.dims.push_back(Dim::parse(dim));
  return type;
}

ValueType with_contents(DType dtype, const Dim& value) {
  ValueType type = of(dtype, {});
  type.contents = {value};
  return type;
}

TEST(If, RunsTheBranchThatTheConditionChooses) {
  const Tensor a = tensor({2}, {1, 2}), b = tensor({2}, {10, 20});
  expect_near(run("If", {boolean(true), a, b}, kBranches), {11, 22});
  expect_near(run("If", {boolean(false), a, b}, kBranches), {1, 2, 10, 20});
}

TEST(If, JoinsTheShapesOfItsBranches) {
  const ValueType a = of(DType::kF32, {"n", "4"});
  EXPECT_EQ(types("If", {of(DType::kBool, {}), a, a}, kBranches, 1), "f32[\"?node.0.0\",4] ");
  EXPECT_EQ(types("If", {with_contents(DType::kBool, 1), a, a}, kBranches, 1), "f32[n,4] ");
  EXPECT_EQ(types("If", {with_contents(DType::kBool, 0), a, a}, kBranches, 1), "f32[2*n,4] ");
}

TEST(If, RefusesBranchesOfDifferentRankUnlessItKnowsWhichRuns) {
  const std::string_view branches =
      "{then_branch=program(1) { %1 = Squeeze(%0, _) {}; return %1 }, "
      "else_branch=program(1) { %1 = Identity(%0) {}; return %1 }}";
  const ValueType x = of(DType::kF32, {"1", "4"});
  EXPECT_EQ(problem_of([&] { types("If", {of(DType::kBool, {}), x}, branches, 1); }),
            "op.subgraphs_differ");
  EXPECT_EQ(types("If", {with_contents(DType::kBool, 1), x}, branches, 1), "f32[4] ");
}

TEST(If, TakesTheOtherBranchWhereTheShapesCannotGoThroughOne) {
  const std::string_view branches =
      "{then_branch=program(2) { %2 = Squeeze(%0, %1) {}; return %2 }, "
      "else_branch=program(2) { %2 = Identity(%0) {}; return %2 }}";
  const ValueType x = of(DType::kF32, {"2", "4"});
  ValueType axis = of(DType::kI64, {"1"});
  axis.contents = {Dim(0)};
  EXPECT_EQ(types("If", {of(DType::kBool, {}), x, axis}, branches, 1), "f32[2,4] ");
  const std::string_view neither =
      "{then_branch=program(2) { %2 = Squeeze(%0, %1) {}; return %2 }, "
      "else_branch=program(2) { %2 = Squeeze(%0, %1) {}; return %2 }}";
  EXPECT_EQ(problem_of([&] { types("If", {of(DType::kBool, {}), x, axis}, neither, 1); }),
            "op.bad_shape");
  EXPECT_EQ(problem_of([&] {
              run("If", {boolean(true), tensor({2, 2}, {1, 2, 3, 4}), tensor<int64_t>({1}, {0})},
                  branches);
            }),
            "op.bad_shape");
}

// (iteration, cond, total, captured) to (cond, total + captured, total): stacks the old totals.
constexpr std::string_view kSum =
    "{body=program(4) { %4 = Identity(%1) {}; %5 = Add(%2, %3) {}; return %4, %5, %2 }, "
    "captures=1}";

TEST(Loop, CarriesStacksAndCaptures) {
  const auto result = run_all(
      "Loop", {Tensor::scalar_i64(3), boolean(true), tensor({2}, {0, 1}), tensor({2}, {1, 10})},
      kSum, 2);
  expect_near(result[0], tensor({2}, {3, 31}));
  expect_near(result[1], tensor({3, 2}, {0, 1, 1, 11, 2, 21}));
}

TEST(Loop, WithoutIterationsGivesTheFirstValuesAndEmptyStacks) {
  for (const bool starts : {true, false}) {
    const auto result = run_all("Loop",
                                {Tensor::scalar_i64(starts ? 0 : 3), boolean(starts),
                                 tensor({2}, {5, 6}), tensor({2}, {1, 1})},
                                kSum, 2);
    expect_near(result[0], {5, 6});
    EXPECT_EQ(result[1].shape(), (Shape{0, 2}));
  }
}

TEST(Loop, EndsWhenItsConditionDoes) {
  // Doubles while the value is below 20.
  const std::string_view body =
      "{body=program(3) { %3 = Add(%2, %2) {}; %4 = Constant() {value_float=20.0}; "
      "%5 = Less(%3, %4) {}; return %5, %3 }}";
  expect_near(run("Loop", {Tensor(), Tensor(), Tensor::scalar_f32(3)}, body), {24});
}

TEST(Loop, KnowsTheLengthOfStacksOnlyIfTheConditionStaysTrue) {
  const ValueType x = of(DType::kF32, {"n"}), absent = of(DType::kUndefined, {});
  const ValueType trips = with_contents(DType::kI64, Dim::symbol("t"));
  EXPECT_EQ(types("Loop", {trips, absent, x, x}, kSum, 2), "f32[n] f32[t,n] ");
  EXPECT_EQ(types("Loop", {trips, of(DType::kBool, {}), x, x}, kSum, 2),
            R"(f32[n] f32["?node.1.0",n] )");
}

TEST(Loop, TakesDimsThatChangeAsUnknown) {
  const std::string_view growing =
      "{body=program(4) { %4 = Concat(%2, %3) {axis=0}; return %1, %4 }, captures=1}";
  const ValueType x = of(DType::kF32, {"1", "c"});
  EXPECT_EQ(types("Loop", {of(DType::kI64, {}), of(DType::kBool, {}), x, x}, growing, 1),
            "f32[\"?node.0.0\",c] ");
  const Tensor one = tensor({1, 2}, {1, 2});
  EXPECT_EQ(run("Loop", {Tensor::scalar_i64(3), boolean(true), one, one}, growing).shape(),
            (Shape{4, 2}));
}

TEST(Loop, RefusesMoreCapturesThanInputs) {
  EXPECT_EQ(problem_of([] {
              run("Loop", {Tensor::scalar_i64(1), boolean(true)},
                  "{body=program(2) { return %1 }, captures=3}");
            }),
            "op.bad_attribute");
}

// (sum, slice, captured) to (sum + slice, (sum + slice) * captured).
constexpr std::string_view kScanBody =
    "body=program(3) { %3 = Add(%0, %1) {}; %4 = Mul(%3, %2) {}; return %3, %4 }, "
    "num_scan_inputs=1, captures=1";

TEST(Scan, CarriesAndStacksAlongAnyAxisAndDirection) {
  const Tensor start = tensor({2}, {0, 0}), x = tensor({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor factor = Tensor::scalar_f32(10);
  const auto plain = run_all("Scan", {start, x, factor}, "{" + std::string(kScanBody) + "}", 2);
  expect_near(plain[0], {9, 12});
  expect_near(plain[1], tensor({3, 2}, {10, 20, 40, 60, 90, 120}));
  const auto turned = run_all("Scan", {start, run("Transpose", {x}), factor},
                              "{" + std::string(kScanBody) +
                                  ", scan_input_axes=[1], scan_input_directions=[1], "
                                  "scan_output_axes=[-1], scan_output_directions=[1]}",
                              2);
  expect_near(turned[0], {9, 12});
  expect_near(turned[1], tensor({2, 3}, {90, 80, 50, 120, 100, 60}));
}

TEST(Scan, StacksAsLongAsTheScannedAxis) {
  const ValueType start = of(DType::kF32, {"c"}), x = of(DType::kF32, {"t", "c"});
  EXPECT_EQ(types("Scan", {start, x, of(DType::kF32, {})}, "{" + std::string(kScanBody) + "}", 2),
            "f32[c] f32[t,c] ");
}

}  // namespace
}  // namespace ingot
