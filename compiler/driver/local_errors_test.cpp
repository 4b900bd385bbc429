// Errors of single nodes: the node that a precision hurts most is found.
#include "compiler/driver/local_errors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/driver/target.h"

namespace ingot {
namespace {

class LocalErrors : public testing::Test {
 protected:
  LocalErrors() {
    options_.device = "cpu";
    options_.threads = 1;
  }

  std::vector<LocalError> errors(const char* graph, const Precisions& precisions, DType type) {
    Stages stages(options_);
    Compiler compiler(parse_graph(graph), options_, make_target(options_), &stages);
    const std::vector<TensorInfo> inputs = {{"x", DType::kF32, {1, 4, 6, 6}, {}}};
    const Sample sample = random_sample(inputs, {{"x", Shape{1, 4, 6, 6}}}, {}, 1);
    return local_errors(&compiler, precisions, type, {sample});
  }

  BuildOptions options_;
};

TEST_F(LocalErrors, AnOverflowOf16BitsIsInfiniteAndFirst) {
  const auto found = errors(R"(
    x: f32[1,4,6,6], large: const f32[] = {1000000}
    a = Relu(x)               # origin: small
    b = Mul(a, large)         # origin: overflow
    y = Sigmoid(b)            # origin: bounded
    return y
  )",
                            {}, DType::kF16);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].error, INFINITY);
  const auto small = std::find_if(found.begin(), found.end(), [](const LocalError& error) {
    return error.layers == std::vector<std::string>{"small"};
  });
  ASSERT_NE(small, found.end());
  EXPECT_LT(small->error, 1e-3);
}

TEST_F(LocalErrors, ABadRangeOfOneConvolutionIsFoundOnFp32Inputs) {
  for (const DType type : {DType::kI8, DType::kF8E4M3}) {
    SCOPED_TRACE(dtype_name(type));
    Precisions precisions;
    precisions.int8 = true;
    precisions.placed = type;
    precisions.ranges = std::make_shared<QuantizationRanges>(
        QuantizationRanges{{{"x", 1.0F / 127}, {"a", 1e-5F}, {"b", 4.0F / 127}}});
    const auto found = errors(R"(
    x: f32[1,4,6,6], w: const f32[4,4,1,1]
    a = Conv(x, w)            # origin: first
    b = Conv(a, w)            # origin: second
    y = Conv(b, w)            # origin: third
    return y
  )",
                              precisions, type);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].layers, std::vector<std::string>{"second"});
    EXPECT_GT(found[0].error, 0.9);
    // What comes behind it has exact inputs.
    EXPECT_LT(found[1].error, 0.05);
    EXPECT_GT(found[2].error, 0);
  }
}

}  // namespace
}  // namespace ingot
