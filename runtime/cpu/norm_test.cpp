// Softmax and normalisation steps against the reference.
#include <gtest/gtest.h>

#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

using NormSteps = StepTest;

Attributes integer(const std::string& name, int64_t value) {
  Attributes attributes;
  attributes.set(name, value);
  return attributes;
}

TEST_F(NormSteps, SoftmaxRunsAlongAnyAxis) {
  for (const char* kind : {"cpu.softmax", "dnnl.softmax"}) {
    tolerance_ = std::string(kind) == "cpu.softmax" ? 2e-6F : 5e-6F;
    for (const char* op : {"Softmax", "LogSoftmax"}) {
      for (int axis = 0; axis < 4; ++axis) {
        check(kind, op, integer("axis", axis), {random({2, 5, 16, 35}, DType::kF32, 5)});
      }
      check(kind, op, integer("axis", -1), {random({3, 1003}, DType::kF32, 20)});
      check(kind, op, integer("axis", -1), {random({300, 3})});
    }
  }
  check("cpu.softmax", "Softmax", integer("axis", 2), {random({1, 4, 16, 840})});
}

TEST_F(NormSteps, SoftmaxTakesMaskedScores) {
  Tensor x = random({4, 50});
  for (size_t i = 0; i < 200; i += 3) x.mutable_view().as<float>()[i] = -INFINITY;
  check("cpu.softmax", "Softmax", integer("axis", -1), {x});
  check("cpu.softmax", "Softmax", integer("axis", 0), {x});
}

TEST_F(NormSteps, LayerNormalizationOverTheLastAxes) {
  for (const char* kind : {"cpu.layer_norm", "dnnl.layer_norm"}) {
    for (const int64_t n : {1, 7, 64, 96, 771}) {
      // Far from 0 and narrow: a one-pass variance would be all rounding errors.
      const Tensor x = random({3, 5, n}, DType::kF32, 1, n > 1 ? 100 : 1);
      tolerance_ = 5e-5F;
      check(kind, "LayerNormalization", {}, {x, random({n}), random({n})});
      tolerance_ = 3e-6F;
      check(kind, "LayerNormalization", {}, {random({3, 5, n}), random({n})});
    }
  }
  check("cpu.layer_norm", "LayerNormalization", integer("axis", 1),
        {random({3, 5, 6}), random({5, 6}), random({5, 6})});
  for (const int64_t n : {5, 64, 333}) {
    check("cpu.layer_norm", "RMSNormalization", {}, {random({4, 3, n}), random({n})});
  }
}

TEST_F(NormSteps, GroupAndInstanceNormalization) {
  tolerance_ = 5e-6F;
  check("cpu.group_norm", "GroupNormalization", integer("num_groups", 4),
        {random({2, 12, 5, 7}), random({12}), random({12})});
  check("cpu.group_norm", "InstanceNormalization", {},
        {random({2, 6, 31, 17}), random({6}), random({6})});
}

}  // namespace
}  // namespace ingot
