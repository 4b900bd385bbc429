// oneDNN's pools and attention against the reference.
#include <gtest/gtest.h>

#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class DnnlPool : public StepTest {
 protected:
  static constexpr Layout kLayouts[] = {Layout::kPlain, Layout::kChannelsLast, Layout::kBlocked8};

  static Attributes window(int64_t kernel, int64_t stride, int64_t pad) {
    Attributes attributes;
    attributes.set("kernel_shape", std::vector<int64_t>{kernel, kernel});
    attributes.set("strides", std::vector<int64_t>{stride, stride});
    attributes.set("pads", std::vector<int64_t>{pad, pad, pad, pad});
    return attributes;
  }
};

TEST_F(DnnlPool, MaximaAndAverages) {
  for (const Layout layout : kLayouts) {
    for (const Shape& shape : {Shape{2, 16, 12, 13}, Shape{1, 11, 7, 9}}) {
      SCOPED_TRACE(std::string(layout_name(layout)) + " " + shape.to_string());
      for (const Attributes& pool : {window(3, 2, 1), window(2, 2, 0), window(5, 1, 2)}) {
        check("dnnl.pool", "MaxPool", pool, {random(shape)}, {{layout}}, {{layout}});
        Attributes include = pool;
        include.set("count_include_pad", int64_t{1});
        check("dnnl.pool", "AveragePool", pool, {random(shape)}, {{layout}}, {{layout}});
        check("dnnl.pool", "AveragePool", include, {random(shape)}, {{layout}}, {{layout}});
      }
      check("dnnl.pool", "GlobalAveragePool", {}, {random(shape)}, {{layout}}, {{layout}});
      check("dnnl.pool", "GlobalMaxPool", {}, {random(shape)}, {{layout}}, {{layout}});
    }
  }
}

TEST_F(DnnlPool, MaximaOfBytes) {
  const Lies last{Layout::kChannelsLast};
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    for (const Shape& shape : {Shape{2, 16, 12, 13}, Shape{1, 11, 7, 9}, Shape{1, 70, 8, 8}}) {
      SCOPED_TRACE(shape.to_string());
      const Tensor x = dtype == DType::kI8 ? random_bytes(shape, dtype, -128, 127)
                                           : random_bytes(shape, dtype, 0, 255);
      for (const Attributes& pool : {window(3, 2, 1), window(2, 2, 0), window(5, 1, 2)}) {
        check("dnnl.pool", "MaxPool", pool, {x}, {last}, {last});
      }
    }
  }
}

TEST_F(DnnlPool, RoundsSizesUpOnDemand) {
  Attributes pool = window(3, 2, 0);
  pool.set("ceil_mode", int64_t{1});
  check("dnnl.pool", "MaxPool", pool, {random({1, 8, 12, 12})});
}

TEST_F(DnnlPool, AttentionByTwoMatmuls) {
  tolerance_ = 1e-5F;
  check("dnnl.attention", "Attention", {},
        {random({2, 3, 49, 32}), random({2, 3, 49, 32}), random({2, 3, 49, 32}),
         random({1, 3, 49, 49})});
  Attributes heads;
  heads.set("q_num_heads", int64_t{4});
  heads.set("kv_num_heads", int64_t{4});
  check("dnnl.attention", "Attention", heads,
        {random({2, 30, 64}), random({2, 40, 64}), random({2, 40, 64})});
}

}  // namespace
}  // namespace ingot
