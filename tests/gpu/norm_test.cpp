// Softmax, normalisations, reductions and what searches along an axis, by every tactic of the CUDA
// backend against the operators' references.
#include <limits>

#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

constexpr DType kFloats[] = {DType::kF32, DType::kF16, DType::kBF16};

class SoftmaxOnGpu : public GpuStepTest {};

TEST_F(SoftmaxOnGpu, NormalisesRowsOfAnyLength) {
  // Lanes, a warp, a wide warp, a block and the long kernel, with vectors and without.
  for (const int64_t length : {1, 7, 16, 49, 64, 100, 197, 256, 1000, 1024, 1031, 4096, 20000}) {
    // The reference adds up in order, which costs digits where one element has most of the sum.
    check("Softmax", "{}", {random({3, length}, DType::kF32, 4)},
          {.tactic = "jit.softmax", .tolerance = length > 4096 ? 1e-4F : 1e-5F});
    check("Softmax", "{}", {random({3, length}, DType::kF16, 4)}, {.tactic = "jit.softmax"});
  }
  check("Softmax", "{}", {random({2, 3, 5, 48}, DType::kBF16)}, {.tactic = "jit.softmax"});
  check("Softmax", "{}", {random({3, 20001}, DType::kBF16)}, {.tactic = "jit.softmax"});
}

TEST_F(SoftmaxOnGpu, NormalisesColumns) {
  for (const Shape& shape : {Shape{2, 19, 7, 9}, Shape{1, 4, 64, 64}, Shape{3, 1000, 1, 1},
                             Shape{1, 700, 2, 3}, Shape{2, 16, 4, 100}}) {
    for (const DType dtype : kFloats) {
      check("Softmax", "{axis=1}", {random(shape, dtype, 3)}, {.tactic = "jit.softmax"});
    }
  }
  check("Softmax", "{axis=0}", {random({5, 3, 8}, DType::kF16)}, {.tactic = "jit.softmax"});
  check("Softmax", "{axis=2}", {random({2, 3, 5, 8}, DType::kF16)}, {.tactic = "jit.softmax"});
}

TEST_F(SoftmaxOnGpu, TakesLogarithms) {
  for (const int64_t length : {16, 100, 1000, 5000, 20000}) {
    check("LogSoftmax", "{}", {random({2, length}, DType::kF32, 20)}, {.tactic = "jit.softmax"});
  }
  check("LogSoftmax", "{axis=1}", {random({2, 21, 6, 8}, DType::kF16)}, {.tactic = "jit.softmax"});
}

TEST_F(SoftmaxOnGpu, LeavesOutMinusInfinity) {
  const float low = -std::numeric_limits<float>::infinity();
  for (const int64_t length : {40, 20000}) {
    std::vector<float> row(static_cast<size_t>(2 * length), low);
    for (size_t i = row.size() / 4; i < row.size(); i += 3) row[i] = 1 + static_cast<float>(i % 5);
    check("Softmax", "{}", {values({2, length}, row)}, {.tactic = "jit.softmax"});
    check("Softmax", "{axis=0}", {values({length, 2}, row)}, {.tactic = "jit.softmax"});
  }
}

TEST_F(SoftmaxOnGpu, RefusesDoubles) {
  expect_no("Softmax", "{}", {random({2, 3}, DType::kF64)}, "jit.softmax", "no softmax of f64");
}

class LayerNormOnGpu : public GpuStepTest {};

TEST_F(LayerNormOnGpu, NormalisesRowsOfAnyLength) {
  for (const int64_t length : {3, 16, 40, 64, 96, 192, 384, 768, 1024, 1027, 3072, 20000}) {
    for (const DType dtype : {DType::kF32, DType::kF16}) {
      check("LayerNormalization", "{axis=-1, epsilon=1e-5}",
            {random({2, 3, length}, dtype, 2, 1), random({length}, dtype), random({length}, dtype)},
            {.tactic = "jit.layer_norm"});
    }
  }
  check("LayerNormalization", "{axis=1}",
        {random({5, 3, 24}, DType::kBF16), random({3, 24}, DType::kBF16)},
        {.tactic = "jit.layer_norm"});
}

TEST_F(LayerNormOnGpu, KeepsTheDigitsOfALargeMean) {
  for (const int64_t length : {200, 5000, 20000}) {
    check("LayerNormalization", "{}",
          {random({3, length}, DType::kF32, 1, 300), random({length}), random({length})},
          {.tactic = "jit.layer_norm", .tolerance = 3e-4F});
  }
}

TEST_F(LayerNormOnGpu, DividesByTheRootMeanSquare) {
  for (const int64_t length : {16, 128, 500, 4096, 20000}) {
    check("RMSNormalization", "{epsilon=1e-6}",
          {random({7, length}, DType::kF16), random({length}, DType::kF16)},
          {.tactic = "jit.layer_norm"});
  }
  check("RMSNormalization", "{}", {random({7, 64}, DType::kF16), random({64}, DType::kF32)},
        {.tactic = "jit.layer_norm"});
  check("RMSNormalization", "{}", {random({7, 64}, DType::kF32), random({64}, DType::kF16)},
        {.tactic = "jit.layer_norm"});
}

TEST_F(LayerNormOnGpu, RefusesAScaleThatIsBroadcast) {
  expect_no("LayerNormalization", "{}", {random({2, 8}), random({1})}, "jit.layer_norm",
            "not of the shape");
  expect_no("LayerNormalization", "{}", {random({2, 8}), random({8}), random({8})},
            "jit.layer_norm", "output 1 is wanted", 2);
}

class GroupNormOnGpu : public GpuStepTest {};

TEST_F(GroupNormOnGpu, NormalisesGroups) {
  for (const Shape& shape : {Shape{2, 12, 5, 7}, Shape{1, 32, 16, 16}, Shape{2, 64, 40, 40},
                             Shape{1, 8, 60, 61}, Shape{3, 20, 4}}) {
    const int64_t channels = shape[1];
    for (const DType dtype : {DType::kF32, DType::kF16}) {
      check("GroupNormalization", "{num_groups=4, epsilon=1e-5}",
            {random(shape, dtype, 2, 1), random({channels}, dtype), random({channels}, dtype)},
            {.tactic = "jit.group_norm"});
    }
  }
  check(
      "GroupNormalization", "{num_groups=2}",
      {random({2, 32, 9, 9}, DType::kBF16), random({32}, DType::kBF16), random({32}, DType::kBF16)},
      {.tactic = "jit.group_norm"});
}

TEST_F(GroupNormOnGpu, NormalisesInstances) {
  for (const Shape& shape : {Shape{2, 3, 5, 7}, Shape{1, 16, 64, 64}, Shape{2, 3, 160, 160}}) {
    const int64_t channels = shape[1];
    for (const DType dtype : {DType::kF32, DType::kF16}) {
      check("InstanceNormalization", "{}",
            {random(shape, dtype, 2, 1), random({channels}, dtype), random({channels}, dtype)},
            {.tactic = "jit.group_norm"});
    }
  }
}

TEST_F(GroupNormOnGpu, KeepsTheDigitsOfALargeMean) {
  check("GroupNormalization", "{num_groups=2}",
        {random({1, 16, 64, 64}, DType::kF32, 1, 300), random({16}), random({16})},
        {.tactic = "jit.group_norm", .tolerance = 3e-4F});
}

class ReduceOnGpu : public GpuStepTest {
 protected:
  static GpuInput axes(const std::vector<float>& list) {
    std::vector<int64_t> numbers(list.begin(), list.end());
    return constant(Tensor::from_integers(numbers));
  }
};

constexpr const char* kReductions[] = {"ReduceSum",       "ReduceMean",   "ReduceMax",
                                       "ReduceMin",       "ReduceL1",     "ReduceL2",
                                       "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"};

TEST_F(ReduceOnGpu, FoldsEveryKindAlongRowsAndColumns) {
  const GpuCheck options = {.tactic = "jit.reduce"};
  for (const char* op : kReductions) {
    const float shift = op == std::string("ReduceLogSum") ? 5 : 0;
    check(op, "{}", {random({3, 4, 50}, DType::kF32, 1, shift), axes({-1})}, options);
    check(op, "{keepdims=0}", {random({3, 40, 8}, DType::kF32, 1, shift), axes({1})}, options);
  }
  // A kind is the same code for all floats, but for extremes and sums of exponentials.
  for (const DType dtype : {DType::kF16, DType::kBF16}) {
    for (const char* op : {"ReduceMean", "ReduceMin", "ReduceLogSumExp"}) {
      check(op, "{}", {random({3, 4, 48}, dtype), axes({-1})}, options);
      check(op, "{keepdims=0}", {random({3, 40, 8}, dtype), axes({1})}, options);
    }
  }
  check("ReduceProd", "{}", {random({3, 4, 9}), axes({-1})}, {.tactic = "jit.reduce"});
  check("ReduceProd", "{}", {random({3, 9, 4}), axes({1})}, {.tactic = "jit.reduce"});
}

TEST_F(ReduceOnGpu, ReducesAnyAxes) {
  for (const std::vector<float>& list : std::vector<std::vector<float>>{
           {0}, {1}, {2}, {3}, {0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}, {1, 2}, {0, 1, 2, 3}}) {
    check("ReduceMean", "{}", {random({3, 6, 5, 8}), axes(list)}, {.tactic = "jit.reduce"});
    check("ReduceMax", "{keepdims=0}", {random({3, 8, 4, 16}, DType::kF16), axes(list)},
          {.tactic = "jit.reduce"});
  }
  check("ReduceSum", "{}", {random({3, 6, 5})}, {.tactic = "jit.reduce"});
  check("ReduceSum", "{noop_with_empty_axes=1}", {random({3, 6, 5})}, {.tactic = "jit.reduce"});
  check("ReduceSum", "{keepdims=0}", {random({1, 1, 1}), axes({1})}, {.tactic = "jit.reduce"});
}

TEST_F(ReduceOnGpu, SplitsLongSums) {
  check("ReduceMean", "{}", {random({2, 100000}, DType::kF32, 1, 1), axes({1})},
        {.tactic = "jit.reduce"});
  check("ReduceMax", "{}", {random({200000}, DType::kF16)}, {.tactic = "jit.reduce"});
  check("ReduceSum", "{}", {random({20000, 6}, DType::kF32), axes({0})},
        {.tactic = "jit.reduce", .tolerance = 1e-4F});
  check("ReduceLogSumExp", "{}", {random({2, 5000, 16}, DType::kF16), axes({1})},
        {.tactic = "jit.reduce"});
}

TEST_F(ReduceOnGpu, PoolsWholePlanes) {
  for (const DType dtype : kFloats) {
    check("GlobalAveragePool", "{}", {random({2, 64, 7, 7}, dtype)}, {.tactic = "jit.reduce"});
    check("GlobalMaxPool", "{}", {random({1, 30, 8, 8}, dtype)}, {.tactic = "jit.reduce"});
  }
  check("GlobalLpPool", "{p=1}", {random({2, 6, 5, 7})}, {.tactic = "jit.reduce"});
  check("GlobalLpPool", "{}", {random({2, 6, 5, 7})}, {.tactic = "jit.reduce"});
  expect_no("GlobalLpPool", "{p=3}", {random({2, 6, 5, 7})}, "jit.reduce", "another p");
  check("GlobalAveragePool", "{}", {random({1, 3, 40, 50}, DType::kF16, 1, 2)},
        {.tactic = "jit.reduce"});
}

TEST_F(ReduceOnGpu, FoldsIntegers) {
  for (const char* op : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd",
                         "ReduceL1", "ReduceSumSquare"}) {
    check(op, "{}", {random({5, 33}, DType::kI32), axes({1})}, {.tactic = "jit.reduce"});
    check(op, "{}", {random({5, 32}, DType::kI32), axes({0})}, {.tactic = "jit.reduce"});
  }
  for (const char* op : {"ReduceMean", "ReduceMax"}) {
    check(op, "{}", {random({5, 33}, DType::kI64), axes({1})}, {.tactic = "jit.reduce"});
    check(op, "{}", {random({5, 32}, DType::kI64), axes({0})}, {.tactic = "jit.reduce"});
  }
  for (const DType dtype : {DType::kBool, DType::kI8, DType::kU8}) {
    check("ReduceMax", "{}", {random({5, 64}, dtype), axes({1})}, {.tactic = "jit.reduce"});
    check("ReduceMin", "{}", {random({5, 64}, dtype), axes({0})}, {.tactic = "jit.reduce"});
  }
  expect_no("ReduceL2", "{}", {random({5, 3}, DType::kI32), axes({1})}, "jit.reduce",
            "no ReduceL2 of i32");
}

}  // namespace
}  // namespace ingot
