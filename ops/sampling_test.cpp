// Tests of GridSample, AffineGrid and RoiAlign.
#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

Tensor identity_grid(const Tensor& image, const std::string& attributes) {
  const bool flat = image.shape().rank() == 4;
  const Tensor theta = flat ? tensor({1, 2, 3}, {1, 0, 0, 0, 1, 0})
                            : tensor({1, 3, 4}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0});
  const std::vector<int64_t> size(image.shape().begin(), image.shape().end());
  return run("AffineGrid", {theta, Tensor::from_integers(size)}, attributes);
}

TEST(GridSample, WithTheIdentityGridGivesTheImage) {
  for (const Shape& shape : {Shape{1, 2, 4, 5}, Shape{1, 2, 3, 4, 5}}) {
    const Tensor x = random_tensor(shape);
    for (const char* corners : {"align_corners=0", "align_corners=1"}) {
      const Tensor grid = identity_grid(x, std::string("{") + corners + "}");
      for (const char* mode : {"linear", "nearest", "cubic"}) {
        expect_near(
            run("GridSample", {x, grid}, std::string("{mode=\"") + mode + "\", " + corners + "}"),
            x, 1e-4);
      }
    }
  }
}

TEST(GridSample, PadsWithZerosTheBorderOrAReflection) {
  const Tensor x = tensor({1, 1, 1, 4}, {1, 2, 3, 4});
  // Pixel coordinates -1, -2.5 and 5 with align_corners = 0: x = ((g + 1) * 4 - 1) / 2.
  const Tensor grid = tensor({1, 1, 3, 2}, {-1.25F, 0, -2.0F, 0, 1.75F, 0});
  const auto padded = [&](const std::string& mode) {
    return run("GridSample", {x, grid}, "{padding_mode=\"" + mode + "\"}");
  };
  expect_near(padded("zeros"), std::vector<double>{0, 0, 0});
  expect_near(padded("border"), std::vector<double>{1, 1, 4});
  expect_near(padded("reflection"), std::vector<double>{1, 2.5, 3});
}

TEST(GridSample, WeighsFourPixels) {
  const Tensor x = tensor({1, 1, 2, 2}, {1, 2, 3, 5});
  const Tensor grid = tensor({1, 1, 1, 2}, {0, 0.5F});  // x in the middle, y at 3/4
  expect_near(run("GridSample", {x, grid}, "{align_corners=1}"),
              std::vector<double>{0.25 * 1.5 + 0.75 * 4});
}

TEST(GridSample, CubicReproducesConstants) {
  const Tensor x = tensor({1, 1, 4, 4}, std::vector<float>(16, 3));
  const Tensor grid = random_tensor({1, 5, 5, 2});
  expect_near(run("GridSample", {x, grid}, "{mode=\"cubic\", padding_mode=\"border\"}"),
              std::vector<double>(25, 3.0));
}

TEST(AffineGrid, ScalesAndMoves) {
  const Tensor theta = tensor({1, 2, 3}, {2, 0, 1, 0, 1, -1});
  const Tensor y =
      run("AffineGrid", {theta, Tensor::from_integers(std::vector<int64_t>{1, 1, 2, 2})},
          "{align_corners=1}");
  expect_near(y, tensor({1, 2, 2, 2}, {-1, -2, 3, -2, -1, 0, 3, 0}));
}

TEST(RoiAlign, AveragesSamplesOfARamp) {
  // On a ramp the mean of a bin is the value at its middle.
  std::vector<float> ramp;
  for (int i = 0; i < 8 * 8; ++i) ramp.push_back(static_cast<float>(i % 8));
  const Tensor x = tensor({1, 1, 8, 8}, ramp), rois = tensor({1, 4}, {1, 1, 5, 5});
  const Tensor batch = tensor<int64_t>({1}, {0});
  const Tensor y = run(
      "RoiAlign", {x, rois, batch},
      "{output_height=1, output_width=2, coordinate_transformation_mode=\"output_half_pixel\"}");
  expect_near(y, std::vector<double>{2, 4});
  const Tensor shifted =
      run("RoiAlign", {x, rois, batch}, "{output_height=1, output_width=2, sampling_ratio=2}");
  expect_near(shifted, std::vector<double>{1.5, 3.5});
}

TEST(RoiAlign, GivesZeroOutsideOfTheImage) {
  const Tensor x = tensor({1, 1, 2, 2}, {1, 1, 1, 1}), rois = tensor({1, 4}, {10, 10, 12, 12});
  expect_near(run("RoiAlign", {x, rois, tensor<int64_t>({1}, {0})}), std::vector<double>{0});
}

}  // namespace
}  // namespace ingot
