// Steps that only move elements, against the reference, in all layouts, windows and element sizes.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

using MoveSteps = StepTest;

constexpr Layout kAll[] = {Layout::kPlain, Layout::kChannelsLast, Layout::kBlocked8,
                           Layout::kBlocked16};
constexpr DType kSizes[] = {DType::kU8, DType::kF16, DType::kF32, DType::kI64};

Attributes integers(const std::string& name, std::vector<int64_t> values) {
  Attributes attributes;
  attributes.set(name, std::move(values));
  return attributes;
}

Attributes integer(const std::string& name, int64_t value) {
  Attributes attributes;
  attributes.set(name, value);
  return attributes;
}

Lies constant() { return {Layout::kPlain, -1, 0, 0, true}; }

Tensor list(std::vector<int64_t> values) { return Tensor::from_integers(values); }

TEST_F(MoveSteps, CopyConvertsEveryLayoutToEveryOther) {
  for (const Layout from : kAll) {
    for (const Layout to : kAll) {
      for (const Shape& shape : {Shape{2, 32, 5, 7}, Shape{1, 3, 9, 17}, Shape{2, 43, 4, 4},
                                 Shape{1, 24, 33}, Shape{2, 8, 3, 4, 5}, Shape{1, 1, 3, 3}}) {
        SCOPED_TRACE(std::string(layout_name(from)) + " to " + std::string(layout_name(to)) + " " +
                     shape.to_string());
        for (const DType dtype : kSizes) {
          check("cpu.copy", "Identity", {}, {random(shape, dtype)}, {{from}}, {{to}});
        }
      }
    }
  }
}

TEST_F(MoveSteps, CopyMovesWindows) {
  for (const Layout from : kAll) {
    for (const Layout to : kAll) {
      for (int axis = 0; axis < 4; ++axis) {
        check("cpu.copy", "Identity", {}, {random({2, 16, 6, 9})}, {{from, axis, 16, 16}},
              {{to, 3 - axis, 32, 16}});
      }
    }
  }
  check("cpu.copy", "Identity", {}, {random({300, 301})}, {{Layout::kPlain, 1, 3, 5}});
  check("cpu.copy", "Identity", {}, {random({1 << 17})});
  check("cpu.copy", "Identity", {}, {random({})});
}

TEST_F(MoveSteps, ConcatJoinsAlongAnyAxisInAnyLayout) {
  for (const Layout layout : kAll) {
    for (int axis = 0; axis < 4; ++axis) {
      Shape a{2, 16, 5, 6}, b = a;
      b[axis] = 32;
      const Lies lie{layout};
      check("cpu.concat", "Concat", integer("axis", axis), {random(a), random(b), random(a)},
            {lie, lie, lie}, {lie});
      check("cpu.concat", "Concat", integer("axis", axis - 4), {random(a), random(b)}, {lie, lie},
            {{layout, 3, 4, 4}});
    }
  }
  check("cpu.concat", "Concat", integer("axis", 1),
        {random({2, 3, 4}, DType::kI64), random({2, 0, 4}, DType::kI64),
         random({2, 5, 4}, DType::kI64)});
  EXPECT_THROW(run("cpu.concat", "Concat", integer("axis", 1),
                   {random({1, 12, 2, 2}), random({1, 8, 2, 2})}, {}, {{Layout::kBlocked8}}),
               Error);
}

TEST_F(MoveSteps, SplitCutsAlongAnyAxis) {
  for (const Layout layout : kAll) {
    const Lies lie{layout};
    check("cpu.split", "Split", integer("axis", 1), {random({2, 48, 3, 5})}, {lie}, {lie, lie, lie},
          3);
    check("cpu.split", "Split", integer("axis", 3), {random({2, 19, 3, 9}), list({2, 7})},
          {lie, constant()}, {lie, lie}, 2);
  }
  check("cpu.split", "Split", integer("axis", -1), {random({7, 10}, DType::kF16), list({1, 3, 6})},
        {{}, constant()}, {}, 3);
}

TEST_F(MoveSteps, SliceTakesRangesForwardsAndBackwards) {
  const std::vector<Lies> constants = {{}, constant(), constant(), constant(), constant()};
  for (const DType dtype : kSizes) {
    const Tensor x = random({4, 10, 9}, dtype);
    check("cpu.slice", "Slice", {}, {x, list({1, 2}), list({3, 9})}, constants);
    check("cpu.slice", "Slice", {}, {x, list({-1}), list({-1000}), list({2}), list({-1})},
          constants);
    check("cpu.slice", "Slice", {}, {x, list({-3, 1}), list({1000, 8}), list({1, 2}), list({1, 3})},
          constants);
    check("cpu.slice", "Slice", {}, {x, list({7}), list({1}), list({1}), list({-2})}, constants);
    check("cpu.slice", "Slice", {}, {x, list({5}), list({2}), list({1})}, constants);
  }
  for (const Layout layout : kAll) {
    check("cpu.slice", "Slice", {},
          {random({2, 48, 8, 10}), list({16, 0, 1}), list({40, 8, 10}), list({1, 2, 3}),
           list({1, 2, 3})},
          {{layout}, constant(), constant(), constant(), constant()}, {{layout}});
  }
}

TEST_F(MoveSteps, TransposeTakesEveryPermutationOfFourAxes) {
  std::vector<int64_t> perm = {0, 1, 2, 3};
  do {
    for (const DType dtype : kSizes) {
      SCOPED_TRACE(Shape(perm).to_string());
      check("cpu.transpose", "Transpose", integers("perm", perm), {random({3, 17, 4, 10}, dtype)});
    }
  } while (std::next_permutation(perm.begin(), perm.end()));
  check("cpu.transpose", "Transpose", {}, {random({65, 130})});
  check("cpu.transpose", "Transpose", integers("perm", {0, 2, 1, 3}), {random({1, 197, 3, 64})});
  check("cpu.transpose", "Transpose", integers("perm", {0, 2, 3, 1}), {random({1, 19, 5, 6})},
        {{Layout::kChannelsLast}});
  check("cpu.transpose", "Transpose", integers("perm", {0, 3, 1, 2}), {random({1, 5, 6, 19})}, {},
        {{Layout::kChannelsLast}});
  check("cpu.transpose", "Transpose", integers("perm", {0, 1, 3, 2, 4}),
        {random({2, 3, 4, 5, 2}, DType::kF64)});
}

TEST_F(MoveSteps, PadAddsAndCutsBorders) {
  const std::vector<Lies> lies = {{}, constant(), constant(), constant()};
  check("cpu.pad", "Pad", {}, {random({2, 3, 4, 5}), list({0, 1, 2, 3, 1, 0, 3, 2})}, lies);
  check("cpu.pad", "Pad", {},
        {random({2, 3, 4, 5}), list({0, 0, -1, 2, 0, 0, 2, -3}), Tensor::scalar_f32(-7)}, lies);
  check("cpu.pad", "Pad", {},
        {random({2, 3, 9}, DType::kI64), list({2, 1}), Tensor::scalar_i64(5), list({-1})}, lies);
  check("cpu.pad", "Pad", {}, {random({2, 6, 7, 5}), list({0, 0, 1, 1, 0, 2, 1, 1})},
        {{Layout::kChannelsLast}, constant()}, {{Layout::kChannelsLast}});
}

TEST_F(MoveSteps, ExpandAndTileRepeat) {
  for (const DType dtype : kSizes) {
    check("cpu.expand", "Expand", {}, {random({3, 1, 5}, dtype), list({2, 3, 4, 5})});
    check("cpu.expand", "Expand", {}, {random({1}, dtype), list({7, 33})});
    check("cpu.expand", "Expand", {}, {random({4, 1}, dtype), list({1, 37})});
    check("cpu.tile", "Tile", {}, {random({2, 3, 5}, dtype), list({3, 1, 2})}, {{}, constant()});
  }
}

TEST_F(MoveSteps, GatherPicksRowsAndElements) {
  for (const DType dtype : kSizes) {
    for (int axis = 0; axis < 3; ++axis) {
      const Tensor x = random({6, 5, 7}, dtype);
      check("cpu.gather", "Gather", integer("axis", axis),
            {x, random_indices({2, 3}, x.shape()[axis])});
      check("cpu.gather", "Gather", integer("axis", axis),
            {x, random_indices({}, x.shape()[axis], DType::kI32)});
    }
  }
  check("cpu.gather", "Gather", {}, {random({1000, 64}), random_indices({4, 128}, 1000)});
}

TEST_F(MoveSteps, GatherRefusesAnIndexOutOfRange) {
  EXPECT_THROW(run("cpu.gather", "Gather", {}, {random({6, 5}), list({0, 6})}), Error);
  EXPECT_THROW(run("cpu.gather", "Gather", {}, {random({6, 5}), list({-7})}), Error);
}

TEST_F(MoveSteps, WhereChoosesAmongAnyType) {
  for (const DType dtype : kSizes) {
    check("cpu.where", "Where", {},
          {random({4, 1, 9}, DType::kBool), random({5, 9}, dtype), random({4, 5, 1}, dtype)});
    check("cpu.where", "Where", {},
          {random({4, 100}, DType::kBool), random({}, dtype), random({4, 100}, dtype)});
  }
}

}  // namespace
}  // namespace ingot
