// Steps that search, sort, sample and index, against the reference.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

using SelectSteps = StepTest;

constexpr Lies kConstant{Layout::kPlain, -1, 0, 0, true};

Attributes integer(const std::string& name, int64_t value) {
  Attributes attributes;
  attributes.set(name, value);
  return attributes;
}

Tensor list(std::vector<int64_t> values) { return Tensor::from_integers(values); }

/// Few different values, so that many are equal; some NaN, 0 and -0.
Tensor with_ties(Tensor x) {
  for (float& v : x.mutable_view().as<float>()) v = std::round(v * 4) / 4;
  for (size_t i = 7; i < static_cast<size_t>(x.elements()); i += 97) {
    x.mutable_view().as<float>()[i] = NAN;
  }
  return x;
}

TEST_F(SelectSteps, TopKFindsTheBestInOrder) {
  for (const int64_t largest : {0, 1}) {
    for (const int64_t k : {0, 1, 5, 100, 999}) {
      check("cpu.topk", "TopK", integer("largest", largest), {random({3, 1000}), list({k})},
            {{}, kConstant}, {}, 2);
      check("cpu.topk", "TopK", integer("largest", largest),
            {with_ties(random({2, 2, 1000})), list({k})}, {{}, kConstant}, {}, 2);
    }
  }
  check("cpu.topk", "TopK", {}, {random({1, 24000}), list({300})}, {{}, kConstant}, {}, 2);
}

TEST_F(SelectSteps, NmsKeepsTheBestOfOverlappingBoxes) {
  for (const int64_t centers : {0, 1}) {
    const Tensor boxes = random({2, 200, 4}, DType::kF32, 2, centers ? 3 : 0);
    const Tensor scores = random({2, 3, 200}, DType::kF32, 0.3F, 0.4F);
    const Attributes attributes = integer("center_point_box", centers);
    check("cpu.nms", "NonMaxSuppression", attributes,
          {boxes, scores, list({50}), Tensor::from_floats(std::vector<float>{0.3F}, {1}),
           Tensor::from_floats(std::vector<float>{0.5F}, {1})});
    check("cpu.nms", "NonMaxSuppression", attributes, {boxes, scores, list({7})});
    check("cpu.nms", "NonMaxSuppression", attributes, {boxes, scores});
  }
}

TEST_F(SelectSteps, GridSampleReadsWhereTheGridSays) {
  for (const char* mode : {"linear", "nearest"}) {
    for (const char* padding : {"zeros", "border"}) {
      for (const int64_t align : {0, 1}) {
        Attributes attributes = integer("align_corners", align);
        attributes.set("mode", std::string(mode));
        attributes.set("padding_mode", std::string(padding));
        const Tensor x = random({2, 19, 7, 9}), grid = random({2, 13, 11, 2}, DType::kF32, 0.7F);
        tolerance_ = 1e-5F;
        check("cpu.grid_sample", "GridSample", attributes, {x, grid});
        check("cpu.grid_sample", "GridSample", attributes, {x, grid}, {{Layout::kChannelsLast}},
              {{Layout::kChannelsLast}});
      }
    }
  }
}

TEST_F(SelectSteps, GatherElementsAlongAnyAxis) {
  for (int axis = 0; axis < 3; ++axis) {
    for (const DType dtype : {DType::kU8, DType::kF32, DType::kI64}) {
      const Tensor x = random({4, 5, 6}, dtype);
      check("cpu.gather_elements", "GatherElements", integer("axis", axis),
            {x, random_indices({4, 3, 6}, x.shape()[axis])});
      check("cpu.gather_elements", "GatherElements", integer("axis", axis),
            {x, random_indices({4, 5, 6}, x.shape()[axis], DType::kI32)});
    }
  }
  EXPECT_THROW(run("cpu.gather_elements", "GatherElements", {},
                   {random({3, 1}), list({3}).reshaped({1, 1})}),
               Error);
}

TEST_F(SelectSteps, ScatterNDReplacesBlocks) {
  // Different tuples, so that the order of writing does not matter.
  check("cpu.scatter_nd", "ScatterND", {},
        {random({5, 4, 3}), list({0, 4, -2}).reshaped({3, 1}), random({3, 4, 3})});
  check("cpu.scatter_nd", "ScatterND", {},
        {random({5, 4, 3}, DType::kI64), list({0, 1, 4, 3, -1, -4}).reshaped({3, 2}),
         random({3, 3}, DType::kI64)});
  in_place_input_ = 0;
  check("cpu.scatter_nd", "ScatterND", {},
        {random({9}), list({2, 8}).reshaped({2, 1}), random({2})});
  in_place_input_ = -1;
  EXPECT_THROW(run("cpu.scatter_nd", "ScatterND", {},
                   {random({9}), list({9}).reshaped({1, 1}), random({1})}),
               Error);
}

TEST_F(SelectSteps, CumSumAlongAnyAxis) {
  for (const DType dtype : {DType::kF32, DType::kI32, DType::kI64}) {
    for (int64_t axis = 0; axis < 3; ++axis) {
      for (const int64_t flag : {0, 1}) {
        check("cpu.cumsum", "CumSum", integer("exclusive", flag),
              {random({3, 40, 150}, dtype), Tensor::scalar_i64(axis)}, {{}, kConstant});
        check("cpu.cumsum", "CumSum", integer("reverse", flag),
              {random({3, 4, 5}, dtype), Tensor::scalar_i64(axis - 3)}, {{}, kConstant});
      }
    }
  }
}

TEST_F(SelectSteps, CastsBetweenAllTypes) {
  const DType types[] = {DType::kF32, DType::kF16, DType::kBF16, DType::kI32,
                         DType::kI64, DType::kU8,  DType::kI8,   DType::kBool};
  for (const DType from : types) {
    for (const DType to : types) {
      SCOPED_TRACE(dtype_name(from));
      Attributes attributes;
      attributes.set("to", to);
      check("cpu.cast", "Cast", attributes, {random({7, 33}, from, 20)});
    }
  }
  Attributes attributes;
  attributes.set("to", DType::kF16);
  check("cpu.cast", "Cast", attributes, {random({2, 12, 3, 5})}, {{Layout::kBlocked8}},
        {{Layout::kBlocked8}});
}

TEST_F(SelectSteps, ComparesIntegersExactly) {
  Tensor a = random({4, 70}, DType::kI64), b = random({70}, DType::kI64);
  // Neighbours beyond 2^24, which are one float.
  a.mutable_view().as<int64_t>()[0] = (int64_t{1} << 40) + 1;
  b.mutable_view().as<int64_t>()[0] = int64_t{1} << 40;
  for (const char* op : {"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}) {
    check("cpu.compare", op, {}, {a, b});
    check("cpu.compare", op, {}, {random({3, 1, 5}, DType::kI32), random({4, 1}, DType::kI32)});
  }
  check("cpu.compare", "Equal", {}, {random({9}, DType::kBool), random({9}, DType::kBool)});
}

TEST_F(SelectSteps, ArgMaxAndArgMinTakeTheFirstOrLast) {
  for (const char* op : {"ArgMax", "ArgMin"}) {
    for (const int64_t last : {0, 1}) {
      for (int64_t axis = 0; axis < 3; ++axis) {
        Attributes attributes = integer("axis", axis);
        attributes.set("select_last_index", last);
        check("cpu.arg_reduce", op, attributes, {random({4, 19, 37})});
        Tensor x = random({3, 21, 100});
        for (float& v : x.mutable_view().as<float>()) v = std::round(v * 2);
        check("cpu.arg_reduce", op, attributes, {x});
      }
    }
    check("cpu.arg_reduce", op, integer("axis", 1), {with_ties(random({6, 300}))});
    check("cpu.arg_reduce", op, integer("axis", 0), {with_ties(random({30, 60}))});
  }
}

}  // namespace
}  // namespace ingot
