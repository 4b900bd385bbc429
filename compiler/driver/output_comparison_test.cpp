// Outputs against FP32: what passes, what fails, and what says nothing.
#include "compiler/driver/output_comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "compiler/driver/output_tolerances.h"

namespace ingot {
namespace {

Tensor floats(const Shape& shape, const std::function<float(int64_t)>& value) {
  std::vector<float> values;
  for (int64_t i = 0; i < shape.elements(); ++i) values.push_back(value(i));
  return Tensor::from_floats(values, shape);
}

TEST(OutputComparison, TellsTheErrorRelativeToTheOutput) {
  OutputComparison comparison;
  comparison.add(floats({1, 4}, [](int64_t i) { return float(i); }),
                 floats({1, 4}, [](int64_t i) { return float(i) * 1.01F; }));
  const OutputAccuracy result = comparison.result("y", 0.02);
  EXPECT_NEAR(result.relative, 0.01, 1e-4);
  EXPECT_NEAR(result.cosine, 1, 1e-6);
  EXPECT_NEAR(result.max_abs, 0.03, 1e-4);
  EXPECT_EQ(result.top1, 1);
  EXPECT_TRUE(result.passed);
  EXPECT_FALSE(comparison.result("y", 0.005).passed);
}

TEST(OutputComparison, NaNFailsUnlessTheModelHasItToo) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor good = floats({2, 2}, [](int64_t) { return 1.0F; });
  const Tensor bad = floats({2, 2}, [nan](int64_t i) { return i == 3 ? nan : 1.0F; });
  OutputComparison engine_has_it, both_have_it;
  engine_has_it.add(good, bad);
  EXPECT_FALSE(engine_has_it.result("y", 1).passed);
  both_have_it.add(bad, bad);
  EXPECT_TRUE(both_have_it.result("y", 1).passed);
}

TEST(OutputComparison, AChannelOfSmallNumbersIsSeenBesideOneOfLarge) {
  // Channel 0 are boxes up to 640, channel 1 scores that collapsed.
  const Shape shape{1, 2, 32};
  OutputComparison comparison;
  comparison.add(floats(shape, [](int64_t i) { return i < 32 ? 640.0F : 0.9F; }),
                 floats(shape, [](int64_t i) { return i < 32 ? 640.0F : 0.1F; }));
  const OutputAccuracy result = comparison.result("y", 0.1);
  EXPECT_LT(result.relative, 0.01);
  EXPECT_GT(result.worst_channel, 0.8);
  EXPECT_FALSE(result.passed);
}

TEST(OutputComparison, AChannelThatIsNothingBesideTheOthersSaysNothing) {
  const Shape shape{1, 2, 32};
  OutputComparison comparison;
  comparison.add(floats(shape, [](int64_t i) { return i < 32 ? 640.0F : 1e-5F; }),
                 floats(shape, [](int64_t i) { return i < 32 ? 640.0F : 2e-5F; }));
  EXPECT_TRUE(comparison.result("y", 0.1).passed);
}

TEST(OutputComparison, AChannelIsJudgedByItsDeviation) {
  // Centres around 1000 that vary by 200: an error of 20 is a tenth, and nothing beside their size.
  const Shape shape{1, 2, 32};
  const auto centre = [](int64_t i) { return i >= 32 ? 500.0F : i % 2 ? 1200.0F : 800.0F; };
  OutputComparison rows, columns;
  rows.add(floats(shape, centre),
           floats(shape, [&](int64_t i) { return centre(i) + (i < 32 ? 20.0F : 0.0F); }));
  EXPECT_NEAR(rows.result("y", 0.1).worst_channel, 0.1, 1e-3);
  // The same with the channels last.
  const auto turned = [&](int64_t i) { return centre(i % 2 * 32 + i / 2); };
  columns.add(floats({1, 32, 2}, turned),
              floats({1, 32, 2}, [&](int64_t i) { return turned(i) + (i % 2 ? 0.0F : 20.0F); }));
  EXPECT_NEAR(columns.result("y", 0.1).worst_channel, 0.1, 1e-3);
  const std::vector<double> excesses = rows.excesses(0.1);
  ASSERT_EQ(excesses.size(), 3U);
  EXPECT_NEAR(excesses[1], 0.1 / 0.3, 1e-2);
  EXPECT_EQ(excesses[2], 0);
}

TEST(OutputTolerances, AreLessForNumbersAtPlaces) {
  const Graph graph = parse_graph(R"(
    x: f32[1,84,400]
    w: f32[1,10]
    boxes = Relu(x)
    texts = Softmax(x) {axis=2}
    classes = Relu(w)
    return boxes, texts, classes
  )");
  const OutputTolerances bytes = output_tolerances(graph, DType::kI8, 0);
  EXPECT_LT(bytes.at("boxes"), 0.02);
  EXPECT_EQ(bytes.at("texts"), tolerance_of(DType::kI8));
  EXPECT_EQ(bytes.at("classes"), tolerance_of(DType::kI8));
  EXPECT_EQ(output_tolerances(graph, DType::kF16, 0).at("boxes"), tolerance_of(DType::kF16));
  EXPECT_EQ(output_tolerances(graph, DType::kI8, 0.3).at("boxes"), 0.3);
}

TEST(OutputComparison, ShapesThatDifferAreNotCompared) {
  OutputComparison comparison;
  comparison.add(floats({3}, [](int64_t) { return 1.0F; }),
                 floats({4}, [](int64_t) { return 1.0F; }));
  EXPECT_FALSE(comparison.result("y", 0.1).compared);
}

TEST(OutputComparison, FewIntegersSayNothingManyDo) {
  std::vector<int64_t> a(200), b(200);
  for (size_t i = 0; i < b.size(); i += 4) b[i] = 1;
  OutputComparison many, few;
  many.add(Tensor::from_integers(a), Tensor::from_integers(b));
  EXPECT_NEAR(many.result("y", 0.1).relative, 0.25, 1e-9);
  EXPECT_FALSE(many.result("y", 0.1).passed);
  few.add(Tensor::from_integers({a.data(), 8}), Tensor::from_integers({b.data(), 8}));
  EXPECT_TRUE(few.result("y", 0.1).passed);
}

}  // namespace
}  // namespace ingot
