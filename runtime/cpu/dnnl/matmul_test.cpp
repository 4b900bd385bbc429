// oneDNN's matmuls against the reference: constant matrices in all three ways, and batches.
#include <gtest/gtest.h>

#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class DnnlMatmul : public StepTest {
 protected:
  DnnlMatmul() { tolerance_ = 2e-5F; }
  static constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};

  static Attributes with(const std::string& epilogue, bool transpose_b) {
    Attributes attributes;
    attributes.set("transpose_b", int64_t{transpose_b});
    if (!epilogue.empty()) attributes.set("epilogue", Expression::parse(epilogue));
    return attributes;
  }

  void check_as(const std::string& as, const std::string& epilogue, bool transpose_b,
                const std::vector<Tensor>& inputs, const std::vector<Lies>& lies) {
    SCOPED_TRACE(as);
    step_attributes_.set("as", as);
    check("dnnl.inner_product", "MatMul", with(epilogue, transpose_b), inputs, lies);
  }
};

TEST_F(DnnlMatmul, ConstantMatricesInAllThreeWays) {
  for (const char* as : {"inner_product", "convolution", "matmul"}) {
    for (const bool transposed : {false, true}) {
      for (const Shape& a : {Shape{1, 37}, Shape{50, 64}, Shape{2, 19, 48}}) {
        const int64_t k = a[a.rank() - 1], n = 40;
        const Tensor b = random(transposed ? Shape{n, k} : Shape{k, n});
        Shape out = a;
        out[a.rank() - 1] = n;
        check_as(as, "", transposed, {random(a), b}, {{}, kConstant});
        check_as(as, "add(in0,in1)", transposed, {random(a), b, random({n})},
                 {{}, kConstant, kConstant});
        check_as(as, "gelu(add(in0,in1))", transposed, {random(a), b, random({n})},
                 {{}, kConstant, kConstant});
        check_as(as, "add(add(in0,in1),in2)", transposed, {random(a), b, random({n}), random(out)},
                 {{}, kConstant, kConstant});
        check_as(as, "mul(in0,in1)", transposed, {random(a), b, random(out)}, {{}, kConstant});
      }
    }
  }
}

TEST_F(DnnlMatmul, BatchesOfMatrices) {
  for (const bool transposed : {false, true}) {
    const Shape b = transposed ? Shape{2, 3, 20, 16} : Shape{2, 3, 16, 20};
    check("dnnl.matmul", "MatMul", with("", transposed), {random({2, 3, 10, 16}), random(b)});
    check("dnnl.matmul", "MatMul", with("mul(in0,0.125)", transposed),
          {random({2, 3, 10, 16}), random(b)});
    check("dnnl.matmul", "MatMul", with("add(mul(in0,0.125),in1)", transposed),
          {random({2, 3, 10, 16}), random(b), random({2, 1, 10, 20})});
  }
  Attributes transpose_a;
  transpose_a.set("transpose_a", int64_t{1});
  check("dnnl.matmul", "MatMul", transpose_a, {random({4, 16, 10}), random({4, 16, 20})});
  check("dnnl.matmul", "MatMul", {}, {random({2, 3, 10, 16}), random({1, 3, 16, 20})});
}

TEST_F(DnnlMatmul, ReadsWindowsThroughStrides) {
  check("dnnl.matmul", "MatMul", with("", true), {random({2, 10, 16}), random({2, 12, 16})},
        {{Layout::kPlain, 2, 0, 32}, {Layout::kPlain, 2, 16, 16}});
}

}  // namespace
}  // namespace ingot
