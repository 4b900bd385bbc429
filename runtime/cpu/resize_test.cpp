// Resize of images against the reference: modes, coordinates, layouts, windows.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

using ResizeSteps = StepTest;

Attributes resize(const std::string& mode, const std::string& coordinates) {
  Attributes attributes;
  attributes.set("mode", mode);
  attributes.set("coordinate_transformation_mode", coordinates);
  return attributes;
}

constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};
constexpr Layout kAll[] = {Layout::kPlain, Layout::kChannelsLast, Layout::kBlocked8,
                           Layout::kBlocked16};

TEST_F(ResizeSteps, ScalesByEveryCoordinateMode) {
  const float scales[][4] = {{1, 1, 2, 2}, {1, 1, 1.7F, 0.6F}, {1, 1, 4, 3}, {1, 1, 1, 1}};
  for (const char* mode : {"nearest", "linear"}) {
    for (const char* coordinates : {"half_pixel", "pytorch_half_pixel", "align_corners",
                                    "asymmetric", "half_pixel_symmetric"}) {
      for (const auto& scale : scales) {
        for (const Layout layout : kAll) {
          check("cpu.resize", "Resize", resize(mode, coordinates),
                {random({2, 12, 7, 9}), Tensor(), Tensor::from_floats(scale, {4})},
                {{layout}, {}, kConstant}, {{layout}});
        }
      }
    }
  }
}

TEST_F(ResizeSteps, ScalesToSizesAndIntoWindows) {
  const auto sizes = Tensor::from_integers(std::vector<int64_t>{1, 16, 13, 40});
  for (const char* mode : {"nearest", "linear"}) {
    for (const Layout layout : kAll) {
      for (int axis = 1; axis < 4; ++axis) {
        check("cpu.resize", "Resize", resize(mode, "half_pixel"),
              {random({1, 16, 5, 20}), Tensor(), Tensor(), sizes},
              {{layout, 1, 16, 0}, {}, {}, kConstant}, {{layout, axis, 16, 16}});
      }
    }
  }
}

TEST_F(ResizeSteps, SixteenBitFloats) {
  tolerance_ = 1e-2F;
  const auto sizes = Tensor::from_integers(std::vector<int64_t>{1, 11, 13, 40});
  for (const DType dtype : {DType::kF16, DType::kBF16}) {
    for (const char* mode : {"nearest", "linear"}) {
      for (const Layout layout : {Layout::kPlain, Layout::kChannelsLast}) {
        check("cpu.resize", "Resize", resize(mode, "half_pixel"),
              {random({1, 11, 5, 20}, dtype), Tensor(), Tensor(), sizes},
              {{layout, 1, 16, 0}, {}, {}, kConstant}, {{layout, 3, 16, 16}});
      }
    }
  }
}

TEST_F(ResizeSteps, LeavesCubicToOthers) {
  EXPECT_THROW(run("cpu.resize", "Resize", resize("cubic", "half_pixel"),
                   {random({1, 2, 3, 3}), Tensor(),
                    Tensor::from_floats(std::vector<float>{1, 1, 2, 2}, {4})},
                   {{}, {}, kConstant}),
               Error);
}

}  // namespace
}  // namespace ingot
