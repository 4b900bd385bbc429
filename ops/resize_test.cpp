// Tests of Resize: values by hand, known results of other frameworks, symbolic sizes.
#include "ops/op_testing.h"
#include "ops/resize_axis.h"

namespace ingot {
namespace {

using namespace op_testing;

Tensor scaled(const Tensor& x, const std::vector<float>& scales, const std::string& attributes) {
  return run("Resize", {x, Tensor(), tensor({std::ssize(scales)}, scales)}, attributes);
}

Tensor sized(const Tensor& x, const std::vector<int64_t>& sizes, const std::string& attributes) {
  return run("Resize", {x, Tensor(), Tensor(), Tensor::from_integers(sizes)}, attributes);
}

const Tensor& line() {
  static const Tensor made = tensor({4}, {1, 2, 3, 4});
  return made;
}

TEST(Fraction, FindsWhatAFloatMeant) {
  const auto text = [](float value) {
    const Fraction f = Fraction::of(value);
    return std::to_string(f.numerator) + "/" + std::to_string(f.denominator);
  };
  EXPECT_EQ(text(2.0F), "2/1");
  EXPECT_EQ(text(0.5F), "1/2");
  EXPECT_EQ(text(4.0F / 3.0F), "4/3");
  EXPECT_EQ(text(0.1F), "1/10");
  EXPECT_EQ(text(224.0F / 1333.0F), "224/1333");
  EXPECT_FLOAT_EQ(static_cast<float>(Fraction::of(1.23456789F).value()), 1.23456789F);
}

TEST(Resize, RepeatsTheNearestElement) {
  expect_near(scaled(line(), {2},
                     "{coordinate_transformation_mode=\"asymmetric\", nearest_mode=\"floor\"}"),
              std::vector<double>{1, 1, 2, 2, 3, 3, 4, 4});
  expect_near(scaled(line(), {0.5F}, "{}"), std::vector<double>{1, 3});
  expect_near(scaled(line(), {0.5F}, "{nearest_mode=\"round_prefer_ceil\"}"),
              std::vector<double>{2, 4});
  expect_near(scaled(line(), {0.5F}, "{nearest_mode=\"ceil\"}"), std::vector<double>{2, 4});
  expect_near(sized(line(), {3}, "{coordinate_transformation_mode=\"align_corners\"}"),
              std::vector<double>{1, 2, 4});
}

TEST(Resize, KeepsLargeIntegersExactWhenNearest) {
  const Tensor x = tensor<int64_t>({2}, {(int64_t{1} << 60) + 1, -7});
  const Tensor y = scaled(x, {2}, "{}");
  EXPECT_EQ(y.as<int64_t>()[1], (int64_t{1} << 60) + 1);
  EXPECT_EQ(y.as<int64_t>()[3], -7);
}

TEST(Resize, InterpolatesLinearlyInEveryCoordinateMode) {
  const auto run_mode = [](const std::string& mode) {
    return sized(line(), {8}, "{mode=\"linear\", coordinate_transformation_mode=\"" + mode + "\"}");
  };
  expect_near(run_mode("half_pixel"),
              std::vector<double>{1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4});
  expect_near(run_mode("pytorch_half_pixel"),
              std::vector<double>{1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4});
  expect_near(run_mode("asymmetric"), std::vector<double>{1, 1.5, 2, 2.5, 3, 3.5, 4, 4});
  std::vector<double> corners;
  for (int i = 0; i < 8; ++i) corners.push_back(1 + i * 3.0 / 7);
  expect_near(run_mode("align_corners"), corners);
  expect_near(sized(line(), {1},
                    "{mode=\"linear\", coordinate_transformation_mode=\"pytorch_half_pixel\"}"),
              std::vector<double>{1});
  expect_near(sized(line(), {1}, "{mode=\"linear\"}"), std::vector<double>{2.5});
}

TEST(Resize, CutsOutARegionAndFillsBeyondIt) {
  const Tensor roi = tensor({2}, {0.5F, 1.5F});
  const Tensor y =
      run("Resize", {line(), roi, Tensor(), Tensor::from_integers(std::vector<int64_t>{3})},
          "{mode=\"linear\", coordinate_transformation_mode=\"tf_crop_and_resize\", "
          "extrapolation_value=10.0}");
  expect_near(y, std::vector<double>{2.5, 4, 10});
}

TEST(Resize, InterpolatesCubically) {
  // A cubic kernel with a = -0.5 reproduces straight lines away from the border.
  const Tensor x = tensor({8}, {0, 1, 2, 3, 4, 5, 6, 7});
  const Tensor y = scaled(x, {2}, "{mode=\"cubic\", cubic_coeff_a=-0.5}");
  for (size_t i = 4; i < 12; ++i) {
    EXPECT_NEAR(y.as<float>()[i], (static_cast<double>(i) + 0.5) / 2 - 0.5, 1e-5);
  }
  const Tensor ones = tensor({4}, {1, 1, 1, 1});
  expect_near(scaled(ones, {1.7F}, "{mode=\"cubic\", exclude_outside=1}"),
              std::vector<double>(6, 1.0));
}

TEST(Resize, AntialiasingAveragesAllElements) {
  const Tensor x = random_tensor({32});
  const Tensor y = sized(x, {4}, "{mode=\"linear\", antialias=1}");
  // A triangle of half-width 8 around each centre, cut at the border.
  std::vector<double> expected;
  for (int i = 0; i < 4; ++i) {
    double sum = 0, weights = 0;
    const double centre = (i + 0.5) * 8 - 0.5;
    for (int j = 0; j < 32 + 16; ++j) {
      const double weight = std::max(0.0, 1 - std::abs(j - 8 - centre) / 8);
      sum += weight * x.as<float>()[static_cast<size_t>(std::clamp(j - 8, 0, 31))];
      weights += weight;
    }
    expected.push_back(sum / weights);
  }
  expect_near(y, expected);
}

TEST(Resize, ResizesChosenAxesOneAfterTheOther) {
  const Tensor x = random_tensor({2, 3, 4, 5});
  const Tensor both = sized(x, {7, 6}, "{mode=\"linear\", axes=[3,2]}");
  EXPECT_EQ(both.shape().to_string(), "2x3x6x7");
  const Tensor rows = sized(x, {6}, "{mode=\"linear\", axes=[2]}");
  expect_near(both, sized(rows, {7}, "{mode=\"linear\", axes=[3]}"));
}

TEST(Resize, KeepsTheAspectRatioWhereAsked) {
  const Tensor x = random_tensor({1, 1, 4, 6});
  EXPECT_EQ(
      sized(x, {8, 8}, "{axes=[2,3], keep_aspect_ratio_policy=\"not_larger\"}").shape().to_string(),
      "1x1x5x8");
  EXPECT_EQ(sized(x, {8, 8}, "{axes=[2,3], keep_aspect_ratio_policy=\"not_smaller\"}")
                .shape()
                .to_string(),
            "1x1x8x12");
}

TEST(Resize, FollowsSymbolicSizes) {
  const Tensor scales = tensor({4}, {1, 1, 2, 0.5F});
  EXPECT_EQ(inferred("Resize", {"n,c,h,w"}, "{}", {Tensor(), scales}),
            "f32[n,c,2*h,floor_div(w,2)]");
  EXPECT_EQ(problem_of([] { scaled(line(), {2}, "{mode=\"quintic\"}"); }), "op.bad_attribute");
}

}  // namespace
}  // namespace ingot
