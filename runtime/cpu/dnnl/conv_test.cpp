// oneDNN's convolutions and transposed convolutions against the reference.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class DnnlConv : public StepTest {
 protected:
  DnnlConv() { tolerance_ = 2e-5F; }

  static constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};
  // In the plain layout oneDNN has only its slow reference, which the step refuses.
  static constexpr Layout kLayouts[] = {Layout::kChannelsLast, Layout::kBlocked8,
                                        Layout::kBlocked16};

  /// Compares where oneDNN has a fast kernel; gives whether it has.
  bool check_if_fast(const Attributes& attributes, const std::vector<Tensor>& inputs,
                     const std::vector<Lies>& lies, const std::vector<Lies>& outputs_lie) {
    try {
      check("dnnl.conv", "Conv", attributes, inputs, lies, outputs_lie);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.problems().at(0).id, "step.unsupported");
      return false;
    }
  }

  static Attributes window(int64_t stride, int64_t pad, int64_t dilation, int64_t group,
                           const std::string& epilogue = "") {
    Attributes attributes;
    attributes.set("group", group);
    attributes.set("strides", std::vector<int64_t>{stride, stride});
    attributes.set("pads", std::vector<int64_t>{pad, pad, pad, pad});
    attributes.set("dilations", std::vector<int64_t>{dilation, dilation});
    if (!epilogue.empty()) attributes.set("epilogue", Expression::parse(epilogue));
    return attributes;
  }
};

TEST_F(DnnlConv, GroupsStridesPadsAndDilations) {
  struct Case {
    int64_t in, out, group, kernel, stride, pad, dilation;
  };
  for (const Case& c :
       {Case{16, 24, 1, 3, 1, 1, 1}, Case{16, 24, 1, 3, 2, 1, 1}, Case{3, 16, 1, 7, 2, 3, 1},
        Case{16, 8, 1, 1, 1, 0, 1}, Case{16, 16, 4, 3, 1, 1, 1}, Case{24, 24, 24, 3, 1, 1, 1},
        Case{24, 24, 24, 5, 2, 2, 1}, Case{8, 16, 1, 3, 1, 2, 2}, Case{13, 19, 1, 3, 1, 0, 1}}) {
    int fast = 0;
    for (const Layout layout : kLayouts) {
      SCOPED_TRACE(std::string(layout_name(layout)) + " in " + std::to_string(c.in) + " kernel " +
                   std::to_string(c.kernel));
      const Lies image{c.in == 3 && layout_block(layout) > 1 ? Layout::kPlain : layout};
      fast += check_if_fast(window(c.stride, c.pad, c.dilation, c.group),
                            {random({2, c.in, 11, 13}),
                             random({c.out, c.in / c.group, c.kernel, c.kernel}), random({c.out})},
                            {image, kConstant, kConstant}, {{layout}});
    }
    EXPECT_GT(fast, 0) << "in " << c.in << " groups " << c.group;
  }
}

TEST_F(DnnlConv, EpiloguesAsPostOpsAndBehindIt) {
  int fast = 0;
  for (const char* epilogue :
       {"relu(in0)", "clip(in0,0.0,6.0)", "silu(in0)", "hard_swish(in0)", "prelu(in0,0.1)",
        "relu(add(in0,in1))", "add(relu(in0),in1)", "mul(sigmoid(in0),in1)", "sub(in1,in0)",
        "add(mul(in0,2.0),1.0)", "mul(in0,sigmoid(in0))"}) {
    const Expression expression = Expression::parse(epilogue);
    for (const Layout layout : kLayouts) {
      SCOPED_TRACE(std::string(layout_name(layout)) + " " + epilogue);
      std::vector<Tensor> inputs = {random({1, 16, 9, 10}), random({24, 16, 3, 3}), random({24})};
      if (expression.input_count() > 1) inputs.push_back(random({1, 24, 9, 10}));
      fast += check_if_fast(window(1, 1, 1, 1, epilogue), inputs,
                            {{layout}, kConstant, kConstant, {layout}}, {{layout}});
    }
  }
  EXPECT_GE(fast, 11);  // channels last at least
  check("dnnl.conv", "Conv", window(1, 1, 1, 1, "mul(in0,in1)"),
        {random({1, 16, 9, 10}), random({24, 16, 3, 3}), Tensor(), random({24, 1, 1})},
        {{Layout::kChannelsLast}, kConstant}, {{Layout::kChannelsLast}});
}

TEST_F(DnnlConv, ReadsAndWritesWindows) {
  // Which of these are fast differs between processors; those that are must be right.
  for (const Layout layout : {Layout::kChannelsLast, Layout::kBlocked8}) {
    const std::vector<Tensor> inputs = {random({1, 16, 9, 10}), random({24, 16, 3, 3}),
                                        random({24})};
    check_if_fast(window(1, 1, 1, 1, "relu(in0)"), inputs,
                  {{layout, 1, 8, 8}, kConstant, kConstant}, {{layout}});
    check_if_fast(window(1, 1, 1, 1, "relu(in0)"), inputs, {{layout}, kConstant, kConstant},
                  {{layout, 1, 8, 16}});
  }
}

TEST_F(DnnlConv, OneAndThreeSpatialAxes) {
  check("dnnl.conv", "Conv", {}, {random({2, 8, 30}), random({16, 8, 5}), random({16})},
        {{}, kConstant, kConstant});
  check("dnnl.conv", "Conv", {}, {random({1, 4, 6, 7, 8}), random({8, 4, 3, 3, 3}), Tensor()},
        {{}, kConstant});
}

TEST_F(DnnlConv, TransposedConvolutions) {
  struct Case {
    int64_t in, out, group, kernel, stride, pad;
  };
  for (const Case& c : {Case{16, 8, 1, 2, 2, 0}, Case{16, 24, 1, 3, 2, 1}, Case{8, 8, 1, 4, 2, 1},
                        Case{16, 8, 4, 3, 1, 1}}) {
    for (const Layout layout : {Layout::kChannelsLast, Layout::kBlocked8}) {
      SCOPED_TRACE(std::string(layout_name(layout)) + " kernel " + std::to_string(c.kernel));
      check("dnnl.deconv", "ConvTranspose", window(c.stride, c.pad, 1, c.group, "relu(in0)"),
            {random({1, c.in, 7, 9}), random({c.in, c.out / c.group, c.kernel, c.kernel}),
             random({c.out})},
            {{layout}, kConstant, kConstant}, {{layout}});
    }
  }
}

TEST_F(DnnlConv, TransposedConvolutionsCropToTheSizeThatIsAskedFor) {
  struct Case {
    std::vector<int64_t> output_shape;
    const char* auto_pad;
    int64_t output_padding;
  };
  // Uncropped, the output is 15 x 19.
  for (const Case& c :
       {Case{{14, 18}, "NOTSET", 0}, Case{{12, 17}, "NOTSET", 0}, Case{{12, 17}, "SAME_UPPER", 0},
        Case{{16, 20}, "NOTSET", 1}, Case{{13, 18}, "NOTSET", 1}, Case{{}, "SAME_LOWER", 0},
        Case{{}, "SAME_UPPER", 0}, Case{{}, "VALID", 0}}) {
    Attributes attributes = window(2, 1, 1, 1);
    attributes.set("auto_pad", std::string(c.auto_pad));
    attributes.set("output_shape", c.output_shape);
    attributes.set("output_padding", std::vector<int64_t>{c.output_padding, c.output_padding});
    SCOPED_TRACE(attributes.to_string());
    check("dnnl.deconv", "ConvTranspose", attributes,
          {random({1, 16, 7, 9}), random({16, 8, 3, 3}), random({8})},
          {{Layout::kChannelsLast}, kConstant, kConstant}, {{Layout::kChannelsLast}});
  }
}

TEST_F(DnnlConv, RefusesAWindowThatEndsInsideABlock) {
  try {
    check("dnnl.conv", "Conv", window(1, 1, 1, 1),
          {random({1, 12, 7, 9}), random({16, 12, 3, 3}), Tensor()},
          {{Layout::kBlocked8, 1, 8, 8}, kConstant}, {{Layout::kBlocked8}});
    FAIL() << "it was prepared";
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().at(0).id, "step.unsupported") << error.what();
  }
}

}  // namespace
}  // namespace ingot
