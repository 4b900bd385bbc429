// 3x3 convolutions with fewer multiplications against the reference: odd sizes, windows, epilogues.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "runtime/cpu/kernels/winograd_table.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class Winograd : public StepTest {
 protected:
  Winograd() { tolerance_ = 3e-5F; }
  static constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};
  static constexpr Lies kLast{Layout::kChannelsLast};

  static Attributes padded(int64_t top, int64_t left, int64_t bottom, int64_t right,
                           const std::string& epilogue = "") {
    Attributes attributes;
    attributes.set("pads", std::vector<int64_t>{top, left, bottom, right});
    if (!epilogue.empty()) attributes.set("epilogue", Expression::parse(epilogue));
    return attributes;
  }
  /// Weights that keep sums about 1.
  Tensor w(int64_t filters, int64_t channels) {
    return random({filters, channels, 3, 3}, DType::kF32,
                  1 / std::sqrt(9 * static_cast<float>(channels)));
  }
};

TEST_F(Winograd, ImagesOfAnySize) {
  for (const auto& [channels, filters] : {std::pair<int64_t, int64_t>{16, 16}, {17, 33}, {70, 5}}) {
    for (const auto& [height, width] : {std::pair<int64_t, int64_t>{3, 3}, {12, 8}, {13, 22}}) {
      SCOPED_TRACE(std::to_string(channels) + " channels, " + std::to_string(height) + "x" +
                   std::to_string(width));
      const Tensor x = random({2, channels, height, width}), weights = w(filters, channels);
      for (const Attributes& pads :
           {padded(0, 0, 0, 0), padded(1, 1, 1, 1), padded(2, 0, 1, 2), padded(5, 7, 0, 6)}) {
        check("cpu.winograd", "Conv", pads, {x, weights}, {kLast, kConstant}, {kLast});
      }
    }
  }
  threads_ = 5;
  check("cpu.winograd", "Conv", padded(1, 1, 1, 1), {random({1, 530, 30, 41}), w(70, 530)},
        {kLast, kConstant}, {kLast});
  // Few tiles and many weights: the threads share them.
  check("cpu.winograd", "Conv", padded(1, 1, 1, 1), {random({1, 130, 9, 14}), w(70, 130)},
        {kLast, kConstant}, {kLast});
  Attributes same;
  same.set("auto_pad", std::string("SAME_UPPER"));
  check("cpu.winograd", "Conv", same, {random({1, 16, 9, 10}), w(16, 16)}, {kLast, kConstant},
        {kLast});
}

TEST_F(Winograd, EpiloguesAndWindows) {
  const Lies channels{Layout::kChannelsLast, 1, 3, 5}, columns{Layout::kChannelsLast, 3, 2, 1};
  const Tensor x = random({2, 24, 9, 14}), weights = w(20, 24), bias = random({20});
  const Tensor residual = random({2, 20, 9, 14}), scale = random({20, 1, 1});
  struct Case {
    std::string epilogue;
    bool in_registers;
  };
  for (const Case& c :
       {Case{"silu(in0)", true}, Case{"hard_swish(in0)", true}, Case{"add(in1,silu(in0))", true},
        Case{"relu(add(in0,in1))", true}, Case{"clip(sub(in0,mul(in1,0.5)),-0.5,1.5)", true},
        Case{"gelu(in0)", false}, Case{"mul(add(in0,in1),in2)", false}}) {
    for (const Lies& lies : {kLast, channels, columns}) {
      SCOPED_TRACE(c.epilogue + ", window along " + std::to_string(lies.window_axis));
      std::vector<Tensor> inputs = {x, weights, bias};
      const int count = Expression::parse(c.epilogue).input_count();
      if (count > 1) inputs.push_back(residual);
      if (count > 2) inputs.push_back(scale);
      check("cpu.winograd", "Conv", padded(1, 1, 1, 1, c.epilogue), inputs,
            {lies, kConstant, kConstant, lies, kConstant}, {lies});
      EXPECT_EQ(implementation_.find("pointwise") == std::string::npos, c.in_registers);
    }
  }
}

TEST_F(Winograd, BlocksOfChannels) {
  const Layout layout = kernel_isa() == Isa::kAvx512 ? Layout::kBlocked16 : Layout::kBlocked8;
  if (layout_block(layout) != winograd().lanes) GTEST_SKIP() << "blocks are wider than vectors";
  const Tensor x = random({2, 32, 9, 14}), weights = w(48, 32), bias = random({48});
  const Tensor residual = random({2, 48, 9, 14});
  for (const Lies& lies : {Lies{layout}, Lies{layout, 1, 16, 32}, Lies{layout, 2, 3, 1}}) {
    for (const char* epilogue :
         {"add(silu(in0),in1)", "relu(add(in0,in1))", "gelu(mul(in0,in1))"}) {
      check("cpu.winograd", "Conv", padded(1, 1, 1, 1, epilogue), {x, weights, bias, residual},
            {lies, kConstant, kConstant, lies}, {lies});
    }
  }
}

TEST_F(Winograd, RefusesWhatItCannotDo) {
  const auto id = [&](const Attributes& attributes, const Tensor& weights,
                      const Lies& lies) -> std::string {
    try {
      run("cpu.winograd", "Conv", attributes, {random({1, 16, 9, 9}), weights}, {lies, kConstant},
          {lies});
    } catch (const Error& error) {
      return error.problems().at(0).id;
    }
    return "";
  };
  Attributes strided;
  strided.set("strides", std::vector<int64_t>{2, 2});
  EXPECT_EQ(id({}, w(16, 16), kLast), "");
  EXPECT_EQ(id(strided, w(16, 16), kLast), "step.unsupported");
  EXPECT_EQ(id({}, random({16, 16, 3, 2}), kLast), "step.unsupported");
  EXPECT_EQ(id({}, w(16, 16), {}), "step.unsupported");
  EXPECT_EQ(id({}, w(17, 16), {Layout::kBlocked8}), "step.unsupported");
}

}  // namespace
}  // namespace ingot
