// Attention against the reference: ranks, masks, causality, packed inputs, odd sizes.
#include <gtest/gtest.h>

#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

class AttentionStep : public StepTest {
 protected:
  AttentionStep() { tolerance_ = 5e-6F; }
  static Attributes heads(int64_t q, int64_t kv) {
    Attributes attributes;
    attributes.set("q_num_heads", q);
    attributes.set("kv_num_heads", kv);
    return attributes;
  }
};

TEST_F(AttentionStep, FourAxes) {
  for (const int64_t size : {8, 32, 33, 64}) {
    for (const int64_t length : {1, 5, 49, 130}) {
      check("cpu.attention", "Attention", {},
            {random({2, 3, length, size}), random({2, 3, length, size}),
             random({2, 3, length, size})});
    }
  }
  check("cpu.attention", "Attention", {},
        {random({1, 2, 7, 16}), random({1, 2, 45, 16}), random({1, 2, 45, 24})});
}

TEST_F(AttentionStep, ThreeAxesAndSharedKeyHeads) {
  check("cpu.attention", "Attention", heads(4, 4),
        {random({2, 50, 128}), random({2, 50, 128}), random({2, 50, 128})});
  check("cpu.attention", "Attention", heads(6, 2),
        {random({2, 19, 96}), random({2, 70, 32}), random({2, 70, 32})});
  Attributes scaled = heads(2, 2);
  scaled.set("scale", 0.7F);
  check("cpu.attention", "Attention", scaled,
        {random({1, 20, 32}), random({1, 30, 32}), random({1, 30, 32})});
}

TEST_F(AttentionStep, ReadsAPackedTensorInPlace) {
  const Shape part{2, 40, 96};
  check("cpu.attention", "Attention", heads(3, 3), {random(part), random(part), random(part)},
        {{Layout::kPlain, 2, 0, 192}, {Layout::kPlain, 2, 96, 96}, {Layout::kPlain, 2, 192, 0}},
        {{Layout::kPlain, 2, 16, 16}});
}

TEST_F(AttentionStep, MasksBroadcastAndForbid) {
  const Shape q{2, 3, 49, 32};
  for (const Shape& mask : {Shape{49, 49}, Shape{1, 3, 49, 49}, Shape{2, 1, 1, 49},
                            Shape{2, 3, 49, 1}, Shape{2, 1, 49, 49}}) {
    check("cpu.attention", "Attention", {}, {random(q), random(q), random(q), random(mask)});
    Tensor allowed = random(mask, DType::kBool);
    check("cpu.attention", "Attention", {}, {random(q), random(q), random(q), allowed});
  }
  Tensor forbidding = random({49, 49});
  for (size_t i = 0; i < 49 * 49; i += 2) forbidding.mutable_view().as<float>()[i] = -INFINITY;
  for (size_t i = 0; i < 49; ++i) forbidding.mutable_view().as<float>()[i] = -INFINITY;
  check("cpu.attention", "Attention", {}, {random(q), random(q), random(q), forbidding});
}

TEST_F(AttentionStep, CausalQueriesSeeOnlyThePast) {
  Attributes causal;
  causal.set("is_causal", int64_t{1});
  for (const int64_t length : {1, 6, 37, 128}) {
    const Shape shape{2, 2, length, 32};
    check("cpu.attention", "Attention", causal, {random(shape), random(shape), random(shape)});
    check("cpu.attention", "Attention", causal,
          {random(shape), random(shape), random(shape), random({length, length})});
  }
}

TEST_F(AttentionStep, OneThreadAndManyGiveTheSame) {
  const Shape shape{1, 1, 200, 64};
  const Tensor q = random(shape), k = random(shape), v = random(shape);
  threads_ = 1;
  const auto one = run("cpu.attention", "Attention", {}, {q, k, v});
  threads_ = 5;
  const auto many = run("cpu.attention", "Attention", {}, {q, k, v});
  expect_near(one[0], many[0]);
}

}  // namespace
}  // namespace ingot
