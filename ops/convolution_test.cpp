// Tests of Conv, ConvTranspose and DeformConv against loops that follow their definition.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

struct Case {
  Shape x, w;
  std::vector<int64_t> strides, dilations, pads;
  int64_t group;

  std::string attributes() const {
    return fmt::format("{{strides=[{}], dilations=[{}], pads=[{}], group={}}}",
                       fmt::join(strides, ","), fmt::join(dilations, ","), fmt::join(pads, ","),
                       group);
  }
};

const Case kCases[] = {
    {{1, 3, 7}, {2, 3, 3}, {2}, {1}, {1, 0}, 1},
    {{2, 4, 9, 5}, {6, 2, 3, 2}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 2},
    {{1, 3, 11, 13}, {5, 3, 3, 5}, {2, 3}, {2, 1}, {1, 2, 3, 0}, 1},
    {{2, 4, 6, 7}, {4, 1, 3, 3}, {1, 1}, {1, 2}, {1, 2, 1, 2}, 4},
    {{1, 5, 6, 6}, {7, 5, 1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1},
    {{1, 5, 6, 6}, {7, 5, 1, 1}, {2, 2}, {1, 1}, {0, 1, 0, 1}, 1},
    {{1, 2, 5, 6, 4}, {4, 1, 2, 3, 3}, {2, 1, 2}, {1, 2, 1}, {0, 1, 2, 1, 0, 1}, 2},
    {{1, 40, 40, 41}, {8, 40, 3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1},  // several blocks
};

/// Calls visit(x index, w index, y index) for every product of a convolution.
template <typename Visit>
void for_each_product(const Case& c, const Shape& y, Visit&& visit) {
  const size_t axes = c.strides.size();
  const auto size = [&](const Shape& s, size_t axis) {
    return axis < axes ? s[static_cast<int>(axis) + 2] : 1;
  };
  const auto at = [&](const std::vector<int64_t>& list, size_t axis, int64_t fallback) {
    return axis < axes ? list[axis] : fallback;
  };
  const int64_t channels = c.x[1] / c.group, filters = c.w[0] / c.group;
  for (int64_t n = 0; n < c.x[0]; ++n) {
    for (int64_t m = 0; m < c.w[0]; ++m) {
      for (int64_t k = 0; k < channels; ++k) {
        const int64_t channel = m / filters * channels + k;
        int64_t o[3], t[3];
        for (o[0] = 0; o[0] < size(y, 0); ++o[0])
          for (o[1] = 0; o[1] < size(y, 1); ++o[1])
            for (o[2] = 0; o[2] < size(y, 2); ++o[2])
              for (t[0] = 0; t[0] < size(c.w, 0); ++t[0])
                for (t[1] = 0; t[1] < size(c.w, 1); ++t[1])
                  for (t[2] = 0; t[2] < size(c.w, 2); ++t[2]) {
                    int64_t in_x = n * c.x[1] + channel, in_w = m * channels + k,
                            in_y = n * c.w[0] + m;
                    bool inside = true;
                    for (size_t a = 0; a < 3; ++a) {
                      const int64_t i = o[a] * at(c.strides, a, 1) + t[a] * at(c.dilations, a, 1) -
                                        at(c.pads, a, 0);
                      inside = inside && i >= 0 && i < size(c.x, a);
                      in_x = in_x * size(c.x, a) + i;
                      in_w = in_w * size(c.w, a) + t[a];
                      in_y = in_y * size(y, a) + o[a];
                    }
                    if (inside)
                      visit(static_cast<size_t>(in_x), static_cast<size_t>(in_w),
                            static_cast<size_t>(in_y));
                  }
      }
    }
  }
}

TEST(Conv, SumsProductsByHand) {
  const Tensor x = tensor({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Tensor w = tensor({1, 1, 2, 2}, {1, 0, 0, -1});
  expect_near(run("Conv", {x, w, tensor({1}, {10})}), tensor({1, 1, 2, 2}, {6, 6, 6, 6}));
  expect_near(run("Conv", {x, w}, "{auto_pad=\"SAME_UPPER\"}"),
              tensor({1, 1, 3, 3}, {-4, -4, 3, -4, -4, 6, 7, 8, 9}));
  expect_near(run("Conv", {x, w}, "{auto_pad=\"SAME_LOWER\"}"),
              tensor({1, 1, 3, 3}, {-1, -2, -3, -4, -4, -4, -7, -4, -4}));
}

TEST(Conv, AgreesWithItsDefinitionOnOddShapes) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.x.to_string() + " * " + c.w.to_string());
    const Tensor x = random_tensor(c.x, 1), w = random_tensor(c.w, 2);
    const Tensor bias = random_tensor({c.w[0]}, 3);
    const Tensor y = run("Conv", {x, w, bias}, c.attributes());
    std::vector<double> expected(static_cast<size_t>(y.elements()));
    const size_t plane = expected.size() / static_cast<size_t>(c.x[0] * c.w[0]);
    for (size_t i = 0; i < expected.size(); ++i) {
      expected[i] = bias.as<float>()[i / plane % static_cast<size_t>(c.w[0])];
    }
    for_each_product(c, y.shape(), [&](size_t in_x, size_t in_w, size_t in_y) {
      expected[in_y] += static_cast<double>(x.as<float>()[in_x]) * w.as<float>()[in_w];
    });
    expect_near(y, expected);
    const Tensor y64 =
        run("Conv",
            {converted(x, DType::kF64), converted(w, DType::kF64), converted(bias, DType::kF64)},
            c.attributes());
    EXPECT_EQ(y64.dtype(), DType::kF64);
    expect_near(y64, expected, 1e-12);
  }
}

TEST(Conv, AccumulatesHalvesInFloat) {
  const Tensor x = converted(random_tensor({1, 300, 3, 3}, 1), DType::kF16);
  const Tensor w = converted(random_tensor({4, 300, 3, 3}, 2), DType::kF16);
  const Tensor y = run("Conv", {x, w});
  EXPECT_EQ(y.dtype(), DType::kF16);
  expect_near(y, run("Conv", {converted(x, DType::kF32), converted(w, DType::kF32)}), 1e-3);
}

TEST(Conv, AppliesItsEpilogueAfterTheBias) {
  const Tensor x = tensor({1, 1, 1, 3}, {1, -2, 3}), w = tensor({1, 1, 1, 1}, {2});
  const Tensor y = run("Conv", {x, w, tensor({1}, {1}), tensor({1, 1, 1, 3}, {1, 1, -20})},
                       "{epilogue=expr(relu(add(in0,in1)))}");
  expect_near(y, tensor({1, 1, 1, 3}, {4, 0, 0}));
}

TEST(Conv, FollowsSymbolicSizes) {
  EXPECT_EQ(
      inferred("Conv", {"n,3,224,w", "64,3,7,7"}, "{strides=[2,2], pads=[3,3,3,3]}").substr(0, 13),
      "f32[n,64,112,");
  EXPECT_EQ(inferred("Conv", {"n,3,h,w", "8,3,3,3"}, "{pads=[1,1,1,1]}"), "f32[n,8,h,w]");
}

TEST(Conv, RefusesChannelsThatDoNotFit) {
  const auto attempt = [] {
    run("Conv", {random_tensor({1, 4, 5, 5}), random_tensor({2, 3, 3, 3})});
  };
  EXPECT_EQ(problem_of(attempt), "op.bad_shape");
  const auto group = [] {
    run("Conv", {random_tensor({1, 4, 5, 5}), random_tensor({3, 2, 3, 3})}, "{group=2}");
  };
  EXPECT_EQ(problem_of(group), "op.bad_attribute");
}

TEST(ConvTranspose, IsTheTransposeOfConv) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.x.to_string() + " * " + c.w.to_string());
    const Tensor w = random_tensor(c.w, 2);
    const Shape forward = run("Conv", {random_tensor(c.x, 1), w}, c.attributes()).shape();
    const Tensor x = random_tensor(forward, 4);
    // Rows and columns that no window of the convolution reached are output padding.
    std::vector<int64_t> padding;
    for (int a = 0; a < c.x.rank() - 2; ++a) {
      const auto i = static_cast<size_t>(a);
      const int64_t reached =
          (forward[a + 2] - 1) * c.strides[i] + (c.w[a + 2] - 1) * c.dilations[i] + 1;
      padding.push_back(c.x[a + 2] + c.pads[i] + c.pads[i + c.strides.size()] - reached);
    }
    std::string attributes = c.attributes();
    attributes.insert(attributes.size() - 1,
                      fmt::format(", output_padding=[{}]", fmt::join(padding, ",")));
    const Tensor y = run("ConvTranspose", {x, w}, attributes);
    ASSERT_EQ(y.shape().to_string(), c.x.to_string());
    std::vector<double> expected(static_cast<size_t>(y.elements()));
    for_each_product(c, forward, [&](size_t in_x, size_t in_w, size_t in_y) {
      expected[in_x] += static_cast<double>(x.as<float>()[in_y]) * w.as<float>()[in_w];
    });
    expect_near(y, expected);
  }
}

TEST(ConvTranspose, MakesTheSizesThatAreAskedFor) {
  const Tensor x = random_tensor({1, 1, 3, 3}), w = random_tensor({1, 2, 3, 3});
  EXPECT_EQ(
      run("ConvTranspose", {x, w}, "{strides=[3,2], output_shape=[10,8]}").shape().to_string(),
      "1x2x10x8");
  EXPECT_EQ(
      run("ConvTranspose", {x, w}, "{strides=[2,2], auto_pad=\"SAME_UPPER\"}").shape().to_string(),
      "1x2x6x6");
  EXPECT_EQ(inferred("ConvTranspose", {"n,8,h,w", "8,4,2,2"}, "{strides=[2,2]}"),
            "f32[n,4,2*h,2*w]");
}

TEST(ConvTranspose, AddsBiasAndEpilogue) {
  const Tensor x = tensor({1, 1, 2}, {1, -1}), w = tensor({1, 1, 2}, {1, 2});
  expect_near(
      run("ConvTranspose", {x, w, tensor({1}, {0.5F})}, "{strides=[2], epilogue=expr(relu(in0))}"),
      tensor({1, 1, 4}, {1.5F, 2.5F, 0, 0}));
}

TEST(DeformConv, WithoutOffsetsIsAConvolution) {
  const Tensor x = random_tensor({2, 4, 7, 6}, 1), w = random_tensor({6, 2, 3, 2}, 2);
  const Tensor bias = random_tensor({6}, 3);
  const char* attributes = "{strides=[2,1], dilations=[1,2], pads=[1,1,0,1], group=2}";
  const Tensor expected = run("Conv", {x, w, bias}, attributes);
  const Shape& y = expected.shape();
  const Tensor offset = Tensor::allocate(DType::kF32, {2, 2 * 2 * 6, y[2], y[3]});
  expect_near(run("DeformConv", {x, w, offset, bias},
                  "{strides=[2,1], dilations=[1,2], pads=[1,1,0,1], group=2, offset_group=2}"),
              expected);
}

TEST(DeformConv, ReadsBetweenPixelsAndScalesByTheMask) {
  const Tensor x = tensor({1, 1, 2, 2}, {1, 2, 3, 4}), w = tensor({1, 1, 1, 1}, {1});
  std::vector<float> offset(8, 0.5F);  // half a pixel down and right, everywhere
  const Tensor y = run("DeformConv", {x, w, tensor({1, 2, 2, 2}, offset), Tensor(),
                                      tensor({1, 1, 2, 2}, {1, 1, 1, 2})});
  expect_near(y, tensor({1, 1, 2, 2}, {2.5F, 1.5F, 1.75F, 2}));
}

}  // namespace
}  // namespace ingot
