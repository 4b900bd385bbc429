// oneDNN's products of 8-bit integers against the reference. Inputs stay within 0 to 127, for which
// every processor's sums are exact; others are refused where there are no 8-bit dot products.
#include <gtest/gtest.h>

#include "core/base/cpu.h"
#include "core/base/error.h"
#include "runtime/cpu/dnnl/integer.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class DnnlIntegers : public StepTest {
 protected:
  static constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};
  static constexpr Lies kLast{Layout::kChannelsLast};

  DnnlIntegers() {
    step_attributes_.set("x_max", int64_t{127});
    off_by_one_ = 3;
    tolerance_ = 1e-5F;
  }

  static Attributes conv(int64_t stride, int64_t pad, int64_t group,
                         const std::string& epilogue = "", DType dtype = DType::kUndefined) {
    Attributes attributes;
    attributes.set("group", group);
    attributes.set("strides", std::vector<int64_t>{stride, stride});
    attributes.set("pads", std::vector<int64_t>{pad, pad, pad, pad});
    if (!epilogue.empty()) attributes.set("epilogue", Expression::parse(epilogue));
    if (dtype != DType::kUndefined) attributes.set("dtype", dtype);
    return attributes;
  }
  Tensor x(const Shape& shape) { return random_bytes(shape, DType::kU8, 0, 127); }
  Tensor w(const Shape& shape) { return random_bytes(shape, DType::kI8, -128, 127); }
  Tensor scale(const Shape& shape, int64_t length) {
    Tensor scales = random(shape, DType::kF32, 0.2F, 1);
    for (float& s : scales.mutable_view().as<float>()) {
      s *= 0.016F / std::sqrt(static_cast<float>(length));
    }
    return scales;
  }
  bool check_if_fast(std::string_view kind, const std::string& op, const Attributes& attributes,
                     const std::vector<Tensor>& inputs, const std::vector<Lies>& lies,
                     const std::vector<Lies>& outputs_lie) {
    try {
      check(kind, op, attributes, inputs, lies, outputs_lie);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.problems().at(0).id, "step.unsupported") << error.what();
    } catch (const std::exception& error) {  // oneDNN has no such kernel
      std::printf("%s: %s\n", attributes.to_string().c_str(), error.what());
    }
    return false;
  }
};

TEST_F(DnnlIntegers, Convolutions) {
  struct Case {
    int64_t in, out, group, kernel, stride, pad;
  };
  int fast = 0;
  for (const Case& c : {Case{16, 24, 1, 3, 1, 1}, Case{16, 24, 1, 3, 2, 1}, Case{3, 16, 1, 7, 2, 3},
                        Case{64, 32, 1, 1, 1, 0}, Case{16, 16, 4, 3, 1, 1},
                        Case{24, 24, 24, 3, 1, 1}, Case{13, 19, 1, 3, 1, 0}}) {
    for (const int64_t zero : {0, 7}) {
      SCOPED_TRACE("in " + std::to_string(c.in) + " kernel " + std::to_string(c.kernel));
      Attributes attributes = conv(c.stride, c.pad, c.group, "add(mul(in0,in1),in2)", DType::kI8);
      if (zero != 0) attributes.set("x_zero", zero);
      fast += check_if_fast(
          "dnnl.conv", "Conv", attributes,
          {x({2, c.in, 11, 13}), w({c.out, c.in / c.group, c.kernel, c.kernel}),
           random({c.out}, DType::kI32),
           scale({c.out, 1, 1}, 30 * c.in / c.group * c.kernel * c.kernel), random({c.out, 1, 1})},
          {kLast, kConstant, kConstant, kConstant, kConstant}, {kLast});
    }
  }
  EXPECT_GE(fast, 7);
}

TEST_F(DnnlIntegers, EpiloguesAsScalesAndPostOps) {
  int fast = 0, tails = 0;
  for (const char* epilogue :
       {"add(mul(in0,in1),in2)", "relu(add(mul(in0,in1),in2))", "mul(add(mul(in0,in1),in2),31.7)",
        "mul(max(add(add(mul(in0,in1),in2),mul(in3,0.02)),0.0),31.7)",
        "min(mul(relu(add(add(mul(in0,in1),in2),mul(sub(in3,3.0),0.02))),31.7),127.0)",
        "add(mul(clip(add(mul(in0,in1),in2),-0.9,1.1),50.0),7.0)",
        "mul(silu(add(mul(in0,in1),in2)),40.0)",
        "mul(add(relu(add(mul(in0,in1),in2)),mul(in3,0.02)),31.7)"}) {
    for (const DType dtype : {DType::kI8, DType::kU8, DType::kF32}) {
      for (const DType residual : {DType::kI8, DType::kU8, DType::kF32}) {
        SCOPED_TRACE(std::string(epilogue) + " residual " + std::string(dtype_name(residual)));
        std::vector<Tensor> inputs = {x({2, 16, 9, 10}), w({24, 16, 3, 3}), Tensor(),
                                      scale({24, 1, 1}, 144), random({24, 1, 1})};
        if (Expression::parse(epilogue).input_count() > 3) {
          inputs.push_back(random({2, 24, 9, 10}, residual, 2));
        }
        fast += check_if_fast("dnnl.conv", "Conv", conv(1, 1, 1, epilogue, dtype), inputs,
                              {kLast, kConstant, {}, kConstant, kConstant, kLast}, {kLast});
        tails += implementation_.find("+pointwise") != std::string::npos;
      }
    }
  }
  EXPECT_GE(fast, 60);
  EXPECT_GE(tails, 9);
}

TEST_F(DnnlIntegers, LargestSumsAreExact) {
  const Tensor full = random_bytes({1, 512, 5, 5}, DType::kU8, 127, 127);
  check("dnnl.conv", "Conv", conv(1, 1, 1, "in0", DType::kF32),
        {full, random_bytes({16, 512, 3, 3}, DType::kI8, -128, -128)}, {kLast, kConstant}, {kLast});
}

TEST_F(DnnlIntegers, MatricesInAllThreeWays) {
  int fast = 0;
  for (const char* as : {"inner_product", "convolution", "matmul"}) {
    step_attributes_.set("as", std::string(as));
    for (const Shape& a : {Shape{1, 64}, Shape{7, 32}, Shape{2, 19, 96}}) {
      const int64_t k = a[a.rank() - 1], n = 40;
      for (const char* epilogue :
           {"mul(add(mul(in0,in1),in2),30.0)", "mul(gelu(add(mul(in0,in1),in2)),30.0)",
            "mul(add(add(mul(in0,in1),in2),mul(in3,0.02)),30.0)"}) {
        SCOPED_TRACE(std::string(as) + " " + a.to_string() + " " + epilogue);
        Attributes attributes;
        attributes.set("epilogue", Expression::parse(epilogue));
        attributes.set("dtype", DType::kI8);
        Shape out = a;
        out[a.rank() - 1] = n;
        std::vector<Tensor> inputs = {x(a), w({k, n}), scale({n}, k), random({n})};
        if (Expression::parse(epilogue).input_count() > 3) {
          inputs.push_back(random(out, DType::kI8));
        }
        fast += check_if_fast("dnnl.inner_product", "MatMul", attributes, inputs,
                              {{}, kConstant, kConstant, kConstant}, {});
      }
    }
  }
  EXPECT_GE(fast, 9);
}

TEST_F(DnnlIntegers, ScalesAndZeroPointsOfTheRun) {
  int fast = 0;
  for (const char* as : {"inner_product", "convolution", "matmul"}) {
    step_attributes_.set("as", std::string(as));
    for (const auto& [epilogue, dtype] :
         {std::pair{"add(mul(sub(in0,mul(in1,in2)),mul(in3,in4)),in5)", DType::kF32},
          {"gelu(add(mul(sub(in0,mul(in1,in2)),mul(in3,in4)),in5))", DType::kF32},
          {"add(add(div(sub(mul(in1,in2),in0),div(1,mul(in3,in4))),in5),in6)", DType::kF32},
          {"mul(add(mul(sub(in0,mul(in1,in2)),mul(in3,in4)),in5),30.0)", DType::kU8},
          {"sub(in0,mul(in1,in2))", DType::kF32}}) {
      SCOPED_TRACE(std::string(as) + " " + epilogue);
      const Shape a{2, 19, 96};
      const int64_t k = 96, n = 40;
      Attributes attributes;
      attributes.set("epilogue", Expression::parse(epilogue));
      attributes.set("dtype", dtype);
      std::vector<Tensor> inputs = {x(a),
                                    w({k, n}),
                                    random_bytes({}, DType::kU8, 90, 110),
                                    random({n}, DType::kF32, 100),
                                    random({}, DType::kF32, 0.5F, 1),
                                    scale({n}, k),
                                    random({n})};
      const bool residual = Expression::parse(epilogue).input_count() > 6;
      if (residual) inputs.push_back(random({2, 19, n}));
      fast += check_if_fast("dnnl.inner_product", "MatMul", attributes, inputs,
                            {{}, kConstant, {}, kConstant, {}, kConstant, kConstant}, {});
      EXPECT_EQ(implementation_.find("+pointwise"), std::string::npos);
    }
  }
  EXPECT_GE(fast, 15);
}

TEST_F(DnnlIntegers, BatchesOfTwoComputedMatrices) {
  for (const bool transposed : {false, true}) {
    for (const char* epilogue :
         {"mul(in0,0.0003)", "add(mul(in0,0.0003),in1)", "mul(add(mul(in0,0.0003),in1),31.0)"}) {
      for (const DType dtype : {DType::kF32, DType::kI8}) {
        SCOPED_TRACE(std::string(epilogue) + (transposed ? " transposed" : ""));
        Attributes attributes;
        if (transposed) attributes.set("transpose_b", int64_t{1});
        attributes.set("epilogue", Expression::parse(epilogue));
        attributes.set("dtype", dtype);
        std::vector<Tensor> inputs = {x({2, 3, 17, 32}),
                                      w(transposed ? Shape{2, 3, 20, 32} : Shape{2, 3, 32, 20})};
        if (Expression::parse(epilogue).input_count() > 1) inputs.push_back(random({20}));
        EXPECT_TRUE(check_if_fast("dnnl.matmul", "MatMul", attributes, inputs, {}, {}));
      }
    }
  }
}

TEST_F(DnnlIntegers, FullRangesAreExactWithDotProducts) {
  if (!cpu_info().avx512_vnni && !cpu_info().avx2_vnni) GTEST_SKIP() << "this CPU has no VNNI";
  step_attributes_ = {};
  for (const DType dtype : {DType::kU8, DType::kI8}) {
    for (const int64_t zero : {0, 5}) {
      Attributes attributes = conv(1, 1, 1, "in0", DType::kF32);
      if (zero != 0) attributes.set("x_zero", zero);
      const bool positive = dtype == DType::kU8;
      check("dnnl.conv", "Conv", attributes,
            {random_bytes({1, 64, 9, 9}, dtype, positive ? 0 : -128, positive ? 255 : 127),
             w({32, 64, 3, 3})},
            {kLast, kConstant}, {kLast});
    }
  }
  for (const DType dtype : {DType::kU8, DType::kI8}) {
    const int lowest = dtype == DType::kU8 ? 0 : -128;
    Attributes attributes;
    attributes.set("epilogue", Expression::parse("mul(in0,0.0003)"));
    attributes.set("dtype", DType::kF32);
    check("dnnl.matmul", "MatMul", attributes,
          {random_bytes({2, 3, 17, 64}, dtype, lowest, lowest + 255), w({2, 3, 64, 20})}, {}, {});
  }
}

TEST_F(DnnlIntegers, RefusesWhatWouldSaturate) {
  if (cpu_info().avx512_vnni || cpu_info().avx2_vnni) GTEST_SKIP() << "sums are always exact here";
  step_attributes_ = {};
  const auto refused = [&](DType dtype) {
    try {
      run("dnnl.conv", "Conv", conv(1, 0, 1, "in0", DType::kF32),
          {random_bytes({1, 16, 4, 4}, dtype, 0, 127), w({16, 16, 1, 1})}, {kLast, kConstant},
          {kLast});
    } catch (const Error& error) {
      return error.problems().at(0).what.find("saturate") != std::string::npos;
    }
    return false;
  };
  EXPECT_TRUE(refused(DType::kU8));
  EXPECT_TRUE(refused(DType::kI8));
}

}  // namespace
}  // namespace ingot
