// Tests of operators that move elements: values by hand, odd shapes, negative axes and steps.
#include <numeric>

#include "ops/op_testing.h"
#include "ops/strided_copy.h"

namespace ingot {
namespace {

using namespace op_testing;

Tensor ints(const std::vector<int64_t>& values) { return Tensor::from_integers(values); }

/// 0, 1, 2, ...
Tensor counted(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  std::iota(values.begin(), values.end(), 0.0F);
  return tensor(shape, values);
}

TEST(Reshape, InfersOneDimAndCopiesZeros) {
  const Tensor x = counted({2, 3, 4});
  EXPECT_EQ(run("Reshape", {x, ints({4, -1})}).shape(), (Shape{4, 6}));
  EXPECT_EQ(run("Reshape", {x, ints({0, -1})}).shape(), (Shape{2, 12}));
  EXPECT_EQ(run("Reshape", {tensor({0, 3}, {}), ints({3, 0})}, "{allowzero=1}").shape(),
            (Shape{3, 0}));
  expect_near(run("Reshape", {x, ints({24})}), counted({24}));
}

TEST(Reshape, FollowsSymbolsThroughTheTarget) {
  EXPECT_EQ(inferred("Reshape", {"batch,3,h"}, "{}", {ints({0, -1})}), "f32[batch,3*h]");
  EXPECT_EQ(inferred("Reshape", {"batch,8,h"}, "{}", {ints({-1, 4, 2})}), "f32[batch*h,4,2]");
}

TEST(Reshape, RefusesTargetsThatDoNotFit) {
  const Tensor x = counted({2, 3});
  EXPECT_EQ(problem_of([&] { run("Reshape", {x, ints({4, -1})}); }), "op.bad_shape");
  EXPECT_EQ(problem_of([&] { run("Reshape", {x, ints({-1, -1})}); }), "op.bad_shape");
  EXPECT_EQ(problem_of([&] { run("Reshape", {x, ints({5})}); }), "op.bad_shape");
  EXPECT_EQ(problem_of([&] { run("Reshape", {x, ints({-3, 2})}); }), "op.bad_shape");
}

TEST(Views, ChangeTheShapeOnly) {
  const Tensor x = counted({2, 1, 3});
  EXPECT_EQ(run("Flatten", {x}, "{axis=2}").shape(), (Shape{2, 3}));
  EXPECT_EQ(run("Flatten", {x}, "{axis=0}").shape(), (Shape{1, 6}));
  EXPECT_EQ(run("Flatten", {x}, "{axis=3}").shape(), (Shape{6, 1}));
  EXPECT_EQ(run("Flatten", {x}, "{axis=-1}").shape(), (Shape{2, 3}));
  EXPECT_EQ(run("Squeeze", {x}).shape(), (Shape{2, 3}));
  EXPECT_EQ(run("Squeeze", {x, ints({-2})}).shape(), (Shape{2, 3}));
  EXPECT_EQ(run("Unsqueeze", {x, ints({-1, 0})}).shape(), (Shape{1, 2, 1, 3, 1}));
  expect_near(run("Identity", {x}), x);
  EXPECT_EQ(problem_of([&] { run("Squeeze", {x, ints({0})}); }), "op.bad_shape");
  EXPECT_EQ(problem_of([&] { run("Unsqueeze", {x, ints({1, 1})}); }), "op.bad_axis");
  EXPECT_EQ(problem_of([&] { inferred("Squeeze", {"n,1"}); }), "op.unknown_axes");
}

TEST(Transpose, PermutesOrReverses) {
  const Tensor x = counted({2, 3});
  expect_near(run("Transpose", {x}), tensor({3, 2}, {0, 3, 1, 4, 2, 5}));
  const Tensor y = run("Transpose", {counted({2, 3, 2})}, "{perm=[1,0,2]}");
  expect_near(y, tensor({3, 2, 2}, {0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11}));
  EXPECT_EQ(problem_of([&] { run("Transpose", {x}, "{perm=[0,0]}"); }), "op.bad_axis");
  EXPECT_EQ(problem_of([&] { run("Transpose", {x}, "{perm=[0]}"); }), "op.bad_attribute");
}

TEST(Transpose, EqualsALoopOverAllElementsForEveryOrderAndWidth) {
  const Shape shape = {3, 17, 1, 19};
  const Tensor x = counted(shape);
  std::vector<int64_t> perm = {0, 1, 2, 3};
  do {
    Attributes attributes;
    attributes.set("perm", perm);
    std::vector<double> expected;
    int64_t i[4];
    const auto dim = [&](size_t axis) { return shape[static_cast<int>(perm[axis])]; };
    for (i[0] = 0; i[0] < dim(0); ++i[0]) {
      for (i[1] = 0; i[1] < dim(1); ++i[1]) {
        for (i[2] = 0; i[2] < dim(2); ++i[2]) {
          for (i[3] = 0; i[3] < dim(3); ++i[3]) {
            int64_t at[4];
            for (size_t axis = 0; axis < 4; ++axis) at[perm[axis]] = i[axis];
            expected.push_back(static_cast<double>(((at[0] * 17 + at[1]) + at[2]) * 19 + at[3]));
          }
        }
      }
    }
    for (const DType dtype : {DType::kF32, DType::kF64, DType::kI16}) {
      expect_near(evaluate_op(op_named("Transpose"), attributes, {converted(x, dtype)}, 1)[0],
                  expected);
    }
  } while (std::next_permutation(perm.begin(), perm.end()));
}

TEST(Transpose, MovesFourBitElements) {
  const Tensor x = run("Cast", {counted({2, 3})}, "{to=u4}");
  expect_near(run("Cast", {run("Transpose", {x})}, "{to=f32}"), tensor({3, 2}, {0, 3, 1, 4, 2, 5}));
}

TEST(Concat, JoinsAlongAnyAxisAndSkipsEmptyTensors) {
  const Tensor a = counted({2, 1, 2}), b = counted({2, 2, 2}), none = tensor({2, 0, 2}, {});
  expect_near(run("Concat", {a, none, b}, "{axis=-2}"),
              tensor({2, 3, 2}, {0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(run("Concat", {none, none}, "{axis=0}").shape(), (Shape{4, 0, 2}));
  EXPECT_EQ(inferred("Concat", {"n,h,4", "n,w,4"}, "{axis=1}"), "f32[n,h+w,4]");
  EXPECT_EQ(problem_of([&] { run("Concat", {a, b}, "{axis=0}"); }), "op.bad_shape");
  EXPECT_EQ(problem_of([&] { run("Concat", {a, b}, "{axis=3}"); }), "op.bad_axis");
}

TEST(Split, CutsInGivenOrEqualParts) {
  const Tensor x = counted({2, 5});
  const auto given = run_all("Split", {x, ints({1, 4})}, "{axis=1}", 2);
  expect_near(given[0], tensor({2, 1}, {0, 5}));
  expect_near(given[1], tensor({2, 4}, {1, 2, 3, 4, 6, 7, 8, 9}));
  const auto equal = run_all("Split", {x}, "{axis=1, num_outputs=3}", 3);
  expect_near(equal[2], tensor({2, 1}, {4, 9}));
  EXPECT_EQ(run_all("Split", {x}, "{axis=1, num_outputs=4}", 4)[3].shape(), (Shape{2, 0}));
  EXPECT_EQ(problem_of([&] { run_all("Split", {x, ints({1, 3})}, "{axis=1}", 2); }),
            "op.bad_shape");
  EXPECT_EQ(problem_of([&] { run_all("Split", {x, ints({1, 4})}, "{axis=1}", 3); }),
            "op.bad_attribute");
}

TEST(Split, LeavesOutPartsThatNobodyReads) {
  const Tensor x = counted({2, 5});
  Tensor last = Tensor::allocate(DType::kF32, {2, 1});
  const Attributes attributes = Attributes::parse("{axis=1}");
  Reference node(op_named("Split"), attributes, {x.view()}, {{}, {}, last.mutable_view()}, {});
  op_named("Split").evaluate(node);
  expect_near(last, {4, 9});
}

TEST(Slice, ClampsAsNumPyDoes) {
  const Tensor x = counted({10});
  const auto slice = [&](int64_t start, int64_t end, int64_t step) {
    return run("Slice", {x, ints({start}), ints({end}), ints({0}), ints({step})});
  };
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  expect_near(slice(2, 7, 2), {2, 4, 6});
  expect_near(slice(-3, kMax, 1), {7, 8, 9});
  expect_near(slice(-100, 2, 1), {0, 1});
  expect_near(slice(100, -100, -4), {9, 5, 1});
  expect_near(slice(-1, kMin, -3), {9, 6, 3, 0});
  expect_near(slice(3, kMin, kMin), {3});
  expect_near(slice(0, kMax, kMax), {0});
  EXPECT_EQ(slice(7, 2, 1).shape(), (Shape{0}));
  EXPECT_EQ(problem_of([&] { slice(0, 1, 0); }), "op.bad_shape");
}

TEST(Slice, CutsSomeAxesOfMany) {
  const Tensor x = counted({2, 3, 4});
  expect_near(run("Slice", {x, ints({1, -2}), ints({3, 100}), ints({1, -1})}),
              tensor({2, 2, 2}, {6, 7, 10, 11, 18, 19, 22, 23}));
  expect_near(run("Slice", {x, ints({-1, -1}), ints({-100, -100}), ints({0, 2}), ints({-1, -3})}),
              tensor({2, 3, 2}, {15, 12, 19, 16, 23, 20, 3, 0, 7, 4, 11, 8}));
}

TEST(Slice, KeepsSymbolsOfTheSizesThatItCanTell) {
  EXPECT_EQ(
      inferred("Slice", {"n,h"}, "{}",
               {ints({0}), ints({std::numeric_limits<int64_t>::max()}), ints({1}), ints({2})}),
      "f32[n,floor_div(h+1,2)]");
  EXPECT_EQ(inferred("Slice", {"n,h"}, "{}", {ints({0}), ints({4}), ints({0})}), "f32[min(n,4),h]");
}

TEST(Gather, PicksSlicesByIndicesOfAnyRank) {
  const Tensor x = counted({3, 2});
  expect_near(run("Gather", {x, tensor<int32_t>({2, 1}, {2, -3})}),
              tensor({2, 1, 2}, {4, 5, 0, 1}));
  expect_near(run("Gather", {x, ints({1})}, "{axis=1}"), tensor({3, 1}, {1, 3, 5}));
  expect_near(run("Gather", {x, Tensor::scalar_i64(1)}), tensor({2}, {2, 3}));
  EXPECT_EQ(problem_of([&] { run("Gather", {x, ints({3})}); }), "op.bad_index");
  EXPECT_EQ(problem_of([&] { run("Gather", {x, ints({-4})}); }), "op.bad_index");
}

TEST(Gather, PicksElementsAndBlocks) {
  const Tensor x = counted({3, 3});
  expect_near(run("GatherElements", {x, tensor<int64_t>({2, 3}, {1, 2, 0, 2, 0, 0})}),
              tensor({2, 3}, {3, 7, 2, 6, 1, 2}));
  expect_near(run("GatherElements", {x, tensor<int64_t>({3, 1}, {-1, 0, 1})}, "{axis=1}"),
              tensor({3, 1}, {2, 3, 7}));
  expect_near(run("GatherND", {x, tensor<int64_t>({2, 1}, {2, 0})}),
              tensor({2, 3}, {6, 7, 8, 0, 1, 2}));
  expect_near(run("GatherND", {x, tensor<int64_t>({2, 2}, {0, 2, -1, -1})}), tensor({2}, {2, 8}));
  expect_near(run("GatherND", {x, tensor<int64_t>({3, 1}, {1, 0, 2})}, "{batch_dims=1}"),
              tensor({3}, {1, 3, 8}));
  EXPECT_EQ(problem_of([&] { run("GatherElements", {x, tensor<int64_t>({1, 4}, {0, 0, 0, 0})}); }),
            "op.bad_shape");
  EXPECT_EQ(problem_of([&] { run("GatherND", {x, tensor<int64_t>({1, 3}, {0, 0, 0})}); }),
            "op.bad_shape");
}

TEST(Scatter, ReplacesAndReducesElements) {
  const Tensor x = tensor({5}, {1, 2, 3, 4, 5}), at = ints({1, 1, -1});
  const Tensor updates = tensor({3}, {10, 20, 30});
  expect_near(run("ScatterElements", {x, at, updates}), {1, 20, 3, 4, 30});
  expect_near(run("ScatterElements", {x, at, updates}, "{reduction=\"add\"}"), {1, 32, 3, 4, 35});
  expect_near(run("ScatterElements", {x, at, updates}, "{reduction=\"mul\"}"), {1, 400, 3, 4, 150});
  expect_near(run("ScatterElements", {x, at, updates}, "{reduction=\"min\"}"), {1, 2, 3, 4, 5});
  expect_near(run("ScatterElements", {x, at, updates}, "{reduction=\"max\"}"), {1, 20, 3, 4, 30});
  expect_near(
      run("ScatterElements",
          {counted({2, 3}), tensor<int64_t>({2, 1}, {2, 0}), tensor({2, 1}, {-1, -2})}, "{axis=1}"),
      tensor({2, 3}, {0, 1, -1, -2, 4, 5}));
  EXPECT_EQ(problem_of([&] { run("ScatterElements", {x, ints({5}), tensor({1}, {0})}); }),
            "op.bad_index");
  EXPECT_EQ(problem_of([&] { run("ScatterElements", {x, at, tensor({1}, {0})}); }), "op.bad_shape");
}

TEST(Scatter, ReplacesBlocks) {
  const Tensor x = counted({3, 2});
  expect_near(run("ScatterND", {x, tensor<int64_t>({2, 1}, {2, 0}), tensor({2, 2}, {9, 8, 7, 6})}),
              tensor({3, 2}, {7, 6, 2, 3, 9, 8}));
  expect_near(run("ScatterND", {x, tensor<int64_t>({1, 2}, {1, 1}), tensor({1}, {5})},
                  "{reduction=\"add\"}"),
              tensor({3, 2}, {0, 1, 2, 8, 4, 5}));
  EXPECT_EQ(
      problem_of([&] { run("ScatterND", {x, tensor<int64_t>({1, 1}, {0}), tensor({1, 1}, {1})}); }),
      "op.bad_shape");
}

TEST(Expand, BroadcastsBothWays) {
  const Tensor x = tensor({2, 1}, {1, 2});
  expect_near(run("Expand", {x, ints({2, 3})}), tensor({2, 3}, {1, 1, 1, 2, 2, 2}));
  expect_near(run("Expand", {x, ints({2, 1, 1})}), tensor({2, 2, 1}, {1, 2, 1, 2}));
  EXPECT_EQ(run("Expand", {x, ints({2, 0})}).shape(), (Shape{2, 0}));
  EXPECT_EQ(problem_of([&] { run("Expand", {x, ints({3, 1})}); }), "op.not_broadcastable");
}

TEST(Tile, RepeatsEachAxis) {
  const Tensor x = tensor({2, 2}, {1, 2, 3, 4});
  expect_near(run("Tile", {x, ints({2, 2})}),
              tensor({4, 4}, {1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4}));
  EXPECT_EQ(run("Tile", {x, ints({0, 1})}).shape(), (Shape{0, 2}));
  EXPECT_EQ(problem_of([&] { run("Tile", {x, ints({2})}); }), "op.bad_shape");
}

TEST(Pad, FillsInFourWays) {
  const Tensor x = tensor({2, 3}, {1, 2, 3, 4, 5, 6}), pads = ints({0, 2, 1, 1});
  expect_near(run("Pad", {x, pads}),
              tensor({3, 6}, {0, 0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0}));
  expect_near(run("Pad", {x, pads}, "{mode=\"edge\"}"),
              tensor({3, 6}, {1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6, 6, 4, 4, 4, 5, 6, 6}));
  expect_near(run("Pad", {x, pads}, "{mode=\"reflect\"}"),
              tensor({3, 6}, {3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5, 3, 2, 1, 2, 3, 2}));
  expect_near(run("Pad", {x, pads}, "{mode=\"wrap\"}"),
              tensor({3, 6}, {2, 3, 1, 2, 3, 1, 5, 6, 4, 5, 6, 4, 2, 3, 1, 2, 3, 1}));
}

TEST(Pad, TakesAValueAxesAndNegativePads) {
  const Tensor x = tensor({1, 4}, {1, 2, 3, 4});
  expect_near(run("Pad", {x, ints({-1, 2}), Tensor::scalar_f32(9), ints({-1})}),
              tensor({1, 5}, {2, 3, 4, 9, 9}));
  expect_near(run("Pad", {x, ints({0, 1, 0, -2})}), tensor({1, 3}, {0, 1, 2}));
  EXPECT_EQ(problem_of([&] { run("Pad", {x, ints({1, 1})}); }), "op.bad_shape");
  EXPECT_EQ(problem_of([&] { run("Pad", {x, ints({0, 0, 0, -5})}); }), "op.bad_shape");
}

TEST(DepthToSpace, AndSpaceToDepthUndoEachOtherInBothOrders) {
  const Tensor x = counted({1, 8, 1, 2});
  expect_near(run("DepthToSpace", {x}, "{blocksize=2}"),
              tensor({1, 2, 2, 4}, {0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15}));
  expect_near(run("DepthToSpace", {x}, "{blocksize=2, mode=\"CRD\"}"),
              tensor({1, 2, 2, 4}, {0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15}));
  const Tensor image = random_tensor({2, 12, 3, 5});
  for (const char* mode : {"{blocksize=2, mode=\"DCR\"}", "{blocksize=2, mode=\"CRD\"}"}) {
    expect_near(run("SpaceToDepth", {run("DepthToSpace", {image}, mode)}, mode), image);
  }
  EXPECT_EQ(problem_of([&] { run("DepthToSpace", {x}, "{blocksize=3}"); }), "op.bad_shape");
  EXPECT_EQ(problem_of([&] { run("SpaceToDepth", {x}, "{blocksize=2}"); }), "op.bad_shape");
}

TEST(ReverseSequence, ReversesTheFirstElementsOfEach) {
  const Tensor x = counted({4, 2});
  expect_near(run("ReverseSequence", {x, ints({3, 1})}), tensor({4, 2}, {4, 1, 2, 3, 0, 5, 6, 7}));
  expect_near(
      run("ReverseSequence", {counted({2, 3}), ints({3, 2})}, "{batch_axis=0, time_axis=1}"),
      tensor({2, 3}, {2, 1, 0, 4, 3, 5}));
  EXPECT_EQ(problem_of([&] { run("ReverseSequence", {x, ints({5, 1})}); }), "op.bad_index");
}

TEST(Trilu, KeepsATriangle) {
  const Tensor x = counted({3, 3});
  expect_near(run("Trilu", {x}), tensor({3, 3}, {0, 1, 2, 0, 4, 5, 0, 0, 8}));
  expect_near(run("Trilu", {x, Tensor::scalar_i64(-1)}, "{upper=0}"),
              tensor({3, 3}, {0, 0, 0, 3, 0, 0, 6, 7, 0}));
  expect_near(run("Trilu", {x, Tensor::scalar_i64(int64_t{1} << 62)}),
              tensor({3, 3}, std::vector<float>(9)));
}

TEST(StridedCopy, MayReverseAndRepeat) {
  const std::vector<int32_t> from = {1, 2, 3};
  std::vector<int32_t> to(6);
  copy_strided({{2, 0, 3}, {3, -1, 1}}, from.data() + 2, to.data(), 4);
  EXPECT_EQ(to, (std::vector<int32_t>{3, 2, 1, 3, 2, 1}));
}

}  // namespace
}  // namespace ingot
