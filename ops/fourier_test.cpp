// Tests of the Fourier transforms and of the signal operators over them.
#include "ops/fourier.h"

#include <numbers>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;
using Complex = std::complex<double>;

std::vector<Complex> random_signal(size_t length) {
  std::mt19937 generator(5);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<Complex> values;
  for (size_t i = 0; i < length; ++i) values.emplace_back(uniform(generator), uniform(generator));
  return values;
}

TEST(FourierTransform, AgreesWithItsDefinitionForAnyLength) {
  for (const size_t n : {1, 2, 7, 8, 12, 45, 64, 97}) {
    const auto values = random_signal(n);
    const auto result = fourier_transform(values, false);
    for (size_t k = 0; k < n; ++k) {
      Complex sum = 0;
      for (size_t i = 0; i < n; ++i) {
        sum += values[i] * std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k * i % n) /
                                               static_cast<double>(n));
      }
      ASSERT_NEAR(std::abs(sum - result[k]), 0, 1e-10) << n << " " << k;
    }
    const auto back = fourier_transform(result, true);
    for (size_t i = 0; i < n; ++i) ASSERT_NEAR(std::abs(values[i] - back[i]), 0, 1e-12);
  }
}

TEST(DFT, IsUndoneByItsInverse) {
  const Tensor x = random_tensor({2, 9, 3, 1});
  const Tensor axis = Tensor::scalar_i64(1);
  const Tensor half = run("DFT", {x, Tensor(), axis}, "{onesided=1}");
  EXPECT_EQ(half.shape().to_string(), "2x5x3x2");
  const Tensor back = run("DFT", {half, Tensor::scalar_i64(9), axis}, "{onesided=1, inverse=1}");
  EXPECT_EQ(back.shape().to_string(), "2x9x3x1");
  expect_near(back, x);
  const Tensor whole = run("DFT", {x, Tensor(), axis});
  const Tensor complex = run("DFT", {whole, Tensor(), axis}, "{inverse=1}");
  for (size_t i = 0; i < 54; ++i) EXPECT_NEAR(complex.as<float>()[2 * i], x.as<float>()[i], 1e-6);
}

TEST(DFT, PadsAndCutsToTheLength) {
  const Tensor x = tensor({1, 2, 1}, {1, 2});
  const Tensor y = run("DFT", {x, Tensor::scalar_i64(4)});
  expect_near(y, tensor({1, 4, 2}, {3, 0, 1, -2, -1, 0, 1, 2}));
  expect_near(run("DFT", {x, Tensor::scalar_i64(1)}), tensor({1, 1, 2}, {1, 0}));
}

TEST(STFT, TransformsWindowedFrames) {
  const Tensor signal = random_tensor({1, 20, 1}),
               window = run("HannWindow", {Tensor::scalar_i64(8)});
  const Tensor y = run("STFT", {signal, Tensor::scalar_i64(4), window});
  ASSERT_EQ(y.shape().to_string(), "1x4x5x2");
  std::vector<Complex> frame;
  for (size_t i = 0; i < 8; ++i) {
    frame.emplace_back(static_cast<double>(signal.as<float>()[8 + i]) * window.as<float>()[i], 0);
  }
  const auto expected = fourier_transform(frame, false);  // the third frame
  for (size_t bin = 0; bin < 5; ++bin) {
    EXPECT_NEAR(y.as<float>()[(2 * 5 + bin) * 2], expected[bin].real(), 1e-5);
    EXPECT_NEAR(y.as<float>()[(2 * 5 + bin) * 2 + 1], expected[bin].imag(), 1e-5);
  }
}

TEST(SignalWindows, AreSymmetricOrPeriodic) {
  expect_near(run("HannWindow", {Tensor::scalar_i64(5)}, "{periodic=0}"),
              std::vector<double>{0, 0.5, 1, 0.5, 0});
  expect_near(run("HannWindow", {Tensor::scalar_i64(4)}), std::vector<double>{0, 0.5, 1, 0.5});
  const double end = 25.0 / 46 - 21.0 / 46;
  expect_near(run("HammingWindow", {Tensor::scalar_i64(3)}, "{periodic=0}"),
              std::vector<double>{end, 1, end});
  expect_near(run("BlackmanWindow", {Tensor::scalar_i64(3)}, "{periodic=0}"),
              std::vector<double>{0, 1, 0});
  EXPECT_EQ(run("HannWindow", {Tensor::scalar_i64(2)}, "{output_datatype=f64}").dtype(),
            DType::kF64);
}

TEST(MelWeightMatrix, HasATriangleForEachBand) {
  const Tensor y = run("MelWeightMatrix",
                       {Tensor::scalar_i64(4), Tensor::scalar_i64(64), Tensor::scalar_i64(8192),
                        Tensor::scalar_f32(0), Tensor::scalar_f32(4096)});
  ASSERT_EQ(y.shape().to_string(), "33x4");
  for (size_t band = 0; band < 4; ++band) {
    int peaks = 0;
    for (size_t bin = 0; bin < 33; ++bin) peaks += y.as<float>()[bin * 4 + band] == 1.0F;
    EXPECT_EQ(peaks, 1) << band;
  }
}

}  // namespace
}  // namespace ingot
