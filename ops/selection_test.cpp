// Tests of operators that select, count or make elements: TopK, NonZero, Unique, NMS, Range, OneHot.
#include <limits>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

Tensor ints(const std::vector<int64_t>& values) { return Tensor::from_integers(values); }

TEST(TopK, GivesEqualElementsInTheOrderOfTheirIndices) {
  const Tensor x = tensor({2, 4}, {1, 3, 3, 2, 8, 5, 6, 8});
  const auto best = run_all("TopK", {x, ints({3})}, "{}", 2);
  expect_near(best[0], tensor({2, 3}, {3, 3, 2, 8, 8, 6}));
  expect_near(best[1], tensor<int64_t>({2, 3}, {1, 2, 3, 0, 3, 2}));
  const auto least = run_all("TopK", {x, ints({1})}, "{axis=0, largest=0}", 2);
  expect_near(least[0], tensor({1, 4}, {1, 3, 3, 2}));
  expect_near(least[1], tensor<int64_t>({1, 4}, {0, 0, 0, 0}));
  EXPECT_EQ(problem_of([&] { run("TopK", {x, ints({5})}); }), "op.bad_shape");
}

TEST(TopK, OrdersLargeIntegersExactlyAndNanFirst) {
  const int64_t big = int64_t{1} << 60;
  expect_near(run_all("TopK", {ints({big, big + 1}), ints({1})}, "{}", 2)[1], {1});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  expect_near(run_all("TopK", {tensor({3}, {1, nan, 2}), ints({2})}, "{}", 2)[1], {1, 2});
}

TEST(TopK, MayBeAskedForIndicesOnly) {
  const Tensor x = tensor({3}, {1, 3, 2}), k = ints({2});
  Tensor indices = Tensor::allocate(DType::kI64, {2});
  const Attributes none;
  Reference node(op_named("TopK"), none, {x.view(), k.view()}, {{}, indices.mutable_view()}, {});
  op_named("TopK").evaluate(node);
  expect_near(indices, {1, 2});
}

TEST(NonZero, GivesAColumnPerElement) {
  expect_near(run("NonZero", {tensor({2, 2}, {1, 0, 0, -1})}),
              tensor<int64_t>({2, 2}, {0, 1, 0, 1}));
  EXPECT_EQ(run("NonZero", {tensor<bool>({3}, {false, false, false})}).shape(), (Shape{1, 0}));
}

TEST(Compress, KeepsSlicesOrElements) {
  const Tensor x = tensor({3, 2}, {1, 2, 3, 4, 5, 6});
  expect_near(run("Compress", {x, tensor<bool>({2}, {false, true})}, "{axis=0}"),
              tensor({1, 2}, {3, 4}));
  expect_near(run("Compress", {x, tensor<bool>({5}, {false, true, false, false, true})}), {2, 5});
}

TEST(Unique, GivesPlacesNumbersAndCounts) {
  const Tensor x = tensor({6}, {2, 1, 1, 3, 4, 3});
  const auto sorted = run_all("Unique", {x}, "{}", 4);
  expect_near(sorted[0], {1, 2, 3, 4});
  expect_near(sorted[1], {1, 0, 3, 4});
  expect_near(sorted[2], {1, 0, 0, 2, 3, 2});
  expect_near(sorted[3], {2, 1, 2, 1});
  const auto in_order = run_all("Unique", {x}, "{sorted=0}", 4);
  expect_near(in_order[0], {2, 1, 3, 4});
  expect_near(in_order[1], {0, 1, 3, 4});
  expect_near(in_order[2], {0, 1, 1, 2, 3, 2});
  expect_near(in_order[3], {1, 2, 2, 1});
}

TEST(Unique, ComparesSlicesAlongAnAxis) {
  const Tensor x = tensor({3, 2}, {1, 0, 1, 0, 0, 5});
  const auto rows = run_all("Unique", {x}, "{axis=0}", 3);
  expect_near(rows[0], tensor({2, 2}, {0, 5, 1, 0}));
  expect_near(rows[2], {1, 1, 0});
}

TEST(NonMaxSuppression, DropsBoxesThatOverlapABetterOne) {
  const Tensor boxes = tensor({1, 4, 4}, {0, 0, 1, 1, 0, 0.1, 1, 1.1, 1, 11, 0, 10, 0, 0, 1, 0.9});
  const Tensor scores = tensor({1, 1, 4}, {0.9, 0.75, 0.6, 0.95});
  const Tensor iou = Tensor::scalar_f32(0.5);
  expect_near(run("NonMaxSuppression", {boxes, scores, Tensor::scalar_i64(3), iou}),
              tensor<int64_t>({2, 3}, {0, 0, 3, 0, 0, 2}));
  expect_near(run("NonMaxSuppression", {boxes, scores, Tensor::scalar_i64(1), iou}), {0, 0, 3});
  expect_near(run("NonMaxSuppression",
                  {boxes, scores, Tensor::scalar_i64(9), iou, Tensor::scalar_f32(0.8)}),
              {0, 0, 3});
  EXPECT_EQ(run("NonMaxSuppression", {boxes, scores}).shape(), (Shape{0, 3}));
}

TEST(NonMaxSuppression, ReadsCentresAndKeepsClassesApart) {
  const Tensor boxes = tensor({1, 2, 4}, {0.5, 0.5, 1, 1, 0.5, 0.6, 1, 1});
  const Tensor scores = tensor({1, 2, 2}, {0.9, 0.8, 0.1, 0.2});
  expect_near(
      run("NonMaxSuppression", {boxes, scores, Tensor::scalar_i64(2), Tensor::scalar_f32(0.5)},
          "{center_point_box=1}"),
      tensor<int64_t>({2, 3}, {0, 0, 0, 0, 1, 1}));
}

TEST(Range, CountsUpAndDown) {
  const auto range = [](int64_t from, int64_t to, int64_t by) {
    return run("Range", {Tensor::scalar_i64(from), Tensor::scalar_i64(to), Tensor::scalar_i64(by)});
  };
  expect_near(range(1, 8, 3), {1, 4, 7});
  expect_near(range(5, 0, -2), {5, 3, 1});
  EXPECT_EQ(range(3, 3, 1).shape(), (Shape{0}));
  expect_near(
      run("Range", {Tensor::scalar_f32(0), Tensor::scalar_f32(1), Tensor::scalar_f32(0.4F)}),
      {0, 0.4, 0.8});
  EXPECT_EQ(problem_of([&] { range(0, 1, 0); }), "op.bad_shape");
}

TEST(OneHot, PutsItsValueWhereTheIndexSays) {
  const Tensor values = tensor({2}, {-1, 1});
  expect_near(run("OneHot", {ints({1, -1, 7}), Tensor::scalar_i64(3), values}),
              tensor({3, 3}, {-1, 1, -1, -1, -1, 1, -1, -1, -1}));
  expect_near(run("OneHot", {ints({1, 0}), Tensor::scalar_f32(3), values}, "{axis=0}"),
              tensor({3, 2}, {-1, 1, 1, -1, -1, -1}));
}

TEST(Makers, MakeWhatTheirNamesSay) {
  expect_near(run("Shape", {tensor({2, 0, 3}, {})}), tensor<int64_t>({3}, {2, 0, 3}));
  expect_near(run("Shape", {tensor({2, 0, 3}, {})}, "{start=-2, end=-1}"), {0});
  expect_near(run("Size", {random_tensor({2, 3})}), {6});
  expect_near(run("Constant", {}, "{value_floats=[1.0,2.5]}"), {1, 2.5});
  expect_near(run("Constant", {}, "{value=tensor i64[2]{3,4}}"), {3, 4});
  expect_near(run("ConstantOfShape", {ints({2, 1})}, "{value=tensor i32[1]{7}}"),
              tensor<int32_t>({2, 1}, {7, 7}));
  EXPECT_EQ(run("ConstantOfShape", {ints({})}).shape(), (Shape{}));
  expect_near(run("EyeLike", {random_tensor({2, 3})}, "{k=1, dtype=i32}"),
              tensor<int32_t>({2, 3}, {0, 1, 0, 0, 0, 1}));
  expect_near(run("EyeLike", {random_tensor({3, 2})}, "{k=-1}"), {0, 0, 1, 0, 0, 1});
  expect_near(run("ShapeTensor", {}, "{dims=dims[3,4]}"), tensor<int64_t>({2}, {3, 4}));
  EXPECT_EQ(problem_of([] { run("ShapeTensor", {}, "{dims=dims[batch]}"); }), "op.unknown_symbol");
}

}  // namespace
}  // namespace ingot
