// oneDNN's steps in BF16 against the reference: products with every kind of bias and epilogue,
// pools, softmax, attention. Skipped where the processor has no BF16.
#include <gtest/gtest.h>

#include "core/base/cpu.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class DnnlBfloats : public StepTest {
 protected:
  static constexpr DType kBf = DType::kBF16;
  static constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};
  static constexpr Lies kLast{Layout::kChannelsLast};

  // Results have 8 bits, and epilogues may round in between.
  DnnlBfloats() { tolerance_ = 2e-2F; }

  void SetUp() override {
    if (!cpu_info().avx512_bf16) GTEST_SKIP() << "this processor has no BF16";
  }

  Tensor bf(const Shape& shape) { return random(shape, kBf); }
  /// Weights of products of `length` numbers, so that results stay near 1.
  Tensor weights(const Shape& shape, int64_t length) {
    return random(shape, kBf, 1 / std::sqrt(static_cast<float>(length)));
  }

  static Attributes with(const std::string& epilogue, bool transpose_b = false) {
    Attributes attributes;
    attributes.set("transpose_b", int64_t{transpose_b});
    if (!epilogue.empty()) attributes.set("epilogue", Expression::parse(epilogue));
    return attributes;
  }
  static Attributes window(int64_t stride, int64_t pad, int64_t group,
                           const std::string& epilogue = "") {
    Attributes attributes;
    attributes.set("group", group);
    attributes.set("strides", std::vector<int64_t>{stride, stride});
    attributes.set("pads", std::vector<int64_t>{pad, pad, pad, pad});
    if (!epilogue.empty()) attributes.set("epilogue", Expression::parse(epilogue));
    return attributes;
  }
};

TEST_F(DnnlBfloats, ConstantMatricesWithABiasOfEitherType) {
  for (const char* as : {"inner_product", "convolution", "matmul"}) {
    SCOPED_TRACE(as);
    step_attributes_.set("as", as);
    for (const bool transposed : {false, true}) {
      for (const Shape& a : {Shape{1, 37}, Shape{50, 64}, Shape{2, 19, 48}}) {
        const int64_t k = a[a.rank() - 1], n = 40;
        const Tensor b = weights(transposed ? Shape{n, k} : Shape{k, n}, k);
        Shape out = a;
        out[a.rank() - 1] = n;
        check("dnnl.inner_product", "MatMul", with("", transposed), {bf(a), b}, {{}, kConstant});
        for (const DType bias : {kBf, DType::kF32}) {
          check("dnnl.inner_product", "MatMul", with("add(in0,in1)", transposed),
                {bf(a), b, random({n}, bias)}, {{}, kConstant, kConstant});
          check("dnnl.inner_product", "MatMul", with("gelu(add(in0,in1))", transposed),
                {bf(a), b, random({n}, bias)}, {{}, kConstant, kConstant});
        }
        check("dnnl.inner_product", "MatMul", with("add(add(in0,in1),in2)", transposed),
              {bf(a), b, bf({n}), bf(out)}, {{}, kConstant, kConstant});
      }
    }
  }
}

TEST_F(DnnlBfloats, BatchesOfMatrices) {
  for (const bool transposed : {false, true}) {
    const Tensor b = weights(transposed ? Shape{2, 3, 20, 16} : Shape{2, 3, 16, 20}, 16);
    check("dnnl.matmul", "MatMul", with("", transposed), {bf({2, 3, 10, 16}), b});
    check("dnnl.matmul", "MatMul", with("add(mul(in0,0.125),in1)", transposed),
          {bf({2, 3, 10, 16}), b, bf({2, 1, 10, 20})});
  }
}

TEST_F(DnnlBfloats, Convolutions) {
  struct Case {
    int64_t in, out, group, kernel, stride, pad;
  };
  for (const Case& c : {Case{16, 24, 1, 3, 1, 1}, Case{3, 16, 1, 7, 2, 3}, Case{16, 8, 1, 1, 1, 0},
                        Case{64, 48, 1, 1, 2, 0}, Case{32, 32, 32, 3, 1, 1},
                        Case{24, 24, 24, 5, 2, 2}, Case{13, 19, 1, 3, 1, 0}}) {
    SCOPED_TRACE("in " + std::to_string(c.in) + " kernel " + std::to_string(c.kernel));
    const int64_t length = c.in / c.group * c.kernel * c.kernel;
    const Tensor w = weights({c.out, c.in / c.group, c.kernel, c.kernel}, length);
    for (const DType bias : {kBf, DType::kF32}) {
      check("dnnl.conv", "Conv", window(c.stride, c.pad, c.group, "clip(in0,0,6)"),
            {bf({2, c.in, 11, 13}), w, random({c.out}, bias)}, {kLast, kConstant, kConstant},
            {kLast});
    }
  }
  const std::vector<Lies> lies = {kLast, kConstant, kConstant, kLast};
  check("dnnl.conv", "Conv", window(1, 1, 1, "relu(add(in0,in1))"),
        {bf({2, 16, 9, 10}), weights({24, 16, 3, 3}, 144), bf({24}), bf({2, 24, 9, 10})}, lies,
        {kLast});
}

TEST_F(DnnlBfloats, PoolsSoftmaxAndAttention) {
  Attributes pool;
  pool.set("kernel_shape", std::vector<int64_t>{3, 3});
  pool.set("strides", std::vector<int64_t>{2, 2});
  pool.set("pads", std::vector<int64_t>{1, 1, 1, 1});
  check("dnnl.pool", "MaxPool", pool, {bf({2, 16, 12, 13})}, {kLast}, {kLast});
  check("dnnl.pool", "AveragePool", pool, {bf({2, 16, 12, 13})}, {kLast}, {kLast});
  Attributes last;
  last.set("axis", int64_t{-1});
  check("dnnl.softmax", "Softmax", last, {bf({3, 5, 49})});
  check("dnnl.attention", "Attention", {},
        {bf({2, 3, 49, 32}), bf({2, 3, 49, 32}), bf({2, 3, 49, 32}), bf({1, 3, 49, 49})});
}

}  // namespace
}  // namespace ingot
