// Exact integer convolutions and matmuls against the reference: full ranges, odd shapes, zero
// points, every kind of epilogue.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "runtime/cpu/integer/epilogue.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class IntegerProducts : public StepTest {
 protected:
  static constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};
  static constexpr Lies kLast{Layout::kChannelsLast};

  static Attributes conv(int64_t stride, int64_t pad, int64_t dilation, int64_t group,
                         const std::string& epilogue = "", DType dtype = DType::kUndefined) {
    Attributes attributes;
    attributes.set("group", group);
    attributes.set("strides", std::vector<int64_t>{stride, stride});
    attributes.set("pads", std::vector<int64_t>{pad, pad, pad, pad});
    attributes.set("dilations", std::vector<int64_t>{dilation, dilation});
    return with(attributes, epilogue, dtype);
  }
  static Attributes with(Attributes attributes, const std::string& epilogue, DType dtype) {
    if (!epilogue.empty()) attributes.set("epilogue", Expression::parse(epilogue));
    if (dtype != DType::kUndefined) attributes.set("dtype", dtype);
    return attributes;
  }

  Tensor x(const Shape& shape, DType dtype = DType::kU8) {
    return dtype == DType::kI8 ? random_bytes(shape, dtype, -128, 127)
                               : random_bytes(shape, dtype, 0, 255);
  }
  Tensor w(const Shape& shape) { return random_bytes(shape, DType::kI8, -128, 127); }
  /// Scales that bring sums of `length` products to about the range of a byte.
  Tensor scale(const Shape& shape, int64_t length) {
    Tensor scales = random(shape, DType::kF32, 0.2F, 1);
    for (float& s : scales.mutable_view().as<float>()) {
      s *= 0.008F / std::sqrt(static_cast<float>(length));
    }
    return scales;
  }
};

TEST_F(IntegerProducts, SumsAreExactForEveryGeometryAndFullRanges) {
  struct Case {
    int64_t in, out, group, kernel, stride, pad, dilation;
  };
  for (const Case& c :
       {Case{16, 24, 1, 3, 1, 1, 1}, Case{16, 24, 1, 3, 2, 1, 1}, Case{3, 16, 1, 7, 2, 3, 1},
        Case{16, 8, 1, 1, 1, 0, 1}, Case{17, 33, 1, 1, 2, 0, 1}, Case{16, 16, 4, 3, 1, 1, 1},
        Case{6, 6, 6, 3, 1, 1, 1}, Case{8, 16, 1, 3, 1, 2, 2}, Case{13, 19, 1, 3, 1, 0, 1},
        Case{256, 40, 1, 3, 1, 1, 1}, Case{5, 1, 1, 5, 1, 4, 1}}) {
    for (const DType dtype : {DType::kU8, DType::kI8}) {
      SCOPED_TRACE("in " + std::to_string(c.in) + " kernel " + std::to_string(c.kernel));
      const Tensor image = x({2, c.in, 11, 13}, dtype);
      const Tensor weights = w({c.out, c.in / c.group, c.kernel, c.kernel});
      Attributes attributes = conv(c.stride, c.pad, c.dilation, c.group);
      check("cpu.conv", "Conv", attributes, {image, weights}, {kLast, kConstant}, {kLast});
      attributes.set("x_zero", int64_t{dtype == DType::kU8 ? 131 : -9});
      check("cpu.conv", "Conv", attributes, {image, weights, random({c.out}, DType::kI32)},
            {kLast, kConstant, kConstant}, {kLast});
    }
  }
  // All products at their largest: 16-bit sums of pairs would overflow.
  Tensor full = random_bytes({1, 512, 5, 5}, DType::kU8, 255, 255);
  check("cpu.conv", "Conv", conv(1, 1, 1, 1),
        {full, random_bytes({8, 512, 3, 3}, DType::kI8, -128, -128)}, {kLast, kConstant}, {kLast});
}

TEST_F(IntegerProducts, EpiloguesInRegistersAndBehind) {
  off_by_one_ = 3;
  tolerance_ = 1e-5F;
  const Shape out{2, 24, 9, 10};
  const int64_t length = 16 * 9;
  struct Case {
    const char* epilogue;
    bool affine;
  };
  for (const auto& [epilogue, affine] :
       {Case{"add(mul(in0,in1),in2)", true}, Case{"relu(add(mul(in0,in1),in2))", true},
        Case{"mul(max(add(add(mul(in0,in1),in2),mul(in3,0.02)),0.0),31.7)", true},
        Case{"min(mul(relu(add(add(mul(in0,in1),in2),mul(sub(in3,3.0),0.02))),31.7),127.0)", true},
        Case{"add(mul(clip(add(mul(in0,in1),in2),-0.9,1.1),50.0),7.0)", true},
        Case{"sub(mul(in3,0.1),div(add(mul(in0,in1),in2),0.02))", true},
        Case{"mul(silu(add(mul(in0,in1),in2)),40.0)", false},
        Case{"mul(add(relu(add(mul(in0,in1),in2)),mul(in3,0.02)),31.7)", false},
        Case{"mul(hard_swish(add(add(mul(in0,in1),in2),mul(in3,0.02))),31.7)", false}}) {
    for (const DType dtype : {DType::kI8, DType::kU8, DType::kF32, DType::kF16, DType::kBF16}) {
      for (const DType residual : {DType::kI8, DType::kU8, DType::kF32, DType::kF16}) {
        SCOPED_TRACE(std::string(epilogue) + " residual " + std::string(dtype_name(residual)));
        const bool wide = dtype == DType::kF16 || dtype == DType::kBF16;
        tolerance_ = wide ? 0.01F : 1e-5F;
        std::vector<Tensor> inputs = {x({2, 16, 9, 10}), w({24, 16, 3, 3}), Tensor(),
                                      scale({24, 1, 1}, length), random({24, 1, 1})};
        if (Expression::parse(epilogue).input_count() > 3) {
          inputs.push_back(random(out, residual, 2));
        }
        check("cpu.conv", "Conv", conv(1, 1, 1, 1, epilogue, dtype), inputs,
              {kLast, kConstant, {}, kConstant, kConstant, kLast}, {kLast});
        const bool half = wide || (residual == DType::kF16 && inputs.size() > 5);
        EXPECT_EQ(implementation_.find("+pointwise") == std::string::npos, affine && !half);
      }
    }
  }
}

TEST_F(IntegerProducts, OperandsThatOnlyTheRunKnows) {
  off_by_one_ = 3;
  const std::vector<Tensor> inputs = {x({2, 12, 7, 6}), w({10, 12, 1, 1}), Tensor(),
                                      random({1}, DType::kF32, 0, 1e-4F), random({2, 10, 1, 1})};
  for (const DType dtype : {DType::kU8, DType::kF32}) {
    check("cpu.conv", "Conv", conv(1, 0, 1, 1, "mul(add(mul(in0,in1),in2),20.0)", dtype), inputs,
          {kLast, kConstant}, {kLast});
    EXPECT_NE(implementation_.find("+pointwise"), std::string::npos);
  }
}

TEST_F(IntegerProducts, ReadsAndWritesWindowsOfChannels) {
  off_by_one_ = 3;
  const std::vector<Tensor> inputs = {x({2, 16, 9, 10}),  w({24, 16, 3, 3}),
                                      Tensor(),           scale({24, 1, 1}, 144),
                                      random({24, 1, 1}), x({2, 24, 9, 10}, DType::kI8)};
  const Lies window{Layout::kChannelsLast, 1, 7, 9};
  for (const char* epilogue : {"mul(relu(add(add(mul(in0,in1),in2),mul(in3,0.02))),31.7)",
                               "mul(silu(add(add(mul(in0,in1),in2),mul(in3,0.02))),31.7)"}) {
    check("cpu.conv", "Conv", conv(1, 1, 1, 1, epilogue, DType::kU8), inputs,
          {window, kConstant, {}, kConstant, kConstant, window}, {window});
  }
}

TEST_F(IntegerProducts, TransposedConvolutions) {
  struct Case {
    int64_t in, out, group, kernel, stride, pad, dilation;
  };
  for (const Case& c :
       {Case{16, 8, 1, 2, 2, 0, 1}, Case{16, 24, 1, 3, 2, 1, 1}, Case{8, 8, 1, 4, 2, 1, 1},
        Case{12, 8, 4, 3, 1, 1, 1}, Case{5, 7, 1, 3, 3, 0, 2}, Case{16, 8, 1, 1, 1, 0, 1}}) {
    for (const DType dtype : {DType::kU8, DType::kI8}) {
      SCOPED_TRACE("in " + std::to_string(c.in) + " kernel " + std::to_string(c.kernel));
      Attributes attributes = conv(c.stride, c.pad, c.dilation, c.group);
      const Tensor weights = w({c.in, c.out / c.group, c.kernel, c.kernel});
      check("cpu.conv", "ConvTranspose", attributes, {x({2, c.in, 7, 9}, dtype), weights},
            {kLast, kConstant}, {kLast});
      attributes.set("x_zero", int64_t{11});
      attributes.set("output_padding", std::vector<int64_t>{c.stride - 1, c.stride - 1});
      check("cpu.conv", "ConvTranspose", attributes,
            {x({1, c.in, 7, 9}, dtype), weights, random({c.out}, DType::kI32)},
            {kLast, kConstant, kConstant}, {kLast});
    }
  }
  Attributes sized;
  sized.set("strides", std::vector<int64_t>{2, 2});
  sized.set("output_shape", std::vector<int64_t>{13, 18});
  check("cpu.conv", "ConvTranspose", sized, {x({1, 8, 7, 9}), w({8, 6, 3, 3})}, {kLast, kConstant},
        {kLast});
}

TEST_F(IntegerProducts, OneAndThreeSpatialAxes) {
  const Lies last{Layout::kChannelsLast};
  Attributes attributes;
  attributes.set("x_zero", int64_t{5});
  attributes.set("pads", std::vector<int64_t>{2, 1});
  check("cpu.conv", "Conv", attributes, {x({2, 8, 30}), w({16, 8, 5})}, {last, kConstant}, {last});
  Attributes deep;
  deep.set("strides", std::vector<int64_t>{1, 2, 1});
  deep.set("auto_pad", std::string("SAME_UPPER"));
  check("cpu.conv", "Conv", deep, {x({1, 4, 6, 7, 8}), w({9, 4, 3, 3, 3})}, {last, kConstant},
        {last});
}

TEST_F(IntegerProducts, MatricesOfEverySize) {
  off_by_one_ = 3;
  for (const Shape& a : {Shape{1, 64}, Shape{7, 33}, Shape{2, 197, 96}, Shape{130, 1700}}) {
    const int64_t k = a[a.rank() - 1];
    for (const int64_t n : {int64_t{1}, int64_t{24}, int64_t{1000}}) {
      for (const DType dtype : {DType::kU8, DType::kI8}) {
        SCOPED_TRACE(a.to_string() + " by " + std::to_string(n));
        check("cpu.matmul", "MatMul", {}, {x(a, dtype), w({k, n})}, {{}, kConstant});
        Attributes transposed = with({}, "mul(add(mul(in0,in1),in2),30.0)", DType::kI8);
        transposed.set("transpose_b", int64_t{1});
        check("cpu.matmul", "MatMul", transposed,
              {x(a, dtype), w({n, k}), scale({n}, k), random({n})},
              {{}, kConstant, kConstant, kConstant});
      }
    }
  }
  check("cpu.matmul", "MatMul", with({}, "gelu(mul(in0,0.0001))", DType::kU8),
        {x({50, 64}), w({64, 40})}, {{}, kConstant});
  threads_ = 5;
  check("cpu.matmul", "MatMul", {}, {x({700, 64}), w({64, 400})}, {{}, kConstant});
  check("cpu.matmul", "MatMul", {}, {x({0, 64}), w({64, 40})}, {{}, kConstant});
}

TEST_F(IntegerProducts, MatricesThatTheRunComputes) {
  off_by_one_ = 3;
  for (const DType dtype : {DType::kU8, DType::kI8}) {
    for (const int64_t k : {32, 33}) {
      for (const int64_t n : {48, 70}) {
        for (int transposed = 0; transposed < 4; ++transposed) {
          const bool of_a = transposed % 2 == 1, of_b = transposed > 1;
          Attributes attributes;
          attributes.set("transpose_a", int64_t{of_a});
          attributes.set("transpose_b", int64_t{of_b});
          const Tensor a = x(of_a ? Shape{2, 3, k, 65} : Shape{2, 3, 65, k}, dtype);
          const Tensor b = w(of_b ? Shape{3, n, k} : Shape{3, k, n});
          SCOPED_TRACE(a.shape().to_string() + " by " + b.shape().to_string());
          check("cpu.batched_matmul", "MatMul", attributes, {a, b});
          attributes = with(attributes, "mul(add(mul(in0,in1),in2),30.0)", DType::kI8);
          check("cpu.batched_matmul", "MatMul", attributes,
                {a, b, scale({n}, k), random({1, 1, 65, n})}, {{}, {}, kConstant});
        }
      }
    }
  }
  check("cpu.batched_matmul", "MatMul", {}, {x({1, 64}), w({2, 64, 5})});
  check("cpu.batched_matmul", "MatMul", {}, {x({4, 0}), w({0, 5})});
}

TEST_F(IntegerProducts, DepthwiseSumsAreExact) {
  struct Case {
    int64_t channels, kernel, stride, pad, dilation;
  };
  for (const Case& c : {Case{16, 3, 1, 1, 1}, Case{37, 3, 2, 1, 1}, Case{5, 5, 1, 2, 1},
                        Case{96, 3, 1, 2, 2}, Case{24, 2, 1, 0, 1}, Case{40, 7, 2, 3, 1}}) {
    for (const DType dtype : {DType::kU8, DType::kI8}) {
      SCOPED_TRACE("channels " + std::to_string(c.channels));
      const Tensor image = x({2, c.channels, 11, 13}, dtype);
      const Tensor weights = w({c.channels, 1, c.kernel, c.kernel});
      Attributes attributes = conv(c.stride, c.pad, c.dilation, c.channels);
      check("cpu.depthwise", "Conv", attributes, {image, weights}, {kLast, kConstant}, {kLast});
      attributes.set("x_zero", int64_t{dtype == DType::kU8 ? 131 : -9});
      check("cpu.depthwise", "Conv", attributes,
            {image, weights, random({c.channels}, DType::kI32)}, {kLast, kConstant, kConstant},
            {kLast});
    }
  }
  Attributes line;
  line.set("group", int64_t{20});
  line.set("pads", std::vector<int64_t>{1, 1});
  check("cpu.depthwise", "Conv", line, {x({1, 20, 50}), w({20, 1, 3})}, {kLast, kConstant},
        {kLast});
}

TEST_F(IntegerProducts, DepthwiseEpiloguesAndWindows) {
  off_by_one_ = 3;
  tolerance_ = 1e-5F;
  const Lies window{Layout::kChannelsLast, 1, 3, 5};
  for (const char* epilogue : {"clip(mul(add(mul(in0,in1),in2),40.0),0.0,127.0)",
                               "mul(hard_swish(add(mul(in0,in1),in2)),40.0)",
                               "mul(relu(add(add(mul(in0,in1),in2),mul(in3,0.02))),31.7)"}) {
    for (const DType dtype : {DType::kU8, DType::kI8, DType::kF32}) {
      std::vector<Tensor> inputs = {x({2, 24, 40, 30}), w({24, 1, 3, 3}), Tensor(),
                                    scale({24, 1, 1}, 9), random({24, 1, 1})};
      if (Expression::parse(epilogue).input_count() > 3) {
        inputs.push_back(x({2, 24, 40, 30}, DType::kI8));
      }
      check("cpu.depthwise", "Conv", conv(1, 1, 1, 24, epilogue, dtype), inputs,
            {window, kConstant, {}, kConstant, kConstant, window}, {window});
    }
  }
}

TEST_F(IntegerProducts, DynamicQuantisation) {
  for (const Shape& shape : {Shape{3, 77}, Shape{1, 5}, Shape{400, 700}, Shape{2, 2}}) {
    for (const float shift : {0.0F, 3.0F, -3.0F}) {
      check("cpu.dynamic_quantize", "DynamicQuantizeLinear", {},
            {random(shape, DType::kF32, 0.7F, shift)}, {}, {}, 3);
    }
  }
  check("cpu.dynamic_quantize", "DynamicQuantizeLinear", {}, {random({64}, DType::kF32, 0)}, {}, {},
        3);
}

TEST_F(IntegerProducts, ResizesOfBytes) {
  Attributes linear, nearest;
  linear.set("mode", std::string("linear"));
  nearest.set("mode", std::string("nearest"));
  const Tensor twice = Tensor::from_integers(std::vector<int64_t>{2, 13, 14, 18});
  const Tensor odd = Tensor::from_integers(std::vector<int64_t>{2, 13, 5, 20});
  for (const Layout layout : {Layout::kPlain, Layout::kChannelsLast}) {
    for (const DType dtype : {DType::kI8, DType::kU8}) {
      for (const Tensor& sizes : {twice, odd}) {
        off_by_one_ = 0;
        const std::vector<Tensor> inputs = {x({2, 13, 7, 9}, dtype), Tensor(), Tensor(), sizes};
        const std::vector<Lies> lies = {{layout}, {}, {}, kConstant};
        check("cpu.resize", "Resize", nearest, inputs, lies, {{layout}});
        off_by_one_ = 10;  // many of them are halves
        check("cpu.resize", "Resize", linear, inputs, lies, {{layout}});
      }
    }
  }
}

TEST_F(IntegerProducts, MeansAreOfExactSums) {
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    for (const Shape& shape : {Shape{2, 16, 12, 13}, Shape{1, 11, 7, 9}, Shape{2, 70, 8, 8}}) {
      for (const DType result : {DType::kF32, DType::kBF16}) {
        tolerance_ = result == DType::kF32 ? 1e-6F : 1e-2F;
        Attributes pool, global;
        global.set("dtype", result);
        pool.set("dtype", result);
        const Lies window{Layout::kChannelsLast, 1, 3, 5};
        check("cpu.mean_pool", "GlobalAveragePool", global, {x(shape, dtype)}, {window}, {window});
        for (const int64_t kernel : {2, 3, 5}) {
          pool.set("kernel_shape", std::vector<int64_t>{kernel, kernel});
          pool.set("strides", std::vector<int64_t>{kernel - 1, kernel - 1});
          pool.set("pads", std::vector<int64_t>{kernel / 2, kernel / 2, kernel / 2, kernel / 2});
          for (const int64_t counted : {0, 1}) {
            pool.set("count_include_pad", counted);
            check("cpu.mean_pool", "AveragePool", pool, {x(shape, dtype)}, {kLast}, {kLast});
          }
        }
      }
    }
  }
}

TEST_F(IntegerProducts, RefusesWhatItCannotDo) {
  const auto id = [&](const Attributes& attributes, const std::vector<Tensor>& inputs,
                      const Lies& lies) -> std::string {
    try {
      run("cpu.conv", "Conv", attributes, inputs, {lies, kConstant}, {lies});
    } catch (const Error& error) {
      return error.problems().at(0).id;
    }
    return "";
  };
  EXPECT_EQ(id(conv(1, 0, 1, 1), {x({1, 8, 4, 4}), w({8, 8, 1, 1})}, {}), "step.unsupported");
  EXPECT_EQ(id(conv(1, 0, 1, 1), {random({1, 8, 4, 4}), random({8, 8, 1, 1})}, kLast),
            "step.unsupported");
}

}  // namespace
}  // namespace ingot
