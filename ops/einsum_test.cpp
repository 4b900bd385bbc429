// Tests of Einsum, its equations, and the small rearranging operators (RotaryEmbedding, Col2Im,
// MaxUnpool).
#include "ops/einsum_equation.h"
#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

TEST(EinsumEquation, NamesTheAxesOfEveryOperand) {
  const auto equation = EinsumEquation::parse("b...i, ij -> b...j", {4, 2});
  EXPECT_EQ(equation.operands[0], (std::vector<int>{'b', 1001, 1000, 'i'}));
  EXPECT_EQ(equation.result, (std::vector<int>{'b', 1001, 1000, 'j'}));
  // Without an arrow: what occurs once, in alphabetical order.
  EXPECT_EQ(EinsumEquation::parse("ba,ac", {2, 2}).result, (std::vector<int>{'b', 'c'}));
}

TEST(EinsumEquation, RefusesWhatDoesNotFit) {
  EXPECT_EQ(problem_of([] { EinsumEquation::parse("ij,jk->ik", {2}); }), "op.bad_equation");
  EXPECT_EQ(problem_of([] { EinsumEquation::parse("ij->ik", {2}); }), "op.bad_equation");
  EXPECT_EQ(problem_of([] { EinsumEquation::parse("ij->i", {3}); }), "op.bad_equation");
  EXPECT_EQ(problem_of([] { EinsumEquation::parse("i1->i", {2}); }), "op.bad_equation");
}

TEST(Einsum, IsTransposeDiagonalAndSum) {
  const Tensor x = tensor({2, 2}, {1, 2, 3, 4});
  expect_near(run("Einsum", {x}, "{equation=\"ij->ji\"}"), tensor({2, 2}, {1, 3, 2, 4}));
  expect_near(run("Einsum", {x}, "{equation=\"ii->i\"}"), std::vector<double>{1, 4});
  expect_near(run("Einsum", {x}, "{equation=\"ij->j\"}"), std::vector<double>{4, 6});
  expect_near(run("Einsum", {x}, "{equation=\"ij->\"}"), std::vector<double>{10});
}

TEST(Einsum, ContractsThreeOperandsLikeLoops) {
  const Tensor a = random_tensor({3, 4, 5}, 1), b = random_tensor({5, 6, 4}, 2),
               c = random_tensor({6, 2}, 3);
  const Tensor y = run("Einsum", {a, b, c}, "{equation=\"nij,jki,kl->lni\"}");
  ASSERT_EQ(y.shape().to_string(), "2x3x4");
  std::vector<double> expected(24);
  for (size_t l = 0; l < 2; ++l) {
    for (size_t n = 0; n < 3; ++n) {
      for (size_t i = 0; i < 4; ++i) {
        for (size_t j = 0; j < 5; ++j) {
          for (size_t k = 0; k < 6; ++k) {
            expected[(l * 3 + n) * 4 + i] +=
                static_cast<double>(a.as<float>()[(n * 4 + i) * 5 + j]) *
                b.as<float>()[(j * 6 + k) * 4 + i] * c.as<float>()[k * 2 + l];
          }
        }
      }
    }
  }
  expect_near(y, expected);
}

TEST(Einsum, BroadcastsEllipses) {
  const Tensor a = random_tensor({3, 1, 4, 5}, 1), b = random_tensor({2, 5, 6}, 2);
  expect_near(run("Einsum", {a, b}, "{equation=\"...ij,...jk->...ik\"}"), run("MatMul", {a, b}));
  EXPECT_EQ(inferred("Einsum", {"n,h,s,d", "n,h,t,d"}, "{equation=\"bhqd,bhkd->bhqk\"}"),
            "f32[n,h,s,t]");
}

TEST(RotaryEmbedding, TurnsHalvesOrNeighbours) {
  const Tensor x = tensor({1, 1, 1, 4}, {1, 2, 3, 4});
  const Tensor cosines = tensor({1, 1, 2}, {0, 1}), sines = tensor({1, 1, 2}, {1, 0});
  expect_near(run("RotaryEmbedding", {x, cosines, sines}), std::vector<double>{-3, 2, 1, 4});
  expect_near(run("RotaryEmbedding", {x, cosines, sines}, "{interleaved=1}"),
              std::vector<double>{-2, 1, 3, 4});
}

TEST(RotaryEmbedding, LooksPositionsUpAndTakesPackedHeads) {
  const Tensor cosines = random_tensor({10, 2}, 1), sines = random_tensor({10, 2}, 2);
  const Tensor positions = tensor<int64_t>({1, 3}, {7, 0, 3});
  const Tensor x = random_tensor({1, 2, 3, 6}, 3);
  const Tensor y =
      run("RotaryEmbedding", {x, cosines, sines, positions}, "{rotary_embedding_dim=4}");
  EXPECT_FLOAT_EQ(y.as<float>()[0], cosines.as<float>()[14] * x.as<float>()[0] -
                                        sines.as<float>()[14] * x.as<float>()[2]);
  EXPECT_EQ(y.as<float>()[5], x.as<float>()[5]);
  const Tensor packed = run("Transpose", {x}, "{perm=[0,2,1,3]}").reshaped({1, 3, 12});
  const Tensor z = run("RotaryEmbedding", {packed, cosines, sines, positions},
                       "{rotary_embedding_dim=4, num_heads=2}");
  expect_near(z, run("Transpose", {y}, "{perm=[0,2,1,3]}").reshaped({1, 3, 12}));
}

TEST(Col2Im, AddsOverlappingBlocks) {
  const Tensor blocks = tensor({1, 2, 3}, {1, 2, 3, 10, 20, 30});  // two taps, three positions
  const Tensor y = run("Col2Im", {blocks, tensor<int64_t>({1}, {4}), tensor<int64_t>({1}, {2})});
  EXPECT_EQ(y.shape().to_string(), "1x1x4");
  expect_near(y, std::vector<double>{1, 12, 23, 30});
}

TEST(MaxUnpool, PutsElementsBack) {
  const Tensor x = random_tensor({1, 2, 4, 6});
  const char* attributes = "{kernel_shape=[2,2], strides=[2,2]}";
  const auto pooled = run_all("MaxPool", {x}, attributes, 2);
  const Tensor y = run("MaxUnpool", {pooled[0], pooled[1]}, attributes);
  ASSERT_EQ(y.shape().to_string(), "1x2x4x6");
  int kept = 0;
  for (size_t i = 0; i < 48; ++i) {
    if (y.as<float>()[i] == 0) continue;
    EXPECT_EQ(y.as<float>()[i], x.as<float>()[i]);
    ++kept;
  }
  EXPECT_EQ(kept, 12);
  const Tensor outside = tensor<int64_t>({1, 1, 1, 1}, {99});
  EXPECT_EQ(problem_of([&] { run("MaxUnpool", {tensor({1, 1, 1, 1}, {1}), outside}, attributes); }),
            "op.bad_index");
}

}  // namespace
}  // namespace ingot
