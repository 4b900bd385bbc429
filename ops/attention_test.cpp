// Tests of Attention against loops that follow its definition.
#include <limits>

#include "ops/op_testing.h"

namespace ingot {
namespace {

using namespace op_testing;

constexpr double kForbidden = -std::numeric_limits<double>::infinity();

/// [batch, heads, queries, size] attention; bias(b, head, query, key) is added to the scores.
template <typename Bias>
std::vector<double> attend(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                           Bias&& bias) {
  const Shape& s = q.shape();
  const int64_t keys = k.shape()[2], kv_heads = k.shape()[1], value_size = v.shape()[3];
  std::vector<double> result;
  for (int64_t row = 0; row < s[0] * s[1] * s[2]; ++row) {
    const int64_t b = row / s[2] / s[1], head = row / s[2] % s[1], query = row % s[2];
    const int64_t kv = b * kv_heads + head / (s[1] / kv_heads);
    std::vector<double> weights;
    double sum = 0;
    for (int64_t key = 0; key < keys; ++key) {
      double score = 0;
      for (int64_t i = 0; i < s[3]; ++i) {
        score += static_cast<double>(q.as<float>()[static_cast<size_t>(row * s[3] + i)]) *
                 k.as<float>()[static_cast<size_t>((kv * keys + key) * s[3] + i)];
      }
      weights.push_back(std::exp(score * scale + bias(b, head, query, key)));
      sum += weights.back();
    }
    for (int64_t i = 0; i < value_size; ++i) {
      double value = 0;
      for (int64_t key = 0; key < keys && sum > 0; ++key) {
        value += weights[static_cast<size_t>(key)] / sum *
                 v.as<float>()[static_cast<size_t>((kv * keys + key) * value_size + i)];
      }
      result.push_back(value);
    }
  }
  return result;
}

struct Inputs {
  Tensor q = random_tensor({2, 4, 70, 8}, 1), k = random_tensor({2, 2, 9, 8}, 2);
  Tensor v = random_tensor({2, 2, 9, 5}, 3);
};

TEST(Attention, SharesKeyHeadsAmongQueryHeads) {
  const Inputs in;
  const Tensor y = run("Attention", {in.q, in.k, in.v});
  EXPECT_EQ(y.shape().to_string(), "2x4x70x5");
  expect_near(y, attend(in.q, in.k, in.v, 1 / std::sqrt(8.0), [](auto...) { return 0.0; }));
}

TEST(Attention, AddsFloatMasksAndObeysBoolMasks) {
  const Inputs in;
  const Tensor mask = random_tensor({70, 9}, 4);
  expect_near(run("Attention", {in.q, in.k, in.v, mask}, "{scale=0.5}"),
              attend(in.q, in.k, in.v, 0.5, [&](int64_t, int64_t, int64_t query, int64_t key) {
                return static_cast<double>(mask.as<float>()[static_cast<size_t>(query * 9 + key)]);
              }));
  Tensor allowed = Tensor::allocate(DType::kBool, {2, 1, 1, 9});
  for (size_t i = 0; i < 18; ++i) allowed.mutable_view().as<bool>()[i] = i % 3 != 0;
  expect_near(run("Attention", {in.q, in.k, in.v, allowed}, "{scale=0.5}"),
              attend(in.q, in.k, in.v, 0.5, [](int64_t b, int64_t, int64_t, int64_t key) {
                return (b * 9 + key) % 3 != 0 ? 0.0 : kForbidden;
              }));
}

TEST(Attention, IsCausalAndGivesZerosWhereNothingIsAllowed) {
  const Tensor q = random_tensor({1, 1, 4, 3}, 1), k = random_tensor({1, 1, 4, 3}, 2),
               v = random_tensor({1, 1, 4, 3}, 3);
  expect_near(run("Attention", {q, k, v}, "{is_causal=1}"),
              attend(q, k, v, 1 / std::sqrt(3.0), [](int64_t, int64_t, int64_t query, int64_t key) {
                return key <= query ? 0.0 : kForbidden;
              }));
  const Tensor nothing = Tensor::allocate(DType::kBool, {4, 4});
  expect_near(run("Attention", {q, k, v, nothing}), std::vector<double>(12, 0.0));
}

TEST(Attention, TakesPackedHeads) {
  const Tensor q = random_tensor({2, 3, 12}, 1), k = random_tensor({2, 5, 12}, 2),
               v = random_tensor({2, 5, 18}, 3);
  const auto unpacked = [](const Tensor& x) {
    const Shape& s = x.shape();
    return run("Transpose", {x.reshaped({s[0], s[1], 3, s[2] / 3})}, "{perm=[0,2,1,3]}");
  };
  const Tensor expected = run("Attention", {unpacked(q), unpacked(k), unpacked(v)});
  const Tensor y = run("Attention", {q, k, v}, "{q_num_heads=3, kv_num_heads=3}");
  EXPECT_EQ(y.shape().to_string(), "2x3x18");
  expect_near(y, run("Transpose", {expected}, "{perm=[0,2,1,3]}").reshaped({2, 3, 18}));
}

TEST(Attention, ContinuesFromACache) {
  const Tensor q = random_tensor({1, 2, 2, 4}, 1), k = random_tensor({1, 2, 5, 4}, 2),
               v = random_tensor({1, 2, 5, 4}, 3);
  const auto part = [](const Tensor& x, int64_t from, int64_t to) {
    const auto list = [](int64_t value) {
      return Tensor::from_integers(std::vector<int64_t>{value});
    };
    return run("Slice", {x, list(from), list(to), list(2)});
  };
  const auto outputs = run_all(
      "Attention", {q, part(k, 3, 5), part(v, 3, 5), Tensor(), part(k, 0, 3), part(v, 0, 3)},
      "{is_causal=1}", 3);
  expect_near(outputs[1], k);
  expect_near(outputs[2], v);
  expect_near(outputs[0], attend(q, k, v, 0.5, [](int64_t, int64_t, int64_t query, int64_t key) {
                return key <= query + 3 ? 0.0 : kForbidden;
              }));
}

TEST(Attention, FollowsSymbolicSizes) {
  EXPECT_EQ(
      inferred("Attention", {"n,s,64", "n,t,64", "n,t,64"}, "{q_num_heads=8, kv_num_heads=8}"),
      "f32[n,s,64]");
  EXPECT_EQ(problem_of([] {
              run("Attention",
                  {random_tensor({1, 2, 8}), random_tensor({1, 2, 8}), random_tensor({1, 2, 8})});
            }),
            "op.bad_attribute");
}

}  // namespace
}  // namespace ingot
