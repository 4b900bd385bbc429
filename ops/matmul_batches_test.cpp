// Tests of batches of products with one stride for each operand.
#include "ops/matmul_batches.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

TEST(MatMulBatches, BecomeOneProductWhereOneMatrixMultipliesAll) {
  const auto merged = MatMulBatches::of({2, 3, 5, 8}, {8, 4}, false, false);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->count, 1);
  EXPECT_EQ(merged->rows, 30);
  EXPECT_EQ(merged->inner, 8);
  EXPECT_EQ(merged->columns, 4);
}

TEST(MatMulBatches, StayApartWhereRowsAreStoredAsColumns) {
  const auto batches = MatMulBatches::of({6, 8, 5}, {8, 4}, true, false);
  ASSERT_TRUE(batches);
  EXPECT_EQ(batches->count, 6);
  EXPECT_EQ(batches->rows, 5);
  EXPECT_EQ(batches->a_stride, 40);
  EXPECT_EQ(batches->b_stride, 0);
  EXPECT_EQ(batches->y_stride, 20);
}

TEST(MatMulBatches, RepeatTheFirstOperandWithStrideZero) {
  const auto batches = MatMulBatches::of({5, 8}, {3, 8, 4}, false, false);
  ASSERT_TRUE(batches);
  EXPECT_EQ(batches->count, 3);
  EXPECT_EQ(batches->a_stride, 0);
  EXPECT_EQ(batches->b_stride, 32);
}

TEST(MatMulBatches, AreNothingWhereAxesBroadcastUnevenly) {
  EXPECT_FALSE(MatMulBatches::of({2, 1, 5, 8}, {1, 3, 8, 4}, false, false));
  EXPECT_FALSE(MatMulBatches::of({2, 3, 5, 8}, {3, 8, 4}, false, false));
  EXPECT_TRUE(MatMulBatches::of({1, 3, 5, 8}, {3, 8, 4}, false, false));
}

TEST(MatMulBatches, CoverTheOffsetsOfAllProducts) {
  const Shape shapes[][2] = {
      {{2, 3, 4, 5}, {2, 3, 5, 6}}, {{4, 5}, {7, 5, 6}}, {{5}, {3, 5, 6}}, {{3, 4, 5}, {5}},
      {{1, 1, 4, 5}, {1, 2, 5, 6}}, {{5}, {5}}};
  for (const auto& [a, b] : shapes) {
    const MatMulSizes sizes = MatMulSizes::of(a, b);
    const auto batches = MatMulBatches::of(a, b, false, false);
    ASSERT_TRUE(batches);
    const int64_t products = std::ssize(sizes.offsets);
    EXPECT_EQ(batches->rows * batches->count, sizes.rows * products);
    for (int64_t row = 0; row < sizes.rows * products; ++row) {
      // The first element of each row of the result, by both.
      const auto& [a_offset, b_offset] = sizes.offsets[static_cast<size_t>(row / sizes.rows)];
      const int64_t batch = row / batches->rows, in_batch = row % batches->rows;
      EXPECT_EQ(batch * batches->a_stride + in_batch * batches->inner,
                a_offset + row % sizes.rows * sizes.inner);
      EXPECT_EQ(batch * batches->b_stride, b_offset);
    }
  }
}

}  // namespace
}  // namespace ingot
