// Tests of MatMul, Gemm and the small matrix product under them.
#include "ops/matmul_sizes.h"
#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

TEST(MatrixMultiply, AgreesWithLoopsForAllRemaindersAndStrides) {
  for (const bool transposed : {false, true}) {
    for (const auto& [rows, inner, columns] :
         {std::array<int64_t, 3>{1, 1, 1}, {5, 7, 3}, {6, 16, 16}, {13, 300, 37}, {7, 513, 33}}) {
      const Tensor a = random_tensor({rows, inner}, 1), b = random_tensor({inner, columns}, 2);
      const Matrix<float> left = transposed ? Matrix<float>{a.as<float>().data(), 1, rows}
                                            : Matrix<float>{a.as<float>().data(), inner, 1};
      const Matrix<float> right = transposed ? Matrix<float>{b.as<float>().data(), 1, inner}
                                             : Matrix<float>{b.as<float>().data(), columns, 1};
      Tensor c = Tensor::allocate(DType::kF32, {rows, columns});
      for (float& value : c.mutable_view().as<float>()) value = 1;
      multiply_add(left, right, c.mutable_view().as<float>().data(), columns, rows, inner, columns);
      std::vector<double> expected;
      for (int64_t i = 0; i < rows * columns; ++i) {
        double sum = 1;
        for (int64_t k = 0; k < inner; ++k) {
          sum += static_cast<double>(
                     left.data[i / columns * left.row_stride + k * left.column_stride]) *
                 right.data[k * right.row_stride + i % columns * right.column_stride];
        }
        expected.push_back(sum);
      }
      expect_near(c, expected);
    }
  }
}

TEST(MatMul, MultipliesByHand) {
  const Tensor a = tensor({2, 3}, {1, 2, 3, 4, 5, 6}), b = tensor({3, 2}, {1, 0, 0, 1, 1, 1});
  expect_near(run("MatMul", {a, b}), tensor({2, 2}, {4, 5, 10, 11}));
}

TEST(MatMul, TakesVectorsOnEitherSide) {
  const Tensor m = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_near(run("MatMul", {m, tensor({3}, {1, 1, 1})}), tensor({2}, {6, 15}));
  expect_near(run("MatMul", {tensor({2}, {1, -1}), m}), tensor({3}, {-3, -3, -3}));
  const Tensor dot = run("MatMul", {tensor({2}, {1, 2}), tensor({2}, {3, 4})});
  EXPECT_EQ(dot.shape().rank(), 0);
  expect_near(dot, std::vector<double>{11});
}

TEST(MatMul, BroadcastsBatches) {
  const Tensor a = random_tensor({3, 1, 4, 5}, 1), b = random_tensor({2, 5, 6}, 2);
  const Tensor y = run("MatMul", {a, b});
  ASSERT_EQ(y.shape().to_string(), "3x2x4x6");
  std::vector<double> expected;
  for (size_t i = 0; i < 3 * 2 * 4 * 6; ++i) {
    double sum = 0;
    for (size_t k = 0; k < 5; ++k) {
      sum += static_cast<double>(a.as<float>()[i / 48 * 20 + i / 6 % 4 * 5 + k]) *
             b.as<float>()[i / 24 % 2 * 30 + k * 6 + i % 6];
    }
    expected.push_back(sum);
  }
  expect_near(y, expected);
}

TEST(MatMul, TransposesTheLastTwoAxes) {
  const Tensor a = random_tensor({2, 5, 3}, 1), b = random_tensor({2, 4, 5}, 2);
  const Tensor at = run("Transpose", {a}, "{perm=[0,2,1]}"),
               bt = run("Transpose", {b}, "{perm=[0,2,1]}");
  expect_near(run("MatMul", {a, b}, "{transpose_a=1, transpose_b=1}"), run("MatMul", {at, bt}));
  EXPECT_EQ(inferred("MatMul", {"n,8,k", "n,s,k"}, "{transpose_b=1}"), "f32[n,8,s]");
}

TEST(MatMul, KeepsIntegersExact) {
  const Tensor a = tensor<int64_t>({1, 2}, {int64_t{1} << 60, 3});
  const Tensor b = tensor<int64_t>({2, 1}, {2, 5});
  EXPECT_EQ(run("MatMul", {a, b}).as<int64_t>()[0], (int64_t{1} << 61) + 15);
}

TEST(MatMul, AppliesItsEpilogue) {
  const Tensor a = tensor({2, 2}, {1, 2, 3, 4}), b = tensor({2, 2}, {1, 0, 0, 1});
  expect_near(run("MatMul", {a, b, tensor({2}, {-2, 1})}, "{epilogue=expr(relu(add(in0,in1)))}"),
              tensor({2, 2}, {0, 3, 1, 5}));
}

TEST(MatMul, NamesBothShapesWhenTheyDoNotFit) {
  EXPECT_EQ(problem_of([] { run("MatMul", {random_tensor({2, 3}), random_tensor({4, 2})}); }),
            "op.bad_shape");
}

TEST(Gemm, ScalesTransposesAndAdds) {
  const Tensor a = random_tensor({4, 3}, 1), b = random_tensor({5, 4}, 2),
               c = random_tensor({3, 1}, 3);
  const Tensor y = run("Gemm", {a, b, c}, "{transA=1, transB=1, alpha=0.5, beta=2.0}");
  std::vector<double> expected;
  for (size_t i = 0; i < 15; ++i) {
    double sum = 0;
    for (size_t k = 0; k < 4; ++k) {
      sum += static_cast<double>(a.as<float>()[k * 3 + i / 5]) * b.as<float>()[i % 5 * 4 + k];
    }
    expected.push_back(0.5 * sum + 2.0 * c.as<float>()[i / 5]);
  }
  expect_near(y, expected);
}

}  // namespace
}  // namespace ingot
