// ArgMax, ArgMin, CumSum and TopK by every tactic of the CUDA backend against the operators'
// references.
#include <limits>

#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

GpuInput number(int64_t value) { return constant(Tensor::from_integers(std::vector{value})); }

class ArgReduceOnGpu : public GpuStepTest {};

TEST_F(ArgReduceOnGpu, FindsExtremesAlongAnyAxis) {
  for (const Shape& shape : {Shape{2, 19, 7, 9}, Shape{1, 150, 4, 40}, Shape{3, 4, 2, 2000}}) {
    for (int axis = 0; axis < 4; ++axis) {
      const std::string attributes = "{axis=" + std::to_string(axis);
      check("ArgMax", attributes + "}", {random(shape, DType::kF16)}, {.tactic = "jit.arg_reduce"});
      check("ArgMin", attributes + ", keepdims=0}", {random(shape)}, {.tactic = "jit.arg_reduce"});
    }
  }
}

TEST_F(ArgReduceOnGpu, TakesTheFirstOrLastOfEquals) {
  for (const char* last : {"0", "1"}) {
    const std::string rest = std::string(", select_last_index=") + last + "}";
    for (const DType dtype : {DType::kI32, DType::kI64}) {
      check("ArgMax", "{axis=1" + rest, {random({3, 900}, dtype)}, {.tactic = "jit.arg_reduce"});
      check("ArgMin", "{axis=0" + rest, {random({900, 5}, dtype)}, {.tactic = "jit.arg_reduce"});
    }
  }
}

TEST_F(ArgReduceOnGpu, StopsAtTheFirstNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  check("ArgMax", "{axis=1}", {values({2, 5}, {1, nan, 3, nan, 2, 4, 3, nan, 9, 1})},
        {.tactic = "jit.arg_reduce"});
  check("ArgMin", "{axis=0}", {values({5, 2}, {1, nan, 3, nan, 2, 4, 3, nan, 9, 1})},
        {.tactic = "jit.arg_reduce"});
}

class CumSumOnGpu : public GpuStepTest {};

TEST_F(CumSumOnGpu, AddsUpInEveryDirection) {
  for (const char* attributes : {"{}", "{exclusive=1}", "{reverse=1}", "{exclusive=1,reverse=1}"}) {
    for (const int64_t length : {1, 50, 300, 9000}) {
      check("CumSum", attributes, {random({3, length}, DType::kI64), number(1)},
            {.tactic = "jit.cumsum"});
      check("CumSum", attributes, {random({3, length}), number(-1)},
            {.tactic = "jit.cumsum", .tolerance = 1e-4F});
    }
    check("CumSum", attributes, {random({3, 40, 7}, DType::kI32), number(1)},
          {.tactic = "jit.cumsum"});
    check("CumSum", attributes, {random({3, 40, 7}, DType::kF16), number(0)},
          {.tactic = "jit.cumsum"});
  }
}

class TopKOnGpu : public GpuStepTest {
 protected:
  void check_topk(const std::string& attributes, Tensor x, int64_t k) {
    check("TopK", attributes, {std::move(x), number(k)}, {.tactic = "jit.topk", .outputs = 2});
  }
};

TEST_F(TopKOnGpu, SortsShortRows) {
  for (const int64_t length : {1, 2, 10, 33, 300, 1000, 2048}) {
    for (const int64_t k : {int64_t{1}, length / 2 + 1, length}) {
      if (k > length) continue;
      check_topk("{}", random({3, length}), k);
      check_topk("{largest=0}", random({3, length}, DType::kF16), k);
    }
  }
}

TEST_F(TopKOnGpu, SelectsFromLongRows) {
  check_topk("{}", random({2, 8400}), 300);
  check_topk("{}", random({1, 24000}, DType::kF16), 300);
  check_topk("{}", random({1, 30001}, DType::kBF16), 1000);
  check_topk("{largest=0}", random({1, 9000}), 5);
}

TEST_F(TopKOnGpu, MergesWhereMuchIsWanted) {
  check_topk("{}", random({2, 9000}), 9000);
  check_topk("{}", random({1, 30000}, DType::kF16), 1500);
  check_topk("{largest=0}", random({1, 20000}, DType::kI32), 7000);
}

TEST_F(TopKOnGpu, GoesAlongAnyAxis) {
  check_topk("{axis=1}", random({2, 50, 7}), 5);
  check_topk("{axis=0}", random({5000, 3}, DType::kF16), 20);
}

TEST_F(TopKOnGpu, OrdersNanZerosAndInfinitiesAsTheReference) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> row = {0, -0.0F, nan, 1, infinity, -1, nan, -infinity, -0.0F, 1, 0};
  for (const char* attributes : {"{}", "{largest=0}"}) {
    check_topk(attributes, values({1, 11}, row), 11);
    check_topk(attributes, values({1, 11}, row, DType::kF16), 7);
  }
}

TEST_F(TopKOnGpu, MayLackAnOutput) {
  check("TopK", "{}", {random({2, 700}), number(9)}, {.tactic = "jit.topk", .outputs = 1});
  expect_no("TopK", "{}", {random({2, 9}, DType::kI64), number(2)}, "jit.topk", "no TopK of i64",
            2);
}

}  // namespace
}  // namespace ingot
