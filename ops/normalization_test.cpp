// Tests of the normalisations and of the softmax family.
#include <limits>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

/// (x - mean) / sqrt(variance + epsilon) within groups of elements side by side.
std::vector<double> normalised(const Tensor& x, size_t group, double epsilon = 1e-5) {
  std::vector<double> result;
  const auto values = x.as<float>();
  for (size_t first = 0; first < values.size(); first += group) {
    double sum = 0, squares = 0;
    for (size_t i = first; i < first + group; ++i) {
      sum += values[i];
      squares += static_cast<double>(values[i]) * values[i];
    }
    const double mean = sum / static_cast<double>(group);
    const double variance = squares / static_cast<double>(group) - mean * mean;
    for (size_t i = first; i < first + group; ++i) {
      result.push_back((values[i] - mean) / std::sqrt(variance + epsilon));
    }
  }
  return result;
}

/// y[i] = y[i] * scale[i / inner % channels] + bias[...].
void scale_channels(std::vector<double>& y, const Tensor& scale, const Tensor& bias, size_t inner) {
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t channel = i / inner % static_cast<size_t>(scale.elements());
    y[i] = y[i] * scale.as<float>()[channel] + bias.as<float>()[channel];
  }
}

TEST(BatchNormalization, UsesTheStoredStatistics) {
  const Tensor x = tensor({1, 2, 2}, {1, 2, 3, 4});
  const Tensor y = run(
      "BatchNormalization",
      {x, tensor({2}, {2, 1}), tensor({2}, {0.5F, 0}), tensor({2}, {1, 3}), tensor({2}, {4, 1})},
      "{epsilon=0.0}");
  expect_near(y, tensor({1, 2, 2}, {0.5F, 1.5F, 0, 1}));
}

TEST(BatchNormalization, RefusesTraining) {
  const auto attempt = [] {
    const Tensor c = random_tensor({2});
    run("BatchNormalization", {random_tensor({1, 2, 3}), c, c, c, c}, "{training_mode=1}");
  };
  EXPECT_EQ(problem_of(attempt), "op.training");
}

TEST(InstanceNormalization, NormalisesEveryPlane) {
  const Tensor x = random_tensor({2, 3, 4, 5}, 1), scale = random_tensor({3}, 2),
               bias = random_tensor({3}, 3);
  std::vector<double> expected = normalised(x, 20);
  scale_channels(expected, scale, bias, 20);
  expect_near(run("InstanceNormalization", {x, scale, bias}), expected);
}

TEST(GroupNormalization, NormalisesGroupsOfChannels) {
  const Tensor x = random_tensor({2, 6, 3, 3}, 1), scale = random_tensor({6}, 2),
               bias = random_tensor({6}, 3);
  std::vector<double> expected = normalised(x, 2 * 9);
  scale_channels(expected, scale, bias, 9);
  expect_near(run("GroupNormalization", {x, scale, bias}, "{num_groups=3}"), expected);
  EXPECT_EQ(problem_of([&] { run("GroupNormalization", {x, scale, bias}, "{num_groups=4}"); }),
            "op.bad_attribute");
}

TEST(LayerNormalization, GivesItsStatisticsToo) {
  const Tensor x = random_tensor({2, 3, 4}, 1), scale = random_tensor({3, 4}, 2),
               bias = random_tensor({4}, 3);
  const auto outputs = run_all("LayerNormalization", {x, scale, bias}, "{axis=1}", 3);
  std::vector<double> expected = normalised(x, 12);
  for (size_t i = 0; i < expected.size(); ++i) {
    expected[i] = expected[i] * scale.as<float>()[i % 12] + bias.as<float>()[i % 4];
  }
  expect_near(outputs[0], expected);
  EXPECT_EQ(outputs[1].shape().to_string(), "2x1x1");
  const std::vector<double> plain = normalised(x, 12);
  for (size_t row = 0; row < 2; ++row) {
    const double y =
        (x.as<float>()[row * 12] - outputs[1].as<float>()[row]) * outputs[2].as<float>()[row];
    EXPECT_NEAR(y, plain[row * 12], 1e-5);
  }
}

TEST(LayerNormalization, IsStableFarFromZero) {
  const Tensor x = tensor({1, 4}, {10000, 10001, 10002, 10003});
  const Tensor y = run("LayerNormalization", {x, tensor({4}, {1, 1, 1, 1})});
  expect_near(y, std::vector<double>{-1.341636, -0.447212, 0.447212, 1.341636}, 1e-4);
}

TEST(RMSNormalization, DividesByTheRootMeanSquare) {
  const Tensor x = tensor({1, 2}, {3, 4});
  const double rms = std::sqrt(12.5 + 1e-5);
  expect_near(run("RMSNormalization", {x, tensor({2}, {1, 2})}),
              std::vector<double>{3 / rms, 8 / rms});
}

TEST(LpNormalization, LeavesZerosAlone) {
  const Tensor x = tensor({2, 2}, {3, 4, 0, 0});
  expect_near(run("LpNormalization", {x}), tensor({2, 2}, {0.6F, 0.8F, 0, 0}));
  expect_near(run("LpNormalization", {x}, "{p=1, axis=0}"), tensor({2, 2}, {1, 1, 0, 0}));
}

TEST(MeanVarianceNormalization, ReducesOverItsAxes) {
  const Tensor x = random_tensor({2, 3, 4, 5});
  const Tensor y = run("MeanVarianceNormalization", {x}, "{axes=[2,3]}");
  expect_near(y, normalised(x, 20, 0));
  const Tensor moved = run("Transpose", {x}, "{perm=[1,0,2,3]}");
  const Tensor all = run("Transpose", {run("MeanVarianceNormalization", {x})}, "{perm=[1,0,2,3]}");
  expect_near(all, normalised(moved, 40, 0));
}

TEST(LRN, SumsSquaresOfNearbyChannels) {
  const Tensor x = tensor({1, 4, 1}, {1, 2, 3, 4});
  const Tensor y = run("LRN", {x}, "{size=3, alpha=3.0, beta=1.0, bias=1.0}");
  expect_near(y, std::vector<double>{1.0 / 6, 2.0 / 15, 3.0 / 30, 4.0 / 26});
}

TEST(Softmax, SumsToOneAlongItsAxisAndBearsLargeValues) {
  const Tensor x = tensor({2, 2}, {1000, 1000, 0, std::log(3.0F)});
  expect_near(run("Softmax", {x}), tensor({2, 2}, {0.5F, 0.5F, 0.25F, 0.75F}));
  const Tensor y = run("Softmax", {random_tensor({2, 5, 3})}, "{axis=1}");
  for (size_t i = 0; i < 6; ++i) {
    double sum = 0;
    for (size_t j = 0; j < 5; ++j) sum += y.as<float>()[i / 3 * 15 + j * 3 + i % 3];
    EXPECT_NEAR(sum, 1, 1e-6);
  }
}

TEST(LogSoftmax, IsTheLogarithmOfSoftmax) {
  const Tensor x = random_tensor({3, 7}), y = run("Softmax", {x}, "{axis=0}");
  std::vector<double> expected;
  for (float value : y.as<float>()) expected.push_back(std::log(value));
  expect_near(run("LogSoftmax", {x}, "{axis=0}"), expected);
}

TEST(Hardmax, MarksTheFirstGreatest) {
  expect_near(run("Hardmax", {tensor({2, 3}, {1, 3, 3, -1, -2, -3})}),
              tensor({2, 3}, {0, 1, 0, 1, 0, 0}));
}

TEST(Normalizations, KeepTheirTypes) {
  const Tensor x = converted(random_tensor({1, 2, 4}), DType::kBF16);
  const Tensor c = converted(random_tensor({2}), DType::kBF16);
  EXPECT_EQ(run("InstanceNormalization", {x, c, c}).dtype(), DType::kBF16);
  EXPECT_EQ(run("Softmax", {x}).dtype(), DType::kBF16);
}

}  // namespace
}  // namespace ingot
