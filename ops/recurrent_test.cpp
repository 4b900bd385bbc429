// Tests of LSTM, GRU and RNN against single steps written out, and of their directions and layouts.
#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

constexpr int64_t kTime = 4, kBatch = 3, kInputs = 5, kHidden = 7;

struct Layer {
  int64_t gates, directions;
  Tensor x = random_tensor({kTime, kBatch, kInputs}, 1);
  Tensor w = random_tensor({directions, gates * kHidden, kInputs}, 2);
  Tensor r = random_tensor({directions, gates * kHidden, kHidden}, 3);
  Tensor b = random_tensor({directions, 2 * gates * kHidden}, 4);

  double value(const Tensor& tensor, int64_t i) const {
    return tensor.as<float>()[static_cast<size_t>(i)];
  }
  /// Row `row` of W times x plus Wb, for direction d.
  double from_input(int64_t d, int64_t t, int64_t n, int64_t row) const {
    double sum = value(b, d * 2 * gates * kHidden + row);
    for (int64_t i = 0; i < kInputs; ++i) {
      sum += value(w, (d * gates * kHidden + row) * kInputs + i) *
             value(x, (t * kBatch + n) * kInputs + i);
    }
    return sum;
  }
  /// Row `row` of R times h, without Rb.
  double from_state(int64_t d, int64_t row, const std::vector<double>& h) const {
    double sum = 0;
    for (int64_t i = 0; i < kHidden; ++i) {
      sum += value(r, (d * gates * kHidden + row) * kHidden + i) * h[static_cast<size_t>(i)];
    }
    return sum;
  }
  double recurrent_bias(int64_t d, int64_t row) const {
    return value(b, (2 * d + 1) * gates * kHidden + row);
  }
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Runs step(d, t, n, h) -> new h over all times; gives Y [time, directions, batch, hidden].
template <typename Step>
std::vector<double> walk(int64_t directions, Step&& step) {
  std::vector<double> y(static_cast<size_t>(kTime * directions * kBatch * kHidden));
  for (int64_t d = 0; d < directions; ++d) {
    for (int64_t n = 0; n < kBatch; ++n) {
      std::vector<double> h(kHidden, 0.0), c(kHidden, 0.0);
      for (int64_t s = 0; s < kTime; ++s) {
        const int64_t t = d == 1 ? kTime - 1 - s : s;
        h = step(d, t, n, h, c);
        std::copy(h.begin(), h.end(), y.begin() + ((t * directions + d) * kBatch + n) * kHidden);
      }
    }
  }
  return y;
}

TEST(LSTM, AgreesWithItsEquationsInBothDirections) {
  const Layer layer{4, 2};
  const auto outputs =
      run_all("LSTM", {layer.x, layer.w, layer.r, layer.b}, "{direction=\"bidirectional\"}", 3);
  const auto expected = walk(2, [&](int64_t d, int64_t t, int64_t n, const std::vector<double>& h,
                                    std::vector<double>& c) {
    std::vector<double> next(kHidden);
    for (int64_t j = 0; j < kHidden; ++j) {
      const auto gate = [&](int64_t g) {
        const int64_t row = g * kHidden + j;
        return layer.from_input(d, t, n, row) + layer.from_state(d, row, h) +
               layer.recurrent_bias(d, row);
      };
      double& cell = c[static_cast<size_t>(j)];
      cell = sigmoid(gate(2)) * cell + sigmoid(gate(0)) * std::tanh(gate(3));
      next[static_cast<size_t>(j)] = sigmoid(gate(1)) * std::tanh(cell);
    }
    return next;
  });
  expect_near(outputs[0], expected);
  EXPECT_EQ(outputs[1].shape().to_string(), "2x3x7");
  EXPECT_NEAR(outputs[1].as<float>()[0], expected[(kTime - 1) * 2 * kBatch * kHidden], 1e-5);
}

TEST(GRU, AgreesWithItsEquationsInBothForms) {
  const Layer layer{3, 1};
  for (const bool linear : {false, true}) {
    const Tensor y =
        run("GRU", {layer.x, layer.w, layer.r, layer.b}, linear ? "{linear_before_reset=1}" : "{}");
    expect_near(
        y, walk(1, [&](int64_t d, int64_t t, int64_t n, const std::vector<double>& h,
                       std::vector<double>&) {
          std::vector<double> reset(kHidden), reset_h(kHidden), next(kHidden);
          const auto gate = [&](int64_t row) {
            return layer.from_input(d, t, n, row) + layer.from_state(d, row, h) +
                   layer.recurrent_bias(d, row);
          };
          for (size_t j = 0; j < kHidden; ++j) {
            reset[j] = sigmoid(gate(kHidden + static_cast<int64_t>(j)));
            reset_h[j] = reset[j] * h[j];
          }
          for (size_t j = 0; j < kHidden; ++j) {
            const int64_t row = 2 * kHidden + static_cast<int64_t>(j);
            const double state =
                linear ? reset[j] * (layer.from_state(d, row, h) + layer.recurrent_bias(d, row))
                       : layer.from_state(d, row, reset_h) + layer.recurrent_bias(d, row);
            const double update = sigmoid(gate(static_cast<int64_t>(j)));
            next[j] =
                (1 - update) * std::tanh(layer.from_input(d, t, n, row) + state) + update * h[j];
          }
          return next;
        }));
  }
}

TEST(RNN, UsesTheGivenActivation) {
  const Layer layer{1, 1};
  const Tensor y = run("RNN", {layer.x, layer.w, layer.r, layer.b},
                       "{activations=[\"LeakyRelu\"], activation_alpha=[0.1]}");
  expect_near(y, walk(1, [&](int64_t d, int64_t t, int64_t n, const std::vector<double>& h,
                             std::vector<double>&) {
                std::vector<double> next;
                for (int64_t j = 0; j < kHidden; ++j) {
                  const double sum = layer.from_input(d, t, n, j) + layer.from_state(d, j, h) +
                                     layer.recurrent_bias(d, j);
                  next.push_back(sum >= 0 ? sum : 0.1 * sum);
                }
                return next;
              }));
}

TEST(Recurrent, StopsEachRowAtItsLength) {
  const Layer layer{4, 1};
  const Tensor lengths = tensor<int32_t>({kBatch}, {4, 2, 1});
  const auto all = run_all("LSTM", {layer.x, layer.w, layer.r, layer.b}, "{}", 2);
  const auto cut = run_all("LSTM", {layer.x, layer.w, layer.r, layer.b, lengths}, "{}", 2);
  const auto at = [](const Tensor& y, int64_t t, int64_t n) {
    return y.as<float>()[static_cast<size_t>((t * kBatch + n) * kHidden)];
  };
  EXPECT_FLOAT_EQ(at(cut[0], 1, 1), at(all[0], 1, 1));
  EXPECT_EQ(at(cut[0], 2, 1), 0);
  EXPECT_FLOAT_EQ(at(cut[1], 0, 1), at(all[0], 1, 1));
  EXPECT_FLOAT_EQ(at(cut[1], 0, 2), at(all[0], 0, 2));
}

TEST(Recurrent, TakesTheBatchFirst) {
  const Layer layer{3, 2};
  const auto expected =
      run_all("GRU", {layer.x, layer.w, layer.r, layer.b}, "{direction=\"bidirectional\"}", 2);
  const Tensor x = run("Transpose", {layer.x}, "{perm=[1,0,2]}");
  const auto y =
      run_all("GRU", {x, layer.w, layer.r, layer.b}, "{direction=\"bidirectional\", layout=1}", 2);
  expect_near(y[0], run("Transpose", {expected[0]}, "{perm=[2,0,1,3]}"));
  expect_near(y[1], run("Transpose", {expected[1]}, "{perm=[1,0,2]}"));
}

TEST(Recurrent, NamesUnknownActivations) {
  const Layer layer{1, 1};
  EXPECT_EQ(
      problem_of([&] { run("RNN", {layer.x, layer.w, layer.r}, "{activations=[\"Tanhh\"]}"); }),
      "op.bad_attribute");
}

}  // namespace
}  // namespace ingot
