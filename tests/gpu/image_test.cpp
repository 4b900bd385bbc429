// Convolutions without tensor cores, pools, Resize, GridSample and RoiAlign on the GPU, against the
// operators' references.
#include <fmt/format.h>

#include <set>

#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

constexpr DType kFloats[] = {DType::kF32, DType::kF16, DType::kBF16};

class ConvOnGpu : public GpuStepTest {
 protected:
  /// Weights that keep sums near 1, so that tolerances mean the same for any filter.
  Tensor weights(const Shape& shape, DType dtype) {
    int64_t summed = 1;
    for (int axis = 1; axis < shape.rank(); ++axis) summed *= shape[axis];
    return random(shape, dtype, 1 / std::sqrt(static_cast<float>(summed)));
  }

  void depthwise(const Shape& x, int64_t multiplier, const std::vector<int64_t>& kernel,
                 const std::string& attributes, DType dtype) {
    SCOPED_TRACE(
        fmt::format("{} {} x{} {}", x.to_string(), dtype_name(dtype), multiplier, attributes));
    Shape w = {x[1] * multiplier, 1};
    for (const int64_t size : kernel) w.push_back(size);
    check("Conv", fmt::format("{{group={}{}}}", x[1], attributes),
          {random(x, dtype), constant(weights(w, dtype)), constant(random({w[0]}, dtype))},
          {.tactic = "jit.depthwise"});
  }
};

TEST_F(ConvOnGpu, DepthwiseOfEveryKernelAndStride) {
  for (const DType dtype : kFloats) {
    for (const int64_t kernel : {3, 5}) {
      for (const int64_t stride : {1, 2}) {
        depthwise({2, 24, 9, 13}, 1, {kernel, kernel},
                  fmt::format(",pads=[1,2,1,0],strides=[{0},{0}]", stride), dtype);
      }
    }
  }
  depthwise({1, 8, 9, 30}, 1, {7, 7}, ",pads=[3,3,3,3]", DType::kF16);
  depthwise({1, 16, 6, 7}, 1, {2, 3}, ",strides=[3,1]", DType::kF16);
  depthwise({1, 16, 1, 1}, 1, {5, 5}, ",pads=[2,2,2,2]", DType::kF16);
  depthwise({1, 16, 12, 11}, 1, {9, 9}, ",auto_pad=\"SAME_UPPER\",strides=[2,2]", DType::kF16);
}

TEST_F(ConvOnGpu, DepthwiseInEveryTile) {
  // The larger the image, the more outputs a thread computes; what is large depends on the GPU.
  if (target().gpu.architecture != "emulated") GTEST_SKIP() << "the tiles are those of a small GPU";
  std::set<std::string> tiles;
  for (const int64_t kernel : {3, 5}) {
    for (const int64_t stride : {1, 2}) {
      for (const int64_t width : {4, 15, 41}) {
        depthwise({1, 24, 40 * stride, width * stride + 1}, 1, {kernel, kernel},
                  fmt::format(",pads=[1,2,1,2],strides=[{0},{0}]", stride), DType::kF16);
        for (const std::string& name : ran_) tiles.insert(name.substr(name.rfind('/') + 1));
      }
    }
  }
  EXPECT_EQ(tiles, (std::set<std::string>{"nhwc_4x8", "nhwc_2x8", "nhwc_1x8", "nhwc_1x4",
                                          "nhwc_1x2", "plain"}));
}

TEST_F(ConvOnGpu, DepthwiseOfOddChannelsAndMultipliers) {
  for (const int64_t channels : {1, 3, 4, 10, 20}) {
    depthwise({2, channels, 5, 6}, 1, {3, 3}, ",pads=[1,1,1,1]", DType::kF16);
  }
  for (const int64_t multiplier : {2, 3, 4, 16}) {
    depthwise({2, 6, 5, 6}, multiplier, {3, 3}, ",pads=[1,1,1,1]", DType::kF16);
    depthwise({2, 6, 5, 6}, multiplier, {3, 3}, ",pads=[1,1,1,1],dilations=[2,1]", DType::kF32);
  }
}

TEST_F(ConvOnGpu, DepthwiseWithDilationsAndOneAxis) {
  depthwise({2, 16, 11, 14}, 1, {3, 3}, ",pads=[2,2,2,2],dilations=[2,2]", DType::kF16);
  depthwise({1, 16, 11, 14}, 1, {3, 3}, ",dilations=[1,3],strides=[2,1]", DType::kF16);
  depthwise({2, 16, 40}, 1, {31}, ",pads=[15,15]", DType::kF16);
  depthwise({2, 12, 40}, 1, {3}, ",pads=[2,0],strides=[2]", DType::kBF16);
  depthwise({1, 8, 100}, 1, {65}, ",pads=[32,32]", DType::kF32);
}

TEST_F(ConvOnGpu, DepthwiseWithEpilogues) {
  for (const DType dtype : kFloats) {
    check("Conv", "{group=24,pads=[1,1,1,1],epilogue=expr(hard_swish(in0))}",
          {random({1, 24, 9, 13}, dtype), constant(weights({24, 1, 3, 3}, dtype)), Tensor()},
          {.tactic = "jit.depthwise"});
    check("Conv", "{group=24,pads=[1,1,1,1],epilogue=expr(relu(add(mul(in0,in2),in1)))}",
          {random({2, 24, 9, 13}, dtype), constant(weights({24, 1, 3, 3}, dtype)),
           constant(random({24}, dtype)), random({2, 24, 9, 13}, dtype),
           constant(random({24, 1, 1}, DType::kF32))},
          {.tactic = "jit.depthwise"});
    check("Conv", "{group=10,pads=[1,1,1,1],epilogue=expr(add(add(in0,in1),mul(in2,in3)))}",
          {random({2, 10, 9, 13}, dtype), constant(weights({10, 1, 3, 3}, dtype)), Tensor(),
           random({9, 13}, dtype), random({2, 10, 1, 1}, dtype), constant(random({}, dtype))},
          {.tactic = "jit.depthwise"});
  }
}

TEST_F(ConvOnGpu, DepthwiseLeavesOtherConvolutions) {
  const Tensor x = random({1, 8, 5, 5}, DType::kF16);
  expect_no("Conv", "{group=2}", {x, constant(random({8, 4, 3, 3}, DType::kF16)), Tensor()},
            "jit.depthwise", "not one channel in each group");
  expect_no("Conv", "{group=8}", {x, random({8, 1, 3, 3}, DType::kF16), Tensor()}, "jit.depthwise",
            "run time");
}

TEST_F(ConvOnGpu, AnyShape) {
  const auto conv = [&](const Shape& x, const Shape& w, const std::string& attributes,
                        DType dtype) {
    SCOPED_TRACE(
        fmt::format("{} {} {} {}", x.to_string(), w.to_string(), dtype_name(dtype), attributes));
    const GpuCheck options{.tactic = "jit.conv"};
    check("Conv", attributes,
          {random(x, dtype), constant(weights(w, dtype)), constant(random({w[0]}, dtype))},
          options);
    check("Conv", attributes, {random(x, dtype), weights(w, dtype), Tensor()}, options);
  };
  for (const DType dtype : kFloats) {
    conv({2, 20, 7, 9}, {36, 20, 3, 3}, "{pads=[1,1,1,1]}", dtype);
    conv({1, 40, 5, 5}, {70, 40, 1, 1}, "{strides=[2,2]}", dtype);
  }
  conv({2, 3, 19, 17}, {10, 3, 7, 7}, "{pads=[3,3,3,3],strides=[2,2]}", DType::kF16);
  conv({1, 12, 9, 9}, {24, 4, 3, 3}, "{group=3,dilations=[2,3],pads=[2,0,1,3]}", DType::kF16);
  conv({1, 12, 9, 9}, {36, 1, 3, 3}, "{group=12}", DType::kF32);
  conv({2, 9, 33}, {18, 9, 5}, "{strides=[3],pads=[2,2]}", DType::kF16);
  conv({1, 5, 4, 6, 5}, {7, 5, 2, 3, 3}, "{pads=[1,0,1,0,1,1],strides=[1,2,1]}", DType::kF16);
  conv({1, 2, 130}, {18, 2, 100}, "{auto_pad=\"SAME_LOWER\"}", DType::kF32);
  conv({1, 8, 40, 33}, {24, 8, 1, 1}, "{}", DType::kF32);
  if (target().gpu.architecture != "emulated") return;  // the tiles below are a small GPU's
  EXPECT_NE(ran_[0].find("128x64"), std::string::npos) << ran_[0];
}

TEST_F(ConvOnGpu, AnyEpilogue) {
  for (const DType dtype : kFloats) {
    check("Conv", "{pads=[1,1,1,1],epilogue=expr(relu(add(mul(in0,in2),in1)))}",
          {random({2, 24, 6, 7}, dtype), constant(weights({40, 24, 3, 3}, dtype)),
           constant(random({40}, dtype)), random({2, 40, 6, 7}, dtype),
           constant(random({40, 1, 1}, DType::kF32))},
          {.tactic = "jit.conv"});
  }
}

TEST_F(ConvOnGpu, StemOfPlanes) {
  for (const DType dtype : kFloats) {
    check("Conv", "{pads=[3,3,3,3],strides=[2,2],epilogue=expr(relu(in0))}",
          {random({2, 3, 33, 41}, dtype), constant(weights({40, 3, 7, 7}, dtype)),
           constant(random({40}, dtype))},
          {.tactic = "jit.stem"});
    check("Conv", "{pads=[0,0,1,1],strides=[2,2],epilogue=expr(silu(in0))}",
          {random({1, 3, 26, 70}, dtype), constant(weights({16, 3, 3, 3}, dtype)), Tensor()},
          {.tactic = "jit.stem"});
  }
  check("Conv", "{pads=[1,1,1,1],epilogue=expr(mul(in0,in1))}",
        {random({1, 1, 9, 10}, DType::kF16), constant(weights({8, 1, 3, 3}, DType::kF16)), Tensor(),
         random({1, 8, 9, 10}, DType::kF16)},
        {.tactic = "jit.stem"});
}

TEST_F(ConvOnGpu, Transposed) {
  const auto deconv = [&](const Shape& x, const Shape& w, int64_t groups,
                          const std::string& attributes, DType dtype) {
    SCOPED_TRACE(
        fmt::format("{} {} {} {}", x.to_string(), w.to_string(), dtype_name(dtype), attributes));
    const GpuCheck options{.tactic = "jit.deconv"};
    check("ConvTranspose", fmt::format("{{group={}{}}}", groups, attributes),
          {random(x, dtype), constant(weights(w, dtype)), constant(random({w[1] * groups}, dtype))},
          options);
    check("ConvTranspose", fmt::format("{{group={}{}}}", groups, attributes),
          {random(x, dtype), weights(w, dtype), Tensor()}, options);
  };
  for (const DType dtype : kFloats) {
    deconv({2, 20, 5, 6}, {20, 24, 2, 2}, 1, ",strides=[2,2]", dtype);
    deconv({1, 12, 5, 6}, {12, 7, 4, 4}, 1, ",strides=[2,2],pads=[1,1,1,1]", dtype);
  }
  deconv({1, 12, 4, 5}, {12, 4, 3, 3}, 3, ",strides=[2,3],dilations=[2,1],pads=[1,0,0,2]",
         DType::kF16);
  deconv({1, 4, 4, 5}, {4, 6, 3, 3}, 1, ",strides=[2,2],output_padding=[1,1],pads=[1,1,1,1]",
         DType::kF32);
  deconv({1, 4, 4, 5}, {4, 6, 3, 3}, 1, ",strides=[2,2],auto_pad=\"SAME_UPPER\"", DType::kF32);
  deconv({1, 4, 4, 5}, {4, 6, 3, 3}, 1, ",strides=[3,3],output_shape=[12,13]", DType::kF32);
  deconv({1, 4, 4, 5}, {4, 6, 1, 1}, 1, ",strides=[2,2]", DType::kF32);
  deconv({2, 6, 9}, {6, 5, 4}, 1, ",strides=[4]", DType::kF16);
  deconv({1, 4, 3, 4, 3}, {4, 3, 2, 3, 2}, 1, ",strides=[2,1,2],pads=[0,1,0,0,1,0]", DType::kF16);
  check("ConvTranspose", "{strides=[2,2],epilogue=expr(add(silu(in0),in1))}",
        {random({1, 8, 4, 5}, DType::kF16), constant(weights({8, 12, 2, 2}, DType::kF16)),
         constant(random({12}, DType::kF16)), random({1, 12, 8, 10}, DType::kF16)},
        {.tactic = "jit.deconv"});
}

class ImageOnGpu : public GpuStepTest {};

TEST_F(ImageOnGpu, Pools) {
  const GpuCheck options{.tactic = "jit.pool"};
  for (const DType dtype : kFloats) {
    for (const int64_t channels : {3, 16, 12}) {
      const Tensor x = random({2, channels, 11, 9}, dtype);
      check("MaxPool", "{kernel_shape=[3,3],strides=[2,2],pads=[1,1,1,1]}", {x}, options);
      check("AveragePool", "{kernel_shape=[3,2],strides=[2,1],pads=[1,0,0,1]}", {x}, options);
    }
  }
  const Tensor x = random({1, 8, 10, 7}, DType::kF16);
  check("MaxPool", "{kernel_shape=[3,3],dilations=[2,1],ceil_mode=1,strides=[2,2]}", {x}, options);
  check("AveragePool",
        "{kernel_shape=[3,3],ceil_mode=1,strides=[2,2],pads=[1,1,1,1],count_include_pad=1}", {x},
        options);
  check("AveragePool", "{kernel_shape=[3,3],ceil_mode=1,strides=[2,2],pads=[1,1,1,1]}", {x},
        options);
  check("AveragePool", "{kernel_shape=[2,2],dilations=[3,2],count_include_pad=1,pads=[2,1,0,0]}",
        {x}, options);
  check("MaxPool", "{kernel_shape=[5,5],auto_pad=\"SAME_LOWER\"}", {x}, options);
  check("LpPool", "{kernel_shape=[3,3],p=2}", {x}, options);
  check("LpPool", "{kernel_shape=[3,3],p=3,strides=[2,2]}", {x}, options);
  check("MaxPool", "{kernel_shape=[3],strides=[2]}", {random({2, 5, 20}, DType::kF16)}, options);
  check("AveragePool", "{kernel_shape=[2,3,2],strides=[1,2,2],pads=[1,1,0,0,1,1]}",
        {random({1, 8, 4, 7, 6}, DType::kF32)}, options);
}

TEST_F(ImageOnGpu, MaximaKeepNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  check("MaxPool", "{kernel_shape=[1,2]}", {values({1, 1, 1, 5}, {1, nan, 3, 2, nan})},
        {.tactic = "jit.pool"});
}

TEST_F(ImageOnGpu, PoolsWithoutIndices) {
  expect_no("MaxPool", "{kernel_shape=[2,2]}", {random({1, 3, 6, 6})}, "jit.pool",
            "indices are wanted", 2);
}

TEST_F(ImageOnGpu, NearestOfEveryTypeAndRounding) {
  const GpuCheck options{.tactic = "jit.resize"};
  const GpuInput twice = constant(values({4}, {1, 1, 2, 2}));
  for (const DType dtype :
       {DType::kF32, DType::kF16, DType::kBF16, DType::kU8, DType::kI64, DType::kBool}) {
    check("Resize", "{mode=\"nearest\",coordinate_transformation_mode=\"asymmetric\"}",
          {random({2, 16, 5, 6}, dtype), Tensor(), twice}, options);
    check("Resize", "{}", {random({2, 3, 5, 6}, dtype), Tensor(), twice}, options);
  }
  for (const char* rounding : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}) {
    check("Resize", fmt::format("{{nearest_mode=\"{}\"}}", rounding),
          {random({1, 8, 7, 9}, DType::kF16), Tensor(), constant(values({4}, {1, 1, 0.6F, 1.7F}))},
          options);
  }
}

TEST_F(ImageOnGpu, InterpolationInEveryCoordinates) {
  const GpuCheck options{.tactic = "jit.resize"};
  for (const char* coordinates : {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                                  "align_corners", "asymmetric", "tf_half_pixel_for_nn"}) {
    for (const char* mode : {"linear", "cubic", "nearest"}) {
      SCOPED_TRACE(fmt::format("{} {}", coordinates, mode));
      check(
          "Resize",
          fmt::format("{{mode=\"{}\",coordinate_transformation_mode=\"{}\"}}", mode, coordinates),
          {random({1, 8, 5, 6}, DType::kF16), Tensor(), constant(values({4}, {1, 1, 1.7F, 0.6F}))},
          options);
    }
  }
  for (const DType dtype : kFloats) {
    for (const int64_t channels : {3, 12, 16}) {
      check("Resize", "{mode=\"linear\"}",
            {random({2, channels, 5, 6}, dtype), Tensor(), constant(values({4}, {1, 1, 2, 2}))},
            options);
    }
  }
}

TEST_F(ImageOnGpu, ResizeOfAnyAxes) {
  const GpuCheck options{.tactic = "jit.resize"};
  check("Resize", "{mode=\"linear\",axes=[1]}",
        {random({2, 5, 4}, DType::kF16), Tensor(), constant(values({1}, {1.6F}))}, options);
  check("Resize", "{mode=\"linear\",axes=[4,2]}",
        {random({1, 8, 3, 4, 5}, DType::kF32), Tensor(), constant(values({2}, {2, 0.7F}))},
        options);
  check("Resize", "{mode=\"linear\"}",
        {random({1, 2, 3, 4, 5}, DType::kF32), Tensor(), constant(values({5}, {2, 1, 2, 1.5F, 2}))},
        options);
  check("Resize", "{mode=\"linear\",antialias=1}",
        {random({1, 8, 12, 13}, DType::kF16), Tensor(), constant(values({4}, {1, 1, 0.4F, 0.5F}))},
        options);
  check("Resize", "{mode=\"cubic\",exclude_outside=1,cubic_coeff_a=-0.5}",
        {random({1, 8, 5, 6}, DType::kF32), Tensor(), constant(values({4}, {1, 1, 2, 2}))},
        options);
  check("Resize",
        "{mode=\"linear\",coordinate_transformation_mode=\"tf_crop_and_resize\","
        "extrapolation_value=7.0}",
        {random({1, 8, 6, 6}, DType::kF16),
         constant(values({8}, {0, 0, 0.4F, -0.3F, 1, 1, 0.6F, 1.2F})),
         constant(values({4}, {1, 1, 1.5F, 1.3F}))},
        options);
  check("Resize",
        "{mode=\"nearest\",coordinate_transformation_mode=\"tf_crop_and_resize\","
        "extrapolation_value=7.0}",
        {random({1, 8, 6, 6}, DType::kF16),
         constant(values({8}, {0, 0, 0.4F, -0.3F, 1, 1, 0.6F, 1.2F})),
         constant(values({4}, {1, 1, 1.5F, 1.3F}))},
        options);
  expect_no("Resize", "{mode=\"linear\"}",
            {random({1, 2, 3, 4}), Tensor(), values({4}, {1, 1, 2, 2})}, "jit.resize", "run time");
}

TEST_F(ImageOnGpu, GridSample) {
  const GpuCheck options{.tactic = "jit.grid_sample"};
  for (const char* mode : {"linear", "nearest", "cubic"}) {
    for (const char* padding : {"zeros", "border", "reflection"}) {
      for (const int align : {0, 1}) {
        SCOPED_TRACE(fmt::format("{} {} {}", mode, padding, align));
        check("GridSample",
              fmt::format("{{mode=\"{}\",padding_mode=\"{}\",align_corners={}}}", mode, padding,
                          align),
              {random({2, 10, 5, 7}, DType::kF16), random({2, 4, 6, 2}, DType::kF32)}, options);
      }
    }
  }
  check("GridSample", "{}", {random({1, 16, 5, 7}, DType::kF32), random({1, 4, 6, 2}, DType::kF16)},
        options);
  check("GridSample", "{mode=\"linear\"}",
        {random({1, 3, 4, 5, 7}, DType::kF16), random({1, 3, 4, 6, 3}, DType::kF32)}, options);
  check("GridSample", "{mode=\"cubic\",padding_mode=\"border\"}",
        {random({1, 8, 4, 5, 7}, DType::kF32), random({1, 3, 4, 6, 3}, DType::kF32)},
        {.tactic = "jit.grid_sample", .tolerance = 5e-5F});
}

TEST_F(ImageOnGpu, RoiAlign) {
  const GpuCheck options{.tactic = "jit.roi_align"};
  const Tensor boxes = values({3, 4}, {0, 0, 5, 6, 1.5F, 2, 9, 7.5F, -3, -2, 20, 4}, DType::kF16);
  const Tensor images = Tensor::from_integers(std::vector<int64_t>{1, 0, 1});
  for (const char* mode : {"avg", "max"}) {
    for (const char* coordinates : {"half_pixel", "output_half_pixel"}) {
      for (const int ratio : {0, 2}) {
        SCOPED_TRACE(fmt::format("{} {} {}", mode, coordinates, ratio));
        check("RoiAlign",
              fmt::format("{{mode=\"{}\",coordinate_transformation_mode=\"{}\",sampling_ratio={},"
                          "output_height=3,output_width=4,spatial_scale=0.9}}",
                          mode, coordinates, ratio),
              {random({2, 10, 8, 9}, DType::kF16), boxes, images}, options);
      }
    }
  }
}

}  // namespace
}  // namespace ingot
