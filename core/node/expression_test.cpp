// Expressions: sharing, text, and the meaning of every scalar operation.
#include "core/node/expression.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "core/base/error.h"

namespace ingot {
namespace {

std::string again(const std::string& text) { return Expression::parse(text).to_string(); }

TEST(Expression, PrintsWhatItReads) {
  for (const std::string text :
       {"in0", "0.5", "relu(add(in0,in1))", "clip(mul(in0,0.5),0,6)", "select(less(in0,in1),in0,2)",
        "let t0=exp(in0);div(t0,add(t0,1))", "add(in0,-inf)", "mul(in12,1e-05)",
        "let t0=relu(in0);let t1=mul(t0,t0);add(t1,t1)"}) {
    EXPECT_EQ(again(text), text);
  }
}

TEST(Expression, ReadsAnyLetNamesAndBlanks) {
  EXPECT_EQ(again(" let  e = exp( in0 ) ; div(e, add(e, 1.0)) "),
            "let t0=exp(in0);div(t0,add(t0,1))");
  EXPECT_EQ(again("let unused=exp(in1);relu(in0)"), "relu(in0)");
}

TEST(Expression, RefusesOtherText) {
  for (const char* text : {"", "relu", "relu(in0", "relu(in0,in1)", "add(in0)", "reluu(in0)",
                           "in0 in1", "in99999", "let t=in0 relu(t)", "constant(1)", "t0"}) {
    EXPECT_THROW(Expression::parse(text), Error) << text;
  }
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "neg(";
  EXPECT_THROW(Expression::parse(deep), Error);
}

TEST(Expression, EqualNodesAreStoredOnce) {
  Expression e;
  const int a = e.add(ScalarOp::kRelu, e.add_input(0));
  const int b = e.add(ScalarOp::kRelu, e.add_input(0));
  EXPECT_EQ(a, b);
  e.finish(e.add(ScalarOp::kAdd, a, b));
  EXPECT_EQ(e.nodes().size(), 3U);
  EXPECT_EQ(e.operation_count(), 2);
}

TEST(Expression, TellsZeroFromMinusZeroAndSharesNan) {
  Expression e;
  EXPECT_NE(e.add_constant(0.F), e.add_constant(-0.F));
  EXPECT_EQ(e.add_constant(NAN), e.add_constant(NAN));
  EXPECT_EQ(again("div(in0,-0)"), "div(in0,-0)");
  EXPECT_EQ(again("add(in0,nan)"), "add(in0,nan)");
}

TEST(Expression, FinishDropsWhatTheResultDoesNotUse) {
  Expression e;
  const int x = e.add_input(0);
  const int wanted = e.add(ScalarOp::kExp, x);
  e.add(ScalarOp::kLog, e.add_input(3));
  e.finish(wanted);
  EXPECT_EQ(e.to_string(), "exp(in0)");
  EXPECT_EQ(e.input_count(), 1);
}

TEST(Expression, InliningReplacesInputs) {
  Expression outer = Expression::parse("mul(in0,in1)");
  const std::array inputs = {outer.result(), outer.add_input(2)};
  outer.finish(outer.inline_expression(Expression::parse("relu(add(in0,in1))"), inputs));
  EXPECT_EQ(outer.to_string(), "relu(add(mul(in0,in1),in2))");
  EXPECT_EQ(outer.input_count(), 3);
}

TEST(Expression, LongChainsReadBack) {
  Expression e = Expression::input(0);
  int node = e.result();
  for (int i = 0; i < 2000; ++i) node = e.add(i % 2 ? ScalarOp::kTanh : ScalarOp::kAbs, node);
  e.finish(node);
  EXPECT_EQ(Expression::parse(e.to_string()), e);
}

TEST(Expression, EvaluatesLikeTheFormula) {
  const Expression e = Expression::parse("let t=exp(in0);div(t,add(t,in1))");
  const std::array inputs = {0.5F, 2.F};
  EXPECT_FLOAT_EQ(evaluate_expression(e, inputs), std::exp(0.5F) / (std::exp(0.5F) + 2));
}

TEST(Expression, BlocksGiveWhatPointsGive) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-3, 3);
  std::vector<float> a(100), b(100);
  for (float& x : a) x = uniform(random);
  for (float& x : b) x = uniform(random);
  for (size_t i = 0; i < kScalarOpCount; ++i) {
    const auto op = static_cast<ScalarOp>(i);
    const int operands = scalar_op_info(op).operands;
    if (operands == 0) continue;
    Expression e;
    const int x = e.add_input(0), y = operands > 1 ? e.add_input(1) : -1;
    e.finish(e.add(op, x, y, operands > 2 ? e.add_constant(0.25F) : -1));
    const std::array<const float*, 2> inputs = {a.data(), b.data()};
    std::vector<float> scratch;
    const float* block = evaluate_expression_block(e, inputs, a.size(), &scratch);
    for (size_t k = 0; k < a.size(); ++k) {
      const float expected = evaluate_expression(e, std::array{a[k], b[k]});
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(block[k])) << e.to_string();
      } else {
        EXPECT_FLOAT_EQ(block[k], expected) << e.to_string();
      }
    }
  }
}

struct ScalarCase {
  const char* text;
  float a, expected;
};

class ScalarMeaning : public testing::TestWithParam<ScalarCase> {};

TEST_P(ScalarMeaning, IsThatOfOnnx) {
  const auto [text, a, expected] = GetParam();
  const float actual = evaluate_expression(Expression::parse(text), std::array{a});
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << text;
  } else if (std::isinf(expected)) {
    EXPECT_EQ(actual, expected) << text;
  } else {
    EXPECT_NEAR(actual, expected, 1e-6 * std::max(1.F, std::fabs(expected))) << text << " of " << a;
  }
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
INSTANTIATE_TEST_SUITE_P(
    All, ScalarMeaning,
    testing::Values(
        ScalarCase{"abs(in0)", -2, 2}, ScalarCase{"neg(in0)", 3, -3},
        ScalarCase{"exp(in0)", 1, 2.7182818F}, ScalarCase{"log(in0)", 2, 0.6931472F},
        ScalarCase{"sqrt(in0)", 9, 3}, ScalarCase{"rsqrt(in0)", 4, 0.5F},
        ScalarCase{"reciprocal(in0)", 4, 0.25F}, ScalarCase{"erf(in0)", 0.5F, 0.5204999F},
        ScalarCase{"tanh(in0)", 0.5F, 0.4621172F}, ScalarCase{"sigmoid(in0)", 2, 0.8807971F},
        ScalarCase{"sigmoid(in0)", -200, 0}, ScalarCase{"relu(in0)", -1, 0},
        ScalarCase{"relu(in0)", kNan, kNan}, ScalarCase{"silu(in0)", 2, 1.7615942F},
        ScalarCase{"gelu(in0)", 1, 0.8413447F}, ScalarCase{"gelu_tanh(in0)", 1, 0.8411920F},
        ScalarCase{"hard_swish(in0)", 1, 0.6666667F}, ScalarCase{"hard_swish(in0)", -4, 0},
        ScalarCase{"softplus(in0)", 1, 1.3132617F}, ScalarCase{"softplus(in0)", 500, 500},
        ScalarCase{"softsign(in0)", -1, -0.5F}, ScalarCase{"mish(in0)", 1, 0.8650984F},
        ScalarCase{"floor(in0)", -1.5F, -2}, ScalarCase{"ceil(in0)", -1.5F, -1},
        ScalarCase{"round(in0)", 0.5F, 0}, ScalarCase{"round(in0)", 1.5F, 2},
        ScalarCase{"round(in0)", -2.5F, -2}, ScalarCase{"sign(in0)", -7, -1},
        ScalarCase{"sign(in0)", 0, 0}, ScalarCase{"sin(in0)", 1, 0.8414710F},
        ScalarCase{"cos(in0)", 1, 0.5403023F}, ScalarCase{"not(in0)", 0, 1},
        ScalarCase{"not(in0)", 2, 0}, ScalarCase{"is_nan(in0)", kNan, 1},
        ScalarCase{"is_nan(in0)", 1, 0}, ScalarCase{"add(in0,2)", 1, 3},
        ScalarCase{"sub(in0,2)", 1, -1}, ScalarCase{"mul(in0,3)", 2, 6},
        ScalarCase{"div(in0,0)", 1, kInf}, ScalarCase{"min(in0,2)", 3, 2},
        ScalarCase{"min(in0,2)", kNan, kNan}, ScalarCase{"min(2,in0)", kNan, kNan},
        ScalarCase{"max(in0,2)", 3, 3}, ScalarCase{"max(2,in0)", kNan, kNan},
        ScalarCase{"pow(in0,3)", 2, 8}, ScalarCase{"less(in0,2)", 1, 1},
        ScalarCase{"greater(in0,2)", 1, 0}, ScalarCase{"equal(in0,2)", 2, 1},
        ScalarCase{"less_or_equal(in0,2)", 2, 1}, ScalarCase{"greater_or_equal(in0,2)", 1, 0},
        ScalarCase{"and(in0,1)", 2, 1}, ScalarCase{"and(in0,1)", 0, 0},
        ScalarCase{"or(in0,0)", 5, 1}, ScalarCase{"xor(in0,1)", 3, 0},
        ScalarCase{"xor(in0,1)", 0, 1}, ScalarCase{"prelu(in0,0.1)", -2, -0.2F},
        ScalarCase{"prelu(in0,0.1)", 2, 2}, ScalarCase{"elu(in0,2)", -1, -1.2642411F},
        ScalarCase{"elu(in0,2)", 1, 1}, ScalarCase{"select(in0,4,5)", 1, 4},
        ScalarCase{"select(in0,4,5)", 0, 5}, ScalarCase{"clip(in0,0,6)", 7, 6},
        ScalarCase{"clip(in0,0,6)", -7, 0}, ScalarCase{"clip(in0,0,6)", kNan, kNan},
        ScalarCase{"hard_sigmoid(in0,0.2,0.5)", 1, 0.7F},
        ScalarCase{"hard_sigmoid(in0,0.2,0.5)", 9, 1}));

}  // namespace
}  // namespace ingot
