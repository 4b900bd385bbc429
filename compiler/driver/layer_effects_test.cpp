// Effects of single layers: which one a precision hurts, where it is made and at the outputs.
#include "compiler/driver/layer_effects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/driver/target.h"

namespace ingot {
namespace {

class EffectsOfLayers : public testing::Test {
 protected:
  EffectsOfLayers() {
    options_.device = "cpu";
    options_.threads = 1;
  }

  LayerEffects effects(const char* graph, const Precisions& precisions, DType type) {
    Stages stages(options_);
    Compiler compiler(parse_graph(graph), options_, make_target(options_), &stages);
    const std::vector<TensorInfo> inputs = {{"x", DType::kF32, {1, 4, 6, 6}, {}}};
    const Sample sample = random_sample(inputs, {{"x", Shape{1, 4, 6, 6}}}, {}, 1);
    return layer_effects(&compiler, precisions, type, {sample}, 0.1);
  }

  static const LayerEffect& of(const LayerEffects& effects, const std::string& layer) {
    return *std::find_if(
        effects.layers.begin(), effects.layers.end(),
        [&](const LayerEffect& effect) { return effect.layers == std::vector{layer}; });
  }

  BuildOptions options_;
};

TEST_F(EffectsOfLayers, AnOverflowOf16BitsIsInfiniteAndFirst) {
  const LayerEffects found = effects(R"(
    x: f32[1,4,6,6], large: const f32[] = {1000000}, little: const f32[] = {0.001}
    a = Relu(x)               # origin: small
    b = Mul(a, large)         # origin: overflow
    y = Mul(b, little)        # origin: behind
    return y
  )",
                                     {}, DType::kF16);
  ASSERT_EQ(found.layers.size(), 3U);
  EXPECT_EQ(of(found, "overflow").local, INFINITY);
  EXPECT_EQ(of(found, "overflow").effect, INFINITY);
  EXPECT_EQ(found.all, INFINITY);
  EXPECT_LT(of(found, "small").local, 1e-3);
  EXPECT_LT(of(found, "small").effect, 0.01);
}

TEST_F(EffectsOfLayers, ABadRangeOfOneConvolutionIsFoundOnFp32Inputs) {
  for (const DType type : {DType::kI8, DType::kF8E4M3}) {
    SCOPED_TRACE(dtype_name(type));
    Precisions precisions;
    precisions.int8 = true;
    precisions.placed = type;
    precisions.ranges = std::make_shared<QuantizationRanges>(
        QuantizationRanges{{{"x", 1.0F / 127}, {"a", 1e-5F}, {"b", 4.0F / 127}}});
    const LayerEffects found = effects(R"(
    x: f32[1,4,6,6], w: const f32[4,4,1,1]
    a = Conv(x, w)            # origin: first
    b = Conv(a, w)            # origin: second
    y = Conv(b, w)            # origin: third
    return y
  )",
                                       precisions, type);
    ASSERT_EQ(found.layers.size(), 3U);
    EXPECT_EQ(found.layers[0].layers, std::vector<std::string>{"second"});
    EXPECT_GT(found.layers[0].local, 0.9);
    // Nearly all of the output is lost, which is 10 times what is allowed.
    EXPECT_NEAR(found.layers[0].effect, 10, 1);
    EXPECT_NEAR(found.all, 10, 1);
    // What comes behind it has exact inputs.
    EXPECT_LT(found.layers[1].local, 0.05);
    EXPECT_LT(found.layers[1].effect, 0.5);
    EXPECT_GT(found.layers[2].effect, 0);
  }
}

TEST_F(EffectsOfLayers, AnErrorThatTheNetworkDoesNotShowIsNone) {
  Precisions precisions;
  precisions.int8 = true;
  precisions.ranges =
      std::make_shared<QuantizationRanges>(QuantizationRanges{{{"x", 1.0F / 127}, {"c", 1e-5F}}});
  const LayerEffects found = effects(R"(
    x: f32[1,4,6,6], w: const f32[4,4,1,1], little: const f32[] = {0.0001}
    c = Relu(x)
    a = Conv(x, w)            # origin: shown
    b = Conv(c, w)            # origin: hidden
    d = Mul(b, little)
    y = Add(a, d)
    return y
  )",
                                     precisions, DType::kI8);
  ASSERT_EQ(found.layers.size(), 2U);
  EXPECT_EQ(found.layers[0].layers, std::vector<std::string>{"shown"});
  EXPECT_GT(of(found, "hidden").local, 0.9);
  EXPECT_LT(of(found, "hidden").effect, 0.01);
}

}  // namespace
}  // namespace ingot
