// The pointwise step against the reference: every operation, broadcast, layout, window and type.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runtime/cpu/kernels/pointwise_table.h"
#include "runtime/cpu/step_test_fixture.h"

namespace ingot {
namespace {

using PointwiseStep = StepTest;

Attributes pointwise(const std::string& expression, DType dtype = DType::kF32) {
  Attributes attributes;
  attributes.set("expression", Expression::parse(expression));
  attributes.set("dtype", dtype);
  return attributes;
}

const std::vector<Layout> kLayouts = {Layout::kPlain, Layout::kChannelsLast, Layout::kBlocked8,
                                      Layout::kBlocked16};

TEST_F(PointwiseStep, EveryOperationAgreesWithItsMeaningInEveryInstructionSet) {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> a = {0,      -0.0F,  1,   -1,    0.5F,  -0.5F, 2.5F, 3.5F, 1e-5F,
                          -1e-5F, 1e-20F, 20,  -20,   88,    -87,   -103, 100,  1e30F,
                          inf,    -inf,   NAN, 0.62F, 0.63F, 0.93F, 4.1F};
  std::normal_distribution<float> normal(0, 3);
  while (a.size() < 211) a.push_back(normal(generator_));
  std::vector<float> b = a, c = a;
  std::shuffle(b.begin(), b.end(), generator_);
  std::shuffle(c.begin(), c.end(), generator_);
  std::vector<Isa> sets = {Isa::kGeneric};
  if (kernel_isa() != Isa::kGeneric) sets.push_back(Isa::kAvx2);
  if (kernel_isa() == Isa::kAvx512) sets.push_back(Isa::kAvx512);
  for (const Isa isa : sets) {
    for (size_t i = 2; i < kScalarOpCount; ++i) {
      const auto op = static_cast<ScalarOp>(i);
      const int operands = scalar_op_info(op).operands;
      for (int scalars = 0; scalars < 1 << operands; ++scalars) {
        const TileFunction function = ingot::pointwise(isa).find(static_cast<int>(i), scalars);
        if (function == nullptr) continue;
        std::vector<float> y(a.size());
        function(a.data(), b.data(), c.data(), y.data(), static_cast<int64_t>(y.size()));
        for (size_t k = 0; k < y.size(); ++k) {
          const float x0 = scalars & 1 ? a[0] : a[k], x1 = scalars & 2 ? b[0] : b[k];
          const float x2 = scalars & 4 ? c[0] : c[k];
          // -inf * sigmoid(-inf) is NaN by the letter and -0 in the limit: nothing to agree on.
          if (op == ScalarOp::kSilu && x0 == -inf) continue;
          const float want = evaluate_scalar(op, x0, x1, x2);
          if (std::isnan(want) && std::isnan(y[k])) continue;
          if (want == y[k]) continue;
          const float error = std::fabs(want - y[k]);
          EXPECT_LE(error, 1e-6F * std::max(1.0F, std::fabs(want)))
              << scalar_op_info(op).name << "(" << x0 << ", " << x1 << ", " << x2 << ") isa "
              << static_cast<int>(isa) << ": expected " << want << ", got " << y[k];
        }
      }
    }
  }
}

TEST_F(PointwiseStep, AddsAResidualAndAChannelBiasInEveryLayout) {
  for (const Layout layout : kLayouts) {
    for (const Shape& shape : {Shape{2, 16, 5, 7}, Shape{1, 19, 3, 3}, Shape{3, 1, 4, 4},
                               Shape{2, 32, 1, 1}, Shape{1, 24, 40, 40}, Shape{2, 3, 33, 65}}) {
      SCOPED_TRACE(std::string(layout_name(layout)) + " " + shape.to_string());
      const Tensor bias = random({shape[1], 1, 1});
      const Lies lie{layout};
      check("cpu.pointwise", "Pointwise", pointwise("silu(add(add(in0,in1),in2))"),
            {random(shape), random(shape), bias}, {lie, lie}, {lie});
    }
  }
}

TEST_F(PointwiseStep, KeepsThePaddingOfBlockedLayoutsZeroAlsoWhereTheFunctionIsNot) {
  const Lies lie{Layout::kBlocked8};
  check("cpu.pointwise", "Exp", {}, {random({2, 13, 6, 5})}, {lie}, {lie});
  check("cpu.pointwise", "Pointwise", pointwise("add(exp(in0),in1)"),
        {random({2, 13, 6, 5}), random({2, 13, 1, 1})}, {lie}, {lie});
  check("cpu.pointwise", "Pointwise", pointwise("add(exp(in0),in1)"),
        {random({2, 13, 6, 5}), random({13, 6, 5})}, {lie}, {lie});
  check("cpu.pointwise", "Pointwise", pointwise("mul(exp(in0),in1)"),
        {random({2, 13, 6, 5}), random({2, 13, 1, 1})}, {lie, lie}, {lie});
}

TEST_F(PointwiseStep, BroadcastsEveryAxis) {
  const Shape full{2, 3, 4, 5};
  for (int mask = 0; mask < 16; ++mask) {
    Shape small = full;
    for (int axis = 0; axis < 4; ++axis) {
      if (mask >> axis & 1) small[axis] = 1;
    }
    for (const Layout layout : kLayouts) {
      SCOPED_TRACE(small.to_string());
      check("cpu.pointwise", "Sub", {}, {random(full), random(small)}, {{layout}}, {{layout}});
      check("cpu.pointwise", "Sub", {}, {random(small), random(full)}, {{}, {layout}}, {{layout}});
    }
  }
  check("cpu.pointwise", "Add", {}, {random({4, 1, 3}), random({5, 1})});
  check("cpu.pointwise", "Mul", {}, {random({}), random({})});
  check("cpu.pointwise", "Add", {}, {random({700, 300}), random({300})});
  check("cpu.pointwise", "Add", {}, {random({3, 2000}), random({3, 1})});
  check("cpu.pointwise", "Add", {}, {random({2, 12, 49, 49}), random({1, 12, 49, 49})});
  check("cpu.pointwise", "Add", {}, {random({0, 3}), random({3})});
}

TEST_F(PointwiseStep, ReadsAndWritesWindows) {
  const Shape shape{2, 16, 6, 10};
  for (const Layout layout : kLayouts) {
    for (int axis = 1; axis < 4; ++axis) {
      const Lies window{layout, axis, 16, 32};
      check("cpu.pointwise", "Pointwise", pointwise("relu(add(in0,in1))"),
            {random(shape), random(shape)}, {window, {layout}}, {{layout}});
      check("cpu.pointwise", "Pointwise", pointwise("relu(add(in0,in1))"),
            {random(shape), random(shape)}, {{layout}, window}, {window});
    }
  }
}

TEST_F(PointwiseStep, WorksInPlace) {
  in_place_input_ = 1;
  check("cpu.pointwise", "Pointwise", pointwise("sub(mul(in0,2.0),gelu(in1))"),
        {random({37, 129}), random({37, 129})});
  in_place_input_ = 0;
  const Lies lie{Layout::kBlocked8};
  check("cpu.pointwise", "Pointwise", pointwise("add(silu(in0),in1)"),
        {random({1, 20, 9, 9}), random({1, 20, 9, 9})}, {lie, lie}, {lie});
}

TEST_F(PointwiseStep, ConvertsOtherTypes) {
  tolerance_ = 1e-2F;
  for (const DType dtype : {DType::kF16, DType::kBF16}) {
    check("cpu.pointwise", "Pointwise", pointwise("sigmoid(add(in0,in1))", dtype),
          {random({5, 77}, dtype), random({77}, dtype)});
    check("cpu.pointwise", "Pointwise", pointwise("mul(in0,in1)", DType::kF32),
          {random({5, 77}, dtype), random({5, 1}, DType::kF32)});
  }
  check("cpu.pointwise", "Where", {},
        {random({4, 1, 9}, DType::kBool), random({5, 9}), random({4, 5, 9})});
  check("cpu.pointwise", "Greater", {}, {random({4, 65}), random({4, 65})});
  check("cpu.pointwise", "Less", {}, {random({4, 65}, DType::kI64), random({1}, DType::kI64)});
  check("cpu.pointwise", "Not", {}, {random({4, 65}, DType::kBool)});
}

TEST_F(PointwiseStep, QuantisesRoundingHalvesToEvenAndSaturating) {
  // Powers of two scale without an error, so that halves are halves and nothing may be off by one.
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    for (const Layout layout : kLayouts) {
      for (const Shape& shape : {Shape{2, 13, 6, 5}, Shape{1, 64, 7, 9}}) {
        SCOPED_TRACE(std::string(layout_name(layout)) + " " + shape.to_string());
        Tensor x = Tensor::allocate(DType::kF32, shape);
        for (size_t i = 0; i < static_cast<size_t>(shape.elements()); ++i) {
          x.mutable_view().as<float>()[i] = 0.125F * static_cast<float>(generator_() % 700) - 40;
        }
        float* values = x.mutable_view().as<float>().data();
        const float inf = std::numeric_limits<float>::infinity();
        for (const float odd : {NAN, inf, -inf, 3e9F, -3e9F, -0.0F}) *values++ = odd;
        const Lies lie{layout};
        check("cpu.pointwise", "Pointwise", pointwise("mul(in0,4.0)", dtype), {x}, {lie}, {lie});
        check("cpu.pointwise", "Pointwise", pointwise("add(mul(in0,4.0),11.0)", dtype), {x}, {lie},
              {lie});
        const Lies window{layout, 1, 16, 32};
        check("cpu.pointwise", "Pointwise", pointwise("min(mul(in0,4.0),127.0)", dtype), {x},
              {window}, {window});
      }
    }
  }
}

TEST_F(PointwiseStep, ReadsAndWritesBytesInPlace) {
  const Shape shape{2, 24, 9, 7};
  const Tensor a = random_bytes(shape, DType::kI8, -128, 127);
  const Tensor b = random_bytes(shape, DType::kU8, 0, 255);
  check("cpu.pointwise", "Pointwise", pointwise("mul(sub(in0,3.0),0.25)", DType::kF32), {a});
  check("cpu.pointwise", "Pointwise", pointwise("mul(sub(in0,in1),0.25)", DType::kF16),
        {b, random_bytes({24, 1, 1}, DType::kU8, 0, 255)});
  for (const Layout layout : kLayouts) {
    const Lies lie{layout};
    in_place_input_ = 0;
    check("cpu.pointwise", "Pointwise", pointwise("add(mul(in0,0.5),mul(in1,0.25))", DType::kI8),
          {a, b}, {lie, lie}, {lie});
    in_place_input_ = 1;
    check("cpu.pointwise", "Pointwise", pointwise("add(mul(in0,0.5),mul(in1,0.25))", DType::kU8),
          {a, b}, {lie, lie}, {lie});
  }
}

TEST_F(PointwiseStep, TakesConstantsFromAttributes) {
  const Tensor x = random({3, 50}, DType::kF32, 4);
  Attributes alpha;
  alpha.set("alpha", 0.3F);
  for (const char* op : {"LeakyRelu", "Elu", "HardSigmoid", "Swish"}) {
    check("cpu.pointwise", op, alpha, {x});
  }
  Attributes tanh;
  tanh.set("approximate", std::string("tanh"));
  check("cpu.pointwise", "Gelu", tanh, {x});
  check("cpu.pointwise", "Clip", {}, {x, Tensor::scalar_f32(-1), Tensor::scalar_f32(2)});
  check("cpu.pointwise", "Clip", {}, {x, Tensor(), Tensor::scalar_f32(2)});
  check("cpu.pointwise", "Max", {}, {x, random({3, 50}), random({50})});
  check("cpu.pointwise", "PRelu", {}, {x, random({3, 1})});
}

TEST_F(PointwiseStep, ComputesExpressionsWithSharedAndScalarParts) {
  const Tensor x = random({6, 300}), y = random({6, 300}), s = random({1});
  for (const char* text :
       {"let t=exp(in0);div(t,add(t,1.0))", "add(mul(in2,in2),in0)",
        "add(mul(2.0,in0),mul(3.0,in1))", "select(greater(in0,in1),in2,in0)", "select(1.0,in0,in1)",
        "sub(1.0,in0)", "in0", "in2", "pow(in0,2.0)", "clip(in0,in1,in2)",
        "add(add(mul(in0,in1),mul(in0,in0)),mul(in1,in1))",
        "let a=mul(in0,in1);let b=add(a,in0);let c=sub(b,a);add(mul(a,b),mul(c,in2))"}) {
    SCOPED_TRACE(text);
    check("cpu.pointwise", "Pointwise", pointwise(text), {x, y, s});
  }
}

}  // namespace
}  // namespace ingot
