// Pointwise clusters, elementwise operators and casts on the GPU.
#include "tests/gpu/gpu_step_test.h"

namespace ingot {
namespace {

class PointwiseOnGpu : public GpuStepTest {
 protected:
  Attributes expression(const std::string& text, DType dtype = DType::kUndefined) {
    Attributes attributes;
    attributes.set("expression", Expression::parse(text));
    if (dtype != DType::kUndefined) attributes.set("dtype", dtype);
    return attributes;
  }
};

TEST_F(PointwiseOnGpu, AddsTensorsOfAllFloatsInAllLayouts) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    check("Add", "{}", {random({2, 16, 5, 6}, dtype), random({2, 16, 5, 6}, dtype)},
          {.tactic = "jit.pointwise", .min_candidates = 2});
  }
}

TEST_F(PointwiseOnGpu, BroadcastsChannelsRowsColumnsAndScalars) {
  const Tensor x = random({2, 24, 4, 6}, DType::kF16);
  const GpuCheck options{.tactic = "jit.pointwise", .min_candidates = 4};
  check("Mul", "{}", {x, constant(random({24, 1, 1}, DType::kF16))}, options);
  check("Mul", "{}", {x, random({2, 24, 1, 1}, DType::kF16)}, options);
  check("Mul", "{}", {random({6}, DType::kF16), x}, options);
  check("Mul", "{}", {x, random({4, 1}, DType::kF16)}, options);
  check("Mul", "{}", {x, constant(random({}, DType::kF16))}, options);
  check("Mul", "{}", {random({5, 1, 8}), random({3, 1})}, {.tactic = "jit.pointwise"});
  // Neither operand has all elements.
  check("Add", "{}", {random({1, 3, 1, 8}), random({2, 1, 4, 1})}, {.tactic = "jit.pointwise"});
}

TEST_F(PointwiseOnGpu, DoesOddSizesAndSingleElements) {
  for (const Shape& shape : {Shape{1}, Shape{7}, Shape{1023}, Shape{3, 5, 7}, Shape{1, 1, 1, 1},
                             Shape{2, 3, 7, 7}, Shape{}, Shape{1, 8, 1, 1}}) {
    check("Sigmoid", "{}", {random(shape, DType::kF16, 4)}, {.tactic = "jit.pointwise"});
  }
  check("Sigmoid", "{}", {random({0, 4})}, {.tactic = "jit.pointwise"});
}

TEST_F(PointwiseOnGpu, DoesManyVectorsToAThread) {
  check("Neg", "{}", {random({1 << 19}, DType::kF16)}, {.tactic = "jit.pointwise"});
  check("Neg", "{}", {random({(1 << 19) + 3}, DType::kF16)}, {.tactic = "jit.pointwise"});
}

TEST_F(PointwiseOnGpu, ComputesClustersOfMixedTypes) {
  const Shape shape{2, 16, 3, 5};
  check("Pointwise", expression("let t=add(mul(in0,in1),in2);mul(t,sigmoid(t))", DType::kF16),
        {random(shape, DType::kF16), constant(random({16, 1, 1})), random(shape, DType::kBF16)},
        {.tactic = "jit.pointwise"});
  check("Pointwise", expression("select(less(in0,in1),in0,in2)", DType::kF32),
        {random(shape, DType::kF16), random(shape), random(shape, DType::kI64)},
        {.tactic = "jit.pointwise"});
  check("Pointwise", expression("and(greater(in0,-0.5),less(in0,0.5))", DType::kBool),
        {random(shape)}, {.tactic = "jit.pointwise"});
}

TEST_F(PointwiseOnGpu, ComputesManyInputs) {
  std::string sum = "in0";
  std::vector<GpuInput> inputs = {random({3, 64}, DType::kF16)};
  for (int i = 1; i < 20; ++i) {
    sum = "add(" + sum + ",in" + std::to_string(i) + ")";
    inputs.emplace_back(random({3, 64}, DType::kF16, 0.1F));
    if (i == 5 || i == 11 || i == 19) {
      check("Pointwise", expression(sum), inputs, {.tactic = "jit.pointwise"});
    }
  }
}

/// One expression that computes another of `operations` in each row: in2 is the row's number. One
/// kernel is compiled for all of them.
std::string by_row(const std::vector<std::string>& operations) {
  std::string text = operations[0];
  for (size_t i = 1; i < operations.size(); ++i) {
    text = "select(equal(in2," + std::to_string(i) + ")," + operations[i] + "," + text + ")";
  }
  return text;
}

Tensor row_numbers(size_t count) {
  Tensor numbers = Tensor::allocate(DType::kF32, {static_cast<int64_t>(count), 1});
  for (size_t i = 0; i < count; ++i) numbers.mutable_view().as<float>()[i] = static_cast<float>(i);
  return numbers;
}

TEST_F(PointwiseOnGpu, ComputesEveryOperation) {
  const std::vector<std::string> of_positive = {"log(in0)",      "sqrt(in0)",    "rsqrt(in0)",
                                                "pow(in0,in1)",  "pow(in0,2.5)", "reciprocal(in0)",
                                                "pow(in0,-1.5)", "div(in1,in0)"};
  const std::vector<std::string> of_all = {"abs(in0)",
                                           "neg(in0)",
                                           "exp(in0)",
                                           "erf(in0)",
                                           "tanh(in0)",
                                           "sigmoid(in0)",
                                           "relu(in0)",
                                           "silu(in0)",
                                           "gelu(in0)",
                                           "gelu_tanh(in0)",
                                           "hard_swish(in0)",
                                           "softplus(in0)",
                                           "softsign(in0)",
                                           "mish(in0)",
                                           "floor(in0)",
                                           "ceil(in0)",
                                           "round(in0)",
                                           "sign(in0)",
                                           "sin(in0)",
                                           "cos(in0)",
                                           "not(in0)",
                                           "is_nan(in0)",
                                           "add(in0,in1)",
                                           "sub(in0,in1)",
                                           "mul(in0,in1)",
                                           "min(in0,in1)",
                                           "max(in0,in1)",
                                           "pow(in0,2)",
                                           "pow(in0,3)",
                                           "less(in0,in1)",
                                           "greater(in0,in1)",
                                           "equal(in0,in1)",
                                           "less_or_equal(in0,in1)",
                                           "greater_or_equal(in0,in1)",
                                           "and(in0,in1)",
                                           "or(in0,in1)",
                                           "xor(in0,in1)",
                                           "prelu(in0,in1)",
                                           "elu(in0,in1)",
                                           "select(in0,in1,2)",
                                           "clip(in0,-0.5,in1)",
                                           "hard_sigmoid(in0,0.3,0.5)"};
  const Tensor x = random({40}, DType::kF32, 2), y = random({40}, DType::kF32, 0.5F, 1);
  check("Pointwise", expression(by_row(of_all)), {x, y, row_numbers(of_all.size())},
        {.tactic = "jit.pointwise"});
  const Tensor positive = random({40}, DType::kF32, 0.3F, 2);
  check("Pointwise", expression(by_row(of_positive)),
        {positive, y, row_numbers(of_positive.size())}, {.tactic = "jit.pointwise"});
}

TEST_F(PointwiseOnGpu, PassesInfinitiesAndNansOn) {
  const std::vector<std::string> operations = {
      "exp(in0)",  "tanh(in0)",      "sigmoid(in0)",     "relu(in0)",   "silu(in0)",
      "gelu(in0)", "min(in0,in1)",   "max(in1,in0)",     "is_nan(in0)", "clip(in0,-1,in1)",
      "sign(in0)", "softplus(in0)",  "gelu_tanh(in0)",   "mish(in0)",   "sqrt(in0)",
      "abs(in0)",  "equal(in0,in1)", "select(in0,1,in1)"};
  const Tensor x = values({8}, {0, -0.0F, INFINITY, -INFINITY, NAN, 1e30F, -1e30F, 88});
  check("Pointwise", expression(by_row(operations)),
        {x, values({}, {1}), row_numbers(operations.size())}, {.tactic = "jit.pointwise"});
}

TEST_F(PointwiseOnGpu, TakesAttributesOfSingleOperators) {
  const Tensor x = random({3, 4, 5}, DType::kF16, 3);
  check("LeakyRelu", "{alpha=0.2}", {x}, {.tactic = "jit.pointwise"});
  check("Elu", "{alpha=1.5}", {x}, {.tactic = "jit.pointwise"});
  check("HardSigmoid", "{alpha=0.3, beta=0.4}", {x}, {.tactic = "jit.pointwise"});
  check("Gelu", "{approximate=\"tanh\"}", {x}, {.tactic = "jit.pointwise"});
  check("Clip", "{}", {x, Tensor(), constant(values({}, {1.5F}, DType::kF16))},
        {.tactic = "jit.pointwise"});
  check("Max", "{}", {x, random({4, 5}, DType::kF16), random({1}, DType::kF16)},
        {.tactic = "jit.pointwise"});
  check("Where", "{}", {random({4, 1}, DType::kBool), x, random({5}, DType::kF16)},
        {.tactic = "jit.pointwise"});
}

TEST_F(PointwiseOnGpu, PutsOperatorsTogetherThatAreNoSingleOperation) {
  for (const char* op : {"Selu", "Celu", "ThresholdedRelu", "Shrink", "Tan", "Mean"}) {
    for (const DType dtype : {DType::kF32, DType::kF16}) {
      check(op, "{}", {random({3, 50}, dtype)}, {.tactic = "jit.pointwise"});
    }
  }
  check("Celu", "{alpha=0.3}", {random({100})}, {.tactic = "jit.pointwise"});
  check("Shrink", "{lambd=0.7,bias=0.2}", {random({100})}, {.tactic = "jit.pointwise"});
  check("Mean", "{}", {random({3, 4}), random({4}), random({3, 1})}, {.tactic = "jit.pointwise"});
}

TEST_F(PointwiseOnGpu, ConvertsTypesAndLayoutsAtOnce) {
  for (const Shape& shape : {Shape{2, 3, 33, 35}, Shape{1, 64, 7, 9}, Shape{2, 5, 130}}) {
    check("Cast", "{to=f16}", {random(shape)}, {.tactic = "jit.cast", .min_candidates = 4});
    check("Cast", "{to=f32}", {random(shape, DType::kF16)},
          {.tactic = "jit.cast", .min_candidates = 4});
  }
  check("Cast", "{to=u8}", {random({1, 3, 20, 30}, DType::kF32, 20, 100)},
        {.tactic = "jit.cast", .min_candidates = 4});
  check("Cast", "{to=f16}", {random({2, 3000, 2, 1})}, {.tactic = "jit.cast"});
  check("Cast", "{to=f16}", {random({2, 1, 7, 9})}, {.tactic = "jit.cast", .min_candidates = 2});
  check("Pointwise", expression("mul(sub(in0,in1),in2)", DType::kF16),
        {random({2, 3, 16, 17}), constant(random({3, 1, 1})), constant(random({1, 3, 1, 1}))},
        {.tactic = "jit.pointwise", .min_candidates = 4});
}

TEST_F(PointwiseOnGpu, CastsBetweenAllTypes) {
  const std::vector<DType> types = {
      DType::kF32, DType::kF16, DType::kBF16, DType::kF64, DType::kI8,  DType::kU8,  DType::kI16,
      DType::kU16, DType::kI32, DType::kU32,  DType::kI64, DType::kU64, DType::kBool};
  for (size_t i = 0; i < types.size(); ++i) {
    // Each type to two others, so that all appear on both sides.
    for (const size_t step : {1, 5}) {
      Attributes to;
      to.set("to", types[(i + step) % types.size()]);
      // Positive, so that all types hold the values.
      const bool real = is_float(types[i]);
      check("Cast", to, {real ? random({5, 7}, types[i], 10, 60) : random({5, 7}, types[i])},
            {.tactic = "jit.cast"});
    }
  }
}

TEST_F(PointwiseOnGpu, ComputesIntegersExactly) {
  const GpuCheck options{.tactic = "jit.elementwise"};
  const Tensor a = random({4, 9}, DType::kI64), b = random({9}, DType::kI64);
  for (const std::string op : {"Add", "Sub", "Div", "Min", "Equal", "Less", "GreaterOrEqual"}) {
    check(op, "{}", {a, b}, options);
  }
  const Tensor c = random({4, 9}, DType::kI32), d = random({4, 1}, DType::kI32);
  for (const std::string op : {"Mul", "Max", "Greater", "LessOrEqual"}) {
    check(op, "{}", {c, d}, options);
  }
  // Beyond what a float tells apart.
  Tensor wide = Tensor::allocate(DType::kI64, {4}), near = Tensor::allocate(DType::kI64, {4});
  for (int64_t i = 0; i < 4; ++i) {
    wide.mutable_view().as<int64_t>()[static_cast<size_t>(i)] = (int64_t{1} << 40) + i;
    near.mutable_view().as<int64_t>()[static_cast<size_t>(i)] = (int64_t{1} << 40) + 2;
  }
  check("Equal", "{}", {wide, near}, options);
  check("Abs", "{}", {a}, options);
  check("Clip", "{}", {c, constant(values({}, {3}, DType::kI32)), Tensor()}, options);
  check("Add", "{}", {random({70}, DType::kU8, 1), random({70}, DType::kU8)}, options);
  check("Where", "{}", {random({4, 1}, DType::kBool), a, b}, options);
  check("Where", "{}",
        {random({2, 3}, DType::kBool), random({2, 3}, DType::kU64), random({3}, DType::kU64)},
        options);
  check("Add", "{}", {random({5}, DType::kF64), random({5}, DType::kF64)}, options);
  check("Mul", "{}", {random({2, 8, 3, 3}, DType::kI8), constant(random({8, 1, 1}, DType::kI8))},
        options);
}

TEST_F(PointwiseOnGpu, DoesOperatorsThatNoExpressionHas) {
  const GpuCheck options{.tactic = "jit.pointwise"};
  const Tensor x = random({3, 40}, DType::kF32, 2);
  for (const std::string op : {"Tan", "Atan", "Sinh", "Cosh", "Asinh"}) {
    check(op, "{}", {random({30}, DType::kF32, 0.5F)}, options);
  }
  for (const std::string op : {"Asin", "Acos", "Atanh"}) {
    check(op, "{}", {values({5}, {-0.9F, -0.3F, 0, 0.4F, 0.8F})}, options);
  }
  check("Acosh", "{}", {values({4}, {1, 1.5F, 3, 100})}, options);
  check("Selu", "{}", {x}, options);
  check("Celu", "{alpha=0.7}", {x}, options);
  check("ThresholdedRelu", "{alpha=0.7}", {x}, options);
  check("Shrink", "{lambd=0.7, bias=0.3}", {x}, options);
  const Tensor limits = values({4}, {INFINITY, -INFINITY, NAN, 1});
  check("IsInf", "{}", {limits}, options);
  check("IsInf", "{detect_negative=0}", {limits}, options);
  check("Mean", "{}", {x, random({40}), random({3, 1})}, options);
  const Tensor divisors = values({4}, {2.5F, -2.5F, 0.7F, 3});
  check("Mod", "{fmod=1}", {random({6, 4}, DType::kF32, 5), divisors}, options);
  check("Mod", "{}", {random({6, 4}, DType::kF32, 5), divisors}, options);
}

TEST_F(PointwiseOnGpu, DoesRemaindersAndBitsOfIntegers) {
  const GpuCheck options{.tactic = "jit.elementwise"};
  const Tensor a = random({6, 9}, DType::kI64), b = random({9}, DType::kI64, 1);
  check("Mod", "{}", {a, b}, options);
  check("Mod", "{fmod=1}", {a, b}, options);
  for (const std::string op : {"BitwiseAnd", "BitwiseOr", "BitwiseXor"}) {
    check(op, "{}", {random({20}, DType::kI32), random({20}, DType::kI32)}, options);
  }
  check("BitwiseNot", "{}", {random({20}, DType::kU8)}, options);
  check("CastLike", "{}", {a, random({1}, DType::kF16)}, {.tactic = "jit.cast"});
}

TEST_F(PointwiseOnGpu, CombinesTruthValues) {
  const Tensor a = random({3, 17}, DType::kBool), b = random({17}, DType::kBool);
  for (const std::string op : {"And", "Or", "Xor", "Equal"}) {
    check(op, "{}", {a, b}, {.tactic = "jit.pointwise"});
  }
  check("Not", "{}", {a}, {.tactic = "jit.pointwise"});
}

TEST_F(PointwiseOnGpu, SaysWhatItDoesNotDo) {
  expect_no("Add", "{}", {random({3}, DType::kI64), random({3}, DType::kI64)}, "jit.pointwise",
            "exactly");
  expect_no("Less", "{}", {random({3}, DType::kU64), random({3}, DType::kU64)}, "jit.elementwise",
            "u64");
  expect_no("Softmax", "{}", {random({3})}, "jit.pointwise", "no pointwise operation");
  expect_no("Cast", "{to=i4}", {random({4})}, "jit.cast", "kernels have no i4");
}

}  // namespace
}  // namespace ingot
