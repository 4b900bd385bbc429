// Our own product of floats against the reference: odd shapes, windows, every kind of epilogue.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class FloatProducts : public StepTest {
 protected:
  FloatProducts() { tolerance_ = 1e-5F; }
  static constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};
  static constexpr Lies kLast{Layout::kChannelsLast};

  static Attributes with(const std::string& epilogue) {
    Attributes attributes;
    if (!epilogue.empty()) attributes.set("epilogue", Expression::parse(epilogue));
    return attributes;
  }
  /// Weights that keep sums of `length` products about 1.
  Tensor w(const Shape& shape, int64_t length) {
    return random(shape, DType::kF32, 1 / std::sqrt(static_cast<float>(length)));
  }
};

TEST_F(FloatProducts, RowsByAMatrixOfAnyShape) {
  for (const int64_t m : {1, 5, 7, 50, 215}) {
    for (const int64_t k : {1, 37, 900}) {
      for (const int64_t n : {1, 15, 16, 33, 128}) {
        SCOPED_TRACE(std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n));
        check("cpu.inner_product", "MatMul", {}, {random({m, k}), w({k, n}, k)}, {{}, kConstant});
        Attributes transposed;
        transposed.set("transpose_b", int64_t{1});
        check("cpu.inner_product", "MatMul", transposed, {random({1, m, k}), w({n, k}, k)},
              {{}, kConstant});
      }
    }
  }
  threads_ = 5;
  check("cpu.inner_product", "MatMul", {}, {random({700, 64}), w({64, 800}, 64)}, {{}, kConstant});
  check("cpu.inner_product", "MatMul", {}, {random({0, 64}), w({64, 40}, 64)}, {{}, kConstant});
}

TEST_F(FloatProducts, Epilogues) {
  for (const int64_t n : {40, 64, 800}) {
    for (const int64_t k : {48, 700}) {
      const Tensor x = random({2, 61, k}), weights = w({k, n}, k);
      const Tensor bias = random({n}), residual = random({2, 61, n}), row = random({61, 1});
      const auto epilogue = [&](const std::string& text, const Tensor& second, bool in_registers) {
        SCOPED_TRACE(text + ", " + std::to_string(n) + " columns");
        check("cpu.inner_product", "MatMul", with(text), {x, weights, bias, second},
              {{}, kConstant, kConstant});
        EXPECT_EQ(implementation_.find("pointwise") == std::string::npos, in_registers);
      };
      epilogue("add(in0,in1)", residual, true);
      epilogue("add(add(in0,in1),in2)", residual, true);
      epilogue("clip(sub(in1,neg(add(in0,mul(in2,0.5)))),-0.5,1.5)", residual, true);
      epilogue("gelu(add(in0,in1))", residual, false);
      epilogue("mul(add(in0,in1),sigmoid(in2))", residual, false);
      epilogue("mul(relu(mul(in0,in1)),in2)", residual, false);
      epilogue("add(add(in0,in1),in2)", row, false);
    }
  }
}

TEST_F(FloatProducts, NaNOfASumPassesItsLimits) {
  Tensor x = random({3, 20});
  x.mutable_view().as<float>()[25] = std::numeric_limits<float>::quiet_NaN();
  check("cpu.inner_product", "MatMul", with("relu(in0)"), {x, w({20, 17}, 20)}, {{}, kConstant});
}

TEST_F(FloatProducts, PixelsOfAnImage) {
  const std::string silu = "silu(in0)", sum = "relu(add(in0,in1))";
  const Lies channels{Layout::kChannelsLast, 1, 3, 5}, columns{Layout::kChannelsLast, 3, 2, 1};
  for (const int64_t out : {7, 96}) {
    for (const Lies& lies : {kLast, channels, columns}) {
      SCOPED_TRACE("window along " + std::to_string(lies.window_axis));
      const std::vector<Tensor> inputs = {random({2, 24, 9, 11}), w({out, 24, 1, 1}, 24),
                                          random({out}), random({2, out, 9, 11})};
      const std::vector<Lies> lie = {lies, kConstant, kConstant, lies};
      check("cpu.inner_product", "Conv", with(silu), {inputs[0], inputs[1], inputs[2]}, lie,
            {lies});
      check("cpu.inner_product", "Conv", with(sum), inputs, lie, {lies});
      check("cpu.inner_product", "Conv", {}, {inputs[0], inputs[1]}, lie, {lies});
    }
  }
}

TEST_F(FloatProducts, RefusesWhatItCannotDo) {
  const auto id = [&](const Attributes& attributes, const Shape& x, const Shape& weights,
                      const Lies& lies) -> std::string {
    try {
      run("cpu.inner_product", "Conv", attributes, {random(x), random(weights)}, {lies, kConstant},
          {lies});
    } catch (const Error& error) {
      return error.problems().at(0).id;
    }
    return "";
  };
  Attributes strided;
  strided.set("strides", std::vector<int64_t>{2, 2});
  EXPECT_EQ(id({}, {1, 8, 4, 4}, {8, 8, 1, 1}, kLast), "");
  EXPECT_EQ(id(strided, {1, 8, 4, 4}, {8, 8, 1, 1}, kLast), "step.unsupported");
  EXPECT_EQ(id({}, {1, 8, 4, 4}, {8, 8, 2, 2}, kLast), "step.unsupported");
  EXPECT_EQ(id({}, {1, 8, 4, 4}, {8, 8, 1, 1}, {Layout::kBlocked8}), "step.unsupported");
}

}  // namespace
}  // namespace ingot
