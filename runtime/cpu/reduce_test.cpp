// Reductions against the reference: every subset of axes, in all layouts.
#include <gtest/gtest.h>

#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

using ReduceSteps = StepTest;

constexpr const char* kOps[] = {"ReduceSum", "ReduceMean", "ReduceMax",       "ReduceMin",
                                "ReduceL1",  "ReduceL2",   "ReduceSumSquare", "ReduceProd"};

TEST_F(ReduceSteps, ReducesEverySubsetOfAxes) {
  for (const char* op : kOps) {
    for (int mask = 1; mask < 16; ++mask) {
      std::vector<int64_t> axes;
      for (int axis = 0; axis < 4; ++axis) {
        if (mask >> axis & 1) axes.push_back(axis);
      }
      for (const int64_t keep : {0, 1}) {
        Attributes attributes;
        attributes.set("keepdims", keep);
        const Tensor x = random({2, 3, 5, 9});
        const Lies constant{Layout::kPlain, -1, 0, 0, true};
        check("cpu.reduce", op, attributes, {x, Tensor::from_integers(axes)}, {{}, constant});
        check("cpu.reduce", op, attributes, {x, Tensor::from_integers(axes)},
              {{Layout::kChannelsLast}, constant},
              {{keep ? Layout::kChannelsLast : Layout::kPlain}});
      }
    }
    check("cpu.reduce", op, {}, {random({7})});
  }
}

TEST_F(ReduceSteps, KeepsItsDigitsOverLongRows) {
  tolerance_ = 1e-6F;
  const Lies constant{Layout::kPlain, -1, 0, 0, true};
  for (const int64_t axis : {0, 1}) {
    check("cpu.reduce", "ReduceMean", {},
          {random({3000, 1001}, DType::kF32, 1, 10),
           Tensor::from_integers(std::vector<int64_t>{axis})},
          {{}, constant});
  }
  check("cpu.reduce", "ReduceMean", {}, {random({700, 1001}, DType::kF32, 1, 10)});
}

TEST_F(ReduceSteps, ReadsWindows) {
  const Lies constant{Layout::kPlain, -1, 0, 0, true};
  for (int axis = 0; axis < 3; ++axis) {
    check("cpu.reduce", "ReduceMax", {},
          {random({4, 5, 6}), Tensor::from_integers(std::vector<int64_t>{1})},
          {{Layout::kPlain, axis, 2, 3}, constant});
  }
}

TEST_F(ReduceSteps, GlobalPoolsWorkInEveryLayout) {
  for (const Layout layout :
       {Layout::kPlain, Layout::kChannelsLast, Layout::kBlocked8, Layout::kBlocked16}) {
    for (const Shape& shape : {Shape{2, 32, 7, 7}, Shape{1, 19, 5, 3}, Shape{1, 300, 4, 4}}) {
      check("cpu.reduce", "GlobalAveragePool", {}, {random(shape)}, {{layout}}, {{layout}});
      check("cpu.reduce", "GlobalMaxPool", {}, {random(shape, DType::kF32, 1, 2)}, {{layout}},
            {{layout}});
    }
  }
}

}  // namespace
}  // namespace ingot
