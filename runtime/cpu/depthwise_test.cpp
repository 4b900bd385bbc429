// Depthwise convolution against the reference: kernels, strides, pads, dilations, layouts,
// epilogues.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class Depthwise : public StepTest {
 protected:
  Depthwise() { tolerance_ = 5e-6F; }

  static constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};

  static Attributes conv(int64_t channels, int64_t stride, int64_t pad, int64_t dilation = 1,
                         const std::string& epilogue = "") {
    Attributes attributes;
    attributes.set("group", channels);
    attributes.set("strides", std::vector<int64_t>{stride, stride});
    attributes.set("pads", std::vector<int64_t>{pad, pad, pad, pad});
    attributes.set("dilations", std::vector<int64_t>{dilation, dilation});
    if (!epilogue.empty()) attributes.set("epilogue", Expression::parse(epilogue));
    return attributes;
  }

  void check_in_all(const Attributes& attributes, const Shape& x, int64_t kernel) {
    for (const Layout layout : {Layout::kChannelsLast, Layout::kBlocked8, Layout::kBlocked16}) {
      SCOPED_TRACE(std::string(layout_name(layout)) + " " + x.to_string());
      check("cpu.depthwise", "Conv", attributes,
            {random(x), random({x[1], 1, kernel, kernel}), random({x[1]})},
            {{layout}, kConstant, kConstant}, {{layout}});
      check("cpu.depthwise", "Conv", attributes,
            {random(x), random({x[1], 1, kernel, kernel}), Tensor()}, {{layout}, kConstant},
            {{layout}});
    }
  }
};

TEST_F(Depthwise, EveryKernelStrideAndPad) {
  for (const int64_t kernel : {1, 2, 3, 5, 7}) {
    for (const int64_t stride : {1, 2, 3}) {
      for (const int64_t pad : {int64_t{0}, kernel / 2, kernel - 1}) {
        check_in_all(conv(11, stride, pad), {1, 11, 7, 23}, kernel);
      }
    }
  }
  check_in_all(conv(32, 1, 1), {1, 32, 5, 40}, 3);
  check_in_all(conv(24, 2, 2), {1, 24, 3, 3}, 5);
  check_in_all(conv(8, 1, 2), {1, 8, 1, 1}, 5);
}

TEST_F(Depthwise, Dilations) {
  check_in_all(conv(16, 1, 2, 2), {1, 16, 9, 14}, 3);
  check_in_all(conv(16, 2, 0, 3), {1, 16, 11, 15}, 3);
}

TEST_F(Depthwise, Epilogues) {
  for (const char* epilogue : {"relu(in0)", "clip(in0,0.0,6.0)", "hard_swish(in0)", "silu(in0)",
                               "sigmoid(in0)", "add(relu(in0),1.0)"}) {
    check_in_all(conv(20, 1, 1, 1, epilogue), {1, 20, 6, 17}, 3);
  }
  for (const Layout layout : {Layout::kChannelsLast, Layout::kBlocked8}) {
    check("cpu.depthwise", "Conv", conv(20, 1, 1, 1, "relu(add(in0,mul(in1,in2)))"),
          {random({1, 20, 6, 17}), random({20, 1, 3, 3}), random({20}), random({1, 20, 6, 17}),
           random({20, 1, 1})},
          {{layout}, kConstant, kConstant, {layout}}, {{layout}});
  }
}

TEST_F(Depthwise, ReadsAndWritesWindows) {
  for (const Layout layout : {Layout::kChannelsLast, Layout::kBlocked8}) {
    for (int axis = 1; axis < 4; ++axis) {
      check("cpu.depthwise", "Conv", conv(16, 1, 1),
            {random({2, 16, 6, 17}), random({16, 1, 3, 3}), Tensor()},
            {{layout, axis, 16, 16}, kConstant}, {{layout, 4 - axis, 16, 16}});
    }
  }
}

TEST_F(Depthwise, LeavesOtherConvolutionsToOthers) {
  EXPECT_THROW(run("cpu.depthwise", "Conv", conv(1, 1, 1),
                   {random({1, 16, 6, 7}), random({8, 16, 3, 3}), Tensor()},
                   {{Layout::kChannelsLast}, kConstant}, {{Layout::kChannelsLast}}),
               Error);
}

}  // namespace
}  // namespace ingot
