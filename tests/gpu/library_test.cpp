// Steps of NVIDIA's libraries against the operators' references, on a GPU.
#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "runtime/cuda/library.h"
#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

class LibrariesOnGpu : public GpuStepTest {
 protected:
  /// Weights scaled so that results are of the inputs' size.
  Tensor weights(const Shape& shape, DType dtype) {
    const auto taps = static_cast<float>(shape.elements()) / static_cast<float>(shape[0]);
    return random(shape, dtype, 1.0F / std::sqrt(taps));
  }
  /// f32 is multiplied as TF32; libraries may sum parts in other orders, tails round twice.
  GpuCheck options(const char* tactic, DType dtype) const {
    GpuCheck check;
    check.tactic = tactic;
    check.tolerance = dtype == DType::kBF16 ? 3e-2F : 5e-3F;
    check.some_unsupported = true;
    return check;
  }
};

class CudnnOnGpu : public LibrariesOnGpu {
 protected:
  void SetUp() override {
    if (!target().gpu.has_cudnn) GTEST_SKIP() << "no cuDNN: " << target().gpu.cudnn_missing;
  }

  void convolve(const std::string& attributes, const Shape& image, const Shape& filters,
                DType dtype, const std::vector<GpuInput>& extras = {}, bool bias = true,
                const char* op = "Conv", const char* tactic = "cudnn.conv") {
    const bool transposed = std::string(op) == "ConvTranspose";
    const int64_t groups = Attributes::parse(attributes).integer("group", 1);
    const int64_t channels = transposed ? filters[1] * groups : filters[0];
    std::vector<GpuInput> inputs = {random(image, dtype), constant(weights(filters, dtype))};
    inputs.push_back(bias ? constant(random({channels}, dtype)) : GpuInput(Tensor()));
    inputs.insert(inputs.end(), extras.begin(), extras.end());
    check(op, attributes, inputs, options(tactic, dtype));
  }
};

constexpr DType kTypes[] = {DType::kF16, DType::kF32, DType::kBF16};

TEST_F(CudnnOnGpu, ConvolvesOddShapes) {
  for (const DType dtype : kTypes) {
    convolve("{pads=[1,1,1,1]}", {2, 64, 14, 14}, {32, 64, 3, 3}, dtype);
    convolve("{strides=[2,2], pads=[3,3,3,3]}", {1, 3, 37, 41}, {16, 3, 7, 7}, dtype);
    convolve("{pads=[0,1,2,0], strides=[2,1]}", {3, 7, 13, 9}, {5, 7, 3, 2}, dtype);
    convolve("{dilations=[2,3], pads=[2,2,2,2]}", {1, 16, 20, 20}, {24, 16, 3, 3}, dtype, {},
             false);
    convolve("{strides=[3,3]}", {1, 8, 11, 11}, {8, 8, 1, 1}, dtype);
  }
}

TEST_F(CudnnOnGpu, ConvolvesGroupsAndOtherNumbersOfAxes) {
  for (const DType dtype : kTypes) {
    convolve("{group=4, pads=[1,1,1,1]}", {1, 32, 10, 10}, {64, 8, 3, 3}, dtype);
    convolve("{group=24, pads=[1,1,1,1]}", {2, 24, 12, 12}, {24, 1, 3, 3}, dtype);
    convolve("{pads=[2,2]}", {2, 16, 50}, {32, 16, 5}, dtype);
    convolve("{pads=[1,1,1,1,1,1]}", {1, 8, 6, 7, 8}, {16, 8, 3, 3, 3}, dtype);
  }
}

TEST_F(CudnnOnGpu, ConvolvesIntegers) {
  Attributes attributes = Attributes::parse("{pads=[1,1,1,1]}");
  const auto epilogue = [&](const char* text, DType dtype) {
    attributes.set("epilogue", Expression::parse(text));
    attributes.set("dtype", dtype);
    return attributes;
  };
  const Tensor x = random({2, 64, 9, 11}, DType::kI8);
  const GpuInput w = constant(random({48, 64, 3, 3}, DType::kI8));
  const GpuInput scale = constant(random({48, 1, 1}, DType::kF32, 1e-4F, 1e-3F));
  const GpuInput bias = constant(random({48, 1, 1}));
  GpuCheck check_integers = options("cudnn.conv", DType::kF16);
  check_integers.quanta = 1;
  check("Conv", epilogue("mul(add(mul(in0,in1),in2),20)", DType::kI8),
        {x, w, Tensor(), scale, bias}, check_integers);
  check("Conv",
        epilogue("min(mul(max(add(add(mul(in0,in1),in2),mul(in3,0.02)),0),31.5),127)", DType::kU8),
        {x, w, Tensor(), scale, bias, random({2, 48, 9, 11}, DType::kI8)}, check_integers);
  // The ReLU is that of the type: u8 ends at 0.
  check("Conv", epilogue("min(mul(add(mul(in0,in1),in2),20),127)", DType::kU8),
        {x, w, Tensor(), scale, bias}, check_integers);
  check("Conv", epilogue("silu(add(mul(in0,in1),in2))", DType::kF16), {x, w, Tensor(), scale, bias},
        check_integers);
}

TEST_F(CudnnOnGpu, DoesEpilogues) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    const Shape image = {2, 32, 9, 11}, filters = {40, 32, 3, 3}, result = {2, 40, 9, 11};
    for (const char* epilogue :
         {"relu(in0)", "add(in0,in1)", "relu(add(in0,in1))", "silu(in0)", "clip(in0,0,6)",
          "add(relu(in0),in1)", "hard_swish(in0)", "gelu(in0)", "mul(sigmoid(in0),in1)"}) {
      const std::string text = epilogue;
      std::vector<GpuInput> extras;
      if (text.find("in1") != std::string::npos) extras.emplace_back(random(result, dtype));
      for (const bool bias : {true, false}) {
        convolve(fmt::format("{{pads=[1,1,1,1], epilogue=expr({})}}", text), image, filters, dtype,
                 extras, bias);
      }
    }
    convolve("{pads=[1,1,1,1], epilogue=expr(relu(add(in0,in1)))}", image, filters, dtype,
             {constant(random({40, 1, 1}, dtype))}, false);
    convolve("{pads=[1,1,1,1], epilogue=expr(mul(in0,in1))}", image, filters, dtype,
             {constant(random({1, 40, 1, 1}, dtype))});
    convolve("{pads=[1,1,1,1], epilogue=expr(add(in0,in1))}", image, filters, dtype,
             {random({1, 1, 9, 11}, dtype)});
  }
}

TEST_F(CudnnOnGpu, ConvolvesTransposed) {
  for (const DType dtype : kTypes) {
    const auto deconvolve = [&](const std::string& attributes, const Shape& image,
                                const Shape& filters, const std::vector<GpuInput>& extras = {},
                                bool bias = true) {
      convolve(attributes, image, filters, dtype, extras, bias, "ConvTranspose", "cudnn.deconv");
    };
    deconvolve("{strides=[2,2]}", {2, 16, 7, 9}, {16, 24, 2, 2});
    deconvolve("{strides=[2,2], pads=[1,1,1,1], output_padding=[1,1]}", {1, 16, 5, 5},
               {16, 8, 3, 3}, {}, false);
    deconvolve("{strides=[2,1], pads=[0,1,1,0]}", {1, 16, 6, 5}, {16, 8, 4, 3});
    deconvolve("{strides=[2,2], epilogue=expr(silu(in0))}", {1, 32, 6, 6}, {32, 16, 4, 4});
    deconvolve("{auto_pad=\"SAME_UPPER\", strides=[2,2]}", {1, 8, 5, 6}, {8, 8, 3, 3});
  }
}

class CublasLtOnGpu : public LibrariesOnGpu {
 protected:
  void SetUp() override {
    if (!target().gpu.has_cublaslt) {
      GTEST_SKIP() << "no cuBLASLt: " << target().gpu.cublaslt_missing;
    }
  }

  void multiply(const std::string& attributes, const Shape& a, const Shape& b, DType dtype,
                const std::vector<GpuInput>& extras = {}, bool constant_b = false) {
    const auto inner = static_cast<float>(a[a.rank() - 1]);
    std::vector<GpuInput> inputs = {random(a, dtype),
                                    {random(b, dtype, 1.0F / std::sqrt(inner)), constant_b}};
    inputs.insert(inputs.end(), extras.begin(), extras.end());
    check("MatMul", attributes, inputs, options("cublaslt.matmul", dtype));
  }
};

TEST_F(CublasLtOnGpu, MultipliesBatchesTransposedAndBroadcast) {
  for (const DType dtype : kTypes) {
    multiply("{}", {64, 48}, {48, 32}, dtype, {}, true);
    multiply("{}", {13, 7}, {7, 5}, dtype);
    multiply("{transpose_a=1}", {7, 13}, {7, 5}, dtype);
    multiply("{transpose_b=1}", {13, 8}, {24, 8}, dtype, {}, true);
    multiply("{transpose_a=1, transpose_b=1}", {3, 8, 16}, {3, 24, 8}, dtype);
    multiply("{}", {2, 3, 17, 8}, {8, 40}, dtype);
    multiply("{}", {2, 3, 17, 8}, {2, 3, 8, 40}, dtype);
    multiply("{transpose_b=1}", {17, 8}, {5, 40, 8}, dtype);
    multiply("{transpose_a=1}", {5, 8, 16}, {8, 24}, dtype);
    multiply("{}", {16}, {16, 24}, dtype);
    multiply("{}", {3, 8, 16}, {16}, dtype);
  }
}

TEST_F(CublasLtOnGpu, DoesEpilogues) {
  for (const DType dtype : {DType::kF16, DType::kF32}) {
    const Shape a = {2, 24, 32}, b = {32, 48}, result = {2, 24, 48};
    const GpuInput bias = constant(random({48}, dtype)), residual = random(result, dtype);
    for (const char* act : {"relu", "gelu_tanh", "gelu", "silu", ""}) {
      const auto expression = [&](const char* sums) {
        return *act ? fmt::format("{{epilogue=expr({}({}))}}", act, sums)
                    : fmt::format("{{epilogue=expr({})}}", sums);
      };
      if (*act) multiply(expression("in0"), a, b, dtype);
      multiply(expression("add(in0,in1)"), a, b, dtype, {bias});
      multiply(expression("add(in0,in1)"), a, b, dtype, {residual});
      multiply(expression("add(add(in0,in1),in2)"), a, b, dtype, {bias, residual});
    }
    multiply("{epilogue=expr(add(gelu_tanh(add(in0,in1)),in2))}", a, b, dtype, {bias, residual});
    multiply("{epilogue=expr(add(in0,in1))}", a, b, dtype, {random({2, 24, 1}, dtype)});
    multiply("{epilogue=expr(mul(in0,0.125))}", {2, 4, 24, 32}, {2, 4, 32, 16}, dtype);
  }
}

TEST(Libraries, RefuseAddressesThatTheirKernelsCannotRead) {
  const auto address = [](uintptr_t value) { return reinterpret_cast<const void*>(value); };
  const void* const aligned[] = {address(4096), nullptr, address(16)};
  EXPECT_NO_THROW(require_aligned(aligned, 3));
  const void* const odd[] = {address(4096), address(4104)};
  EXPECT_NO_THROW(require_aligned(odd, 1));
  try {
    require_aligned(odd, 2);
    ADD_FAILURE() << "an address of 8 bytes' alignment is taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.problems()[0].id, "cuda.misaligned");
  }
}

TEST_F(LibrariesOnGpu, SayWhatIsMissingAndWhatTheyCannotDo) {
  const Tensor x = random({1, 8, 5, 5}), w = random({8, 8, 3, 3});
  const Tensor a = random({2, 1, 4, 8}), b = random({1, 3, 8, 4});
  if (target().gpu.has_cudnn) {
    expect_no("Conv", "{}", {x, w}, "cudnn.conv", "computed at run time");
  } else {
    expect_no("Conv", "{}", {x, constant(w)}, "cudnn.conv", target().gpu.cudnn_missing);
  }
  expect_no("MatMul", "{}", {a, b}, "cublaslt.matmul",
            target().gpu.has_cublaslt ? "broadcast" : target().gpu.cublaslt_missing);
}

TEST_F(CublasLtOnGpu, MultipliesIntegers) {
  Attributes attributes;
  attributes.set("epilogue", Expression::parse("mul(relu(add(mul(in0,in1),in2)),20)"));
  const GpuInput scale = constant(random({96}, DType::kF32, 1e-4F, 1e-3F));
  const GpuInput bias = constant(random({96}));
  const Tensor a = random({3, 50, 64}, DType::kI8);
  const GpuInput w = constant(random({64, 96}, DType::kI8));
  GpuCheck integers = options("cublaslt.matmul", DType::kF16);
  integers.quanta = 1;
  for (const DType dtype : {DType::kI8, DType::kF16}) {
    attributes.set("dtype", dtype);
    check("MatMul", attributes, {a, w, scale, bias}, integers);
  }
  check("MatMul", "{transpose_b=1}", {a, random({96, 64}, DType::kI8)}, integers);
  check("MatMul", "{}", {random({200, 160}, DType::kI8), constant(random({160, 48}, DType::kI8))},
        integers);
}

TEST_F(CublasLtOnGpu, MultipliesEightBitFloats) {
  if (target().gpu.compute_capability < 89) GTEST_SKIP() << "no 8-bit floats before Ada";
  Attributes attributes;
  attributes.set("epilogue", Expression::parse("mul(in0,0.05)"));
  attributes.set("dtype", DType::kF16);
  check("MatMul", attributes,
        {random({3, 64, 64}, DType::kF8E4M3), constant(random({64, 96}, DType::kF8E4M3))},
        options("cublaslt.matmul", DType::kF16));
  check("MatMul", "{transpose_b=1}",
        {random({64, 128}, DType::kF8E4M3), random({96, 128}, DType::kF8E4M3)},
        options("cublaslt.matmul", DType::kF16));
}

}  // namespace
}  // namespace ingot
