// Tests of the pools: values by hand, and against loops over every window.
#include <numeric>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

/// Two spatial axes, pads (top, left, bottom, right); reduce(elements of a window, its taps on
/// image or padding).
template <typename Reduce>
std::vector<double> pool(const Tensor& x, const Shape& y, std::array<int64_t, 2> kernel,
                         std::array<int64_t, 2> strides, std::array<int64_t, 2> dilations,
                         std::array<int64_t, 4> pads, Reduce&& reduce) {
  const int64_t height = x.shape()[2], width = x.shape()[3];
  std::vector<double> result;
  for (int64_t i = 0; i < y.elements(); ++i) {
    const int64_t plane = i / (y[2] * y[3]), row = i / y[3] % y[2], column = i % y[3];
    std::vector<double> values;
    int64_t taps = 0;
    for (int64_t a = 0; a < kernel[0]; ++a) {
      for (int64_t b = 0; b < kernel[1]; ++b) {
        const int64_t at_y = row * strides[0] + a * dilations[0] - pads[0];
        const int64_t at_x = column * strides[1] + b * dilations[1] - pads[1];
        taps += at_y < height + pads[2] && at_x < width + pads[3];
        if (at_y < 0 || at_x < 0 || at_y >= height || at_x >= width) continue;
        values.push_back(
            x.as<float>()[static_cast<size_t>((plane * height + at_y) * width + at_x)]);
      }
    }
    result.push_back(reduce(values, static_cast<double>(taps)));
  }
  return result;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

constexpr std::string_view kAttributes =
    "{kernel_shape=[3,2], strides=[2,1], dilations=[1,2], pads=[1,0,1,1]}";

TEST(MaxPool, AgreesWithLoops) {
  const Tensor x = random_tensor({2, 3, 7, 9});
  const Tensor y = run("MaxPool", {x}, kAttributes);
  expect_near(y, pool(x, y.shape(), {3, 2}, {2, 1}, {1, 2}, {1, 0, 1, 1},
                      [](const auto& v, double) { return *std::max_element(v.begin(), v.end()); }));
}

TEST(MaxPool, TellsWhereItsElementsWere) {
  const Tensor x = tensor({1, 1, 2, 4}, {1, 5, 2, 3, 4, 0, 9, 8});
  const auto rows = run_all("MaxPool", {x}, "{kernel_shape=[2,2], strides=[2,2]}", 2);
  expect_near(rows[0], std::vector<double>{5, 9});
  expect_near(rows[1], std::vector<double>{1, 6});
  const auto columns =
      run_all("MaxPool", {x}, "{kernel_shape=[2,2], strides=[2,2], storage_order=1}", 2);
  expect_near(columns[1], std::vector<double>{2, 5});
}

TEST(MaxPool, NeverChoosesPadding) {
  const Tensor x = tensor({1, 1, 2}, {-3, -2});
  expect_near(run("MaxPool", {x}, "{kernel_shape=[3], pads=[1,1]}"), std::vector<double>{-2, -2});
  const Tensor bytes = tensor<int8_t>({1, 1, 2}, {-128, -127});
  EXPECT_EQ(run("MaxPool", {bytes}, "{kernel_shape=[2]}").as<int8_t>()[0], -127);
}

TEST(MaxPool, PoolsThreeAxes) {
  const Tensor x = random_tensor({1, 2, 4, 4, 4});
  const Tensor y = run("MaxPool", {x}, "{kernel_shape=[4,4,4]}");
  expect_near(y, run("GlobalMaxPool", {x}));
}

TEST(AveragePool, LeavesPaddingOutUnlessToldToCountIt) {
  const Tensor x = random_tensor({2, 3, 7, 9});
  const Tensor y = run("AveragePool", {x}, kAttributes);
  expect_near(y, pool(x, y.shape(), {3, 2}, {2, 1}, {1, 2}, {1, 0, 1, 1},
                      [](const auto& v, double) { return mean(v); }));
  const Tensor padded = run("AveragePool", {x},
                            "{kernel_shape=[3,2], strides=[2,1], dilations=[1,2], pads=[1,0,1,1], "
                            "count_include_pad=1}");
  expect_near(padded,
              pool(x, y.shape(), {3, 2}, {2, 1}, {1, 2}, {1, 0, 1, 1}, [](const auto& v, double) {
                return std::accumulate(v.begin(), v.end(), 0.0) / 6;
              }));
}

TEST(AveragePool, DividesOverhangingWindowsByWhatTheyCover) {
  const Tensor x = random_tensor({1, 2, 6, 7});
  for (const char* include : {"0", "1"}) {
    const Tensor y = run("AveragePool", {x},
                         std::string("{kernel_shape=[3,3], strides=[2,2], pads=[1,1,0,0], "
                                     "ceil_mode=1, count_include_pad=") +
                             include + "}");
    EXPECT_EQ(y.shape().to_string(), "1x2x3x4");
    expect_near(y, pool(x, y.shape(), {3, 3}, {2, 2}, {1, 1}, {1, 1, 0, 0},
                        [&](const auto& v, double taps) {
                          const double sum = std::accumulate(v.begin(), v.end(), 0.0);
                          return sum / (*include == '1' ? taps : static_cast<double>(v.size()));
                        }));
  }
}

TEST(LpPool, TakesTheNorm) {
  const Tensor x = random_tensor({1, 2, 5, 5});
  const Tensor y = run("LpPool", {x}, "{kernel_shape=[2,2], p=3}");
  expect_near(y,
              pool(x, y.shape(), {2, 2}, {1, 1}, {1, 1}, {0, 0, 0, 0}, [](const auto& v, double) {
                double sum = 0;
                for (double value : v) sum += std::pow(std::abs(value), 3);
                return std::cbrt(sum);
              }));
}

TEST(GlobalPools, ReduceWholePlanes) {
  const Tensor x = tensor({1, 2, 2, 2}, {1, 2, 3, 4, -1, -2, -3, -4});
  expect_near(run("GlobalAveragePool", {x}), tensor({1, 2, 1, 1}, {2.5F, -2.5F}));
  expect_near(run("GlobalMaxPool", {x}), tensor({1, 2, 1, 1}, {4, -1}));
  const float norm = std::sqrt(30.0F);
  expect_near(run("GlobalLpPool", {x}), tensor({1, 2, 1, 1}, {norm, norm}));
}

TEST(GlobalPools, TheMeanOfALargePlaneKeepsItsDigits) {
  // Summed in float, 0.1 comes out as 0.10099 here.
  const std::vector<float> plane(size_t{1024} * 1024, 0.1F);
  const Tensor x = Tensor::from_floats(plane, {1, 1, 1024, 1024});
  const float mean = run("GlobalAveragePool", {x}).as<float>()[0];
  EXPECT_NEAR(mean, 0.1F, 1e-7F);
}

TEST(Pools, FollowSymbolicSizes) {
  EXPECT_EQ(inferred("GlobalAveragePool", {"n,8,h,w"}), "f32[n,8,1,1]");
  EXPECT_EQ(inferred("MaxPool", {"n,8,h,w"}, "{kernel_shape=[3,3], pads=[1,1,1,1]}"),
            "f32[n,8,h,w]");
  EXPECT_EQ(problem_of([] { run("MaxPool", {random_tensor({1, 1, 4, 4})}, "{kernel_shape=[2]}"); }),
            "op.bad_attribute");
}

}  // namespace
}  // namespace ingot
