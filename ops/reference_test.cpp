// Running operators and subgraphs by reference, type dispatch, epilogues, the registry.
#include "ops/reference.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/node/program.h"
#include "ops/registry.h"

namespace ingot {
namespace {

Tensor floats(std::vector<float> values, const Shape& shape) {
  return Tensor::from_floats(values, shape);
}

template <typename Function>
Problem problem_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error.problems()[0];
  }
  return {"none", "", "", ""};
}

std::vector<Tensor> evaluate(std::string_view op, const std::vector<Tensor>& inputs,
                             std::string_view attributes = "{}") {
  return evaluate_op(op_named(op), Attributes::parse(attributes), inputs, 1);
}

TEST(Dispatch, CallsWithTheTypeOrNamesThoseItTakes) {
  size_t size = 0;
  dispatch<float, Half>(DType::kF16, "Op", [&]<typename T>() { size = sizeof(T); });
  EXPECT_EQ(size, 2U);
  dispatch_list(AllIntegers{}, DType::kU64, "Op", [&]<typename T>() { size = sizeof(T); });
  EXPECT_EQ(size, 8U);
  const Problem problem =
      problem_of([] { dispatch<float, Half>(DType::kI8, "Op", []<typename T>() {}); });
  EXPECT_EQ(problem.id, "op.bad_type");
  EXPECT_EQ(problem.what, "Op: i8 is not supported; it takes f32, f16");
}

TEST(EvaluateOp, BroadcastsAndTakesUnalignedMemory) {
  const Tensor a = floats({1, 2, 3, 4}, {2, 2});
  std::vector<std::byte> bytes(9);
  const float b[] = {10, 20};
  std::copy_n(reinterpret_cast<const std::byte*>(b), 8, bytes.data() + 1);
  const Tensor shifted(DType::kF32, {2}, bytes.data() + 1, nullptr);
  EXPECT_EQ(evaluate("Add", {a, shifted})[0].to_floats(), (std::vector<float>{11, 22, 13, 24}));
}

TEST(EvaluateOp, ReportsWhatTheShapeRuleRefuses) {
  EXPECT_EQ(problem_of([] { evaluate("Add", {floats({1, 2}, {2}), floats({1, 2, 3}, {3})}); }).id,
            "op.not_broadcastable");
}

TEST(EvaluateProgram, RunsNodesInOrder) {
  const Program program = Program::parse(
      "program(2) { %2 = Add(%0, %1) {}; %3 = Mul(%2, %2) {}; %4 = Relu(%0) {}; return %3, %0 }");
  const auto results = evaluate_program(program, {floats({1, -2}, {2}), floats({3, 4}, {2})});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].to_floats(), (std::vector<float>{16, 4}));
  EXPECT_EQ(results[1].to_floats(), (std::vector<float>{1, -2}));
}

TEST(EvaluateProgram, RefusesDamagedPrograms) {
  Program program = Program::parse("program(1) { %1 = Relu(%0) {}; return %1 }");
  EXPECT_EQ(problem_of([&] { evaluate_program(program, {}); }).id, "program.bad_inputs");
  program.nodes[0].outputs = {9};
  EXPECT_EQ(problem_of([&] { evaluate_program(program, {floats({1}, {1})}); }).id,
            "program.bad_slot");
  program = Program::parse("program(1) { %1 = Relux(%0) {}; return %1 }");
  program.nodes[0].origin = "inner";
  const Problem unknown = problem_of([&] { evaluate_program(program, {floats({1}, {1})}); });
  EXPECT_EQ(unknown.id, "op.unknown");
  EXPECT_EQ(unknown.where, "subgraph node \"inner\"");
}

TEST(EvaluateProgram, FailsOnASlotThatWasNeverWritten) {
  const Program program = Program::parse("program(1) { %1 = Relu(%2) {}; return %1 }");
  EXPECT_EQ(problem_of([&] { evaluate_program(program, {floats({1}, {1})}); }).id,
            "op.missing_input");
}

TEST(Epilogue, AppliesToTheResultWithBroadcastExtras) {
  const Tensor a = floats({1, 2, 3, 4}, {2, 2}), identity = floats({1, 0, 0, 1}, {2, 2});
  const Tensor per_row = floats({10, -10}, {2, 1}), scalar = floats({0.5F}, {});
  const auto result = evaluate("MatMul", {a, identity, per_row, scalar},
                               "{epilogue=expr(relu(mul(add(in0,in1),in2)))}");
  EXPECT_EQ(result[0].to_floats(), (std::vector<float>{5.5F, 6, 0, 0}));
}

TEST(Epilogue, CoversEveryElementOfALargeResult) {
  std::vector<float> ones(1300 * 3, 1), rows(1300);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i);
  const auto result =
      evaluate("MatMul",
               {floats(ones, {3, 1300}), floats(std::vector<float>(1300 * 1300, 0), {1300, 1300}),
                floats(rows, {1300})},
               "{epilogue=expr(add(in0,in1))}")[0]
          .to_floats();
  for (size_t i = 0; i < result.size(); ++i) {
    ASSERT_EQ(result[i], static_cast<float>(i % 1300));
  }
}

TEST(Epilogue, RefusesMissingUnusedAndMisshapenExtras) {
  const Tensor a = floats({1, 2, 3, 4}, {2, 2});
  EXPECT_EQ(problem_of([&] { evaluate("MatMul", {a, a}, "{epilogue=expr(add(in0,in1))}"); }).id,
            "op.bad_epilogue");
  EXPECT_EQ(problem_of([&] { evaluate("MatMul", {a, a, a}); }).id, "op.bad_epilogue");
  EXPECT_EQ(problem_of([&] {
              evaluate("MatMul", {a, a, floats({1, 2, 3}, {3})}, "{epilogue=expr(add(in0,in1))}");
            }).id,
            "op.not_broadcastable");
  EXPECT_EQ(problem_of([&] {  // an epilogue must not change the shape of the result
              evaluate("MatMul", {a, a, floats(std::vector<float>(8), {2, 2, 2})},
                       "{epilogue=expr(add(in0,in1))}");
            })
                .id,
            "op.not_broadcastable");
}

TEST(Registry, FindsOperatorsAndSuggestsNearNames) {
  EXPECT_EQ(op_named("Conv").name, "Conv");
  EXPECT_EQ(find_op("NoSuchOperator"), nullptr);
  const Problem problem = problem_of([] { op_named("Convv"); });
  EXPECT_EQ(problem.id, "op.unknown");
  EXPECT_NE(problem.fix.find("\"Conv\""), std::string::npos);
  EXPECT_EQ(op_names().size(), all_op_definitions().size());
}

TEST(Registry, EveryDefinitionIsComplete) {
  for (const OpDef* op : all_op_definitions()) {
    EXPECT_NE(op->infer, nullptr) << op->name;
    EXPECT_NE(op->evaluate, nullptr) << op->name;
    EXPECT_FALSE(op->summary.empty()) << op->name;
    EXPECT_FALSE(op->outputs.empty()) << op->name;
    for (size_t i = 0; i + 1 < op->inputs.size(); ++i) {
      EXPECT_NE(op->inputs[i].kind, OpPort::kVariadic) << op->name << ": only the last may be";
    }
    for (const OpAttribute& attribute : op->attributes) {
      EXPECT_FALSE(attribute.summary.empty()) << op->name << " " << attribute.name;
    }
  }
}

TEST(Markdown, HasASectionForEveryOperatorInOrder) {
  const std::string text = operators_markdown();
  size_t at = 0;
  for (const std::string& name : op_names()) {
    at = text.find("\n## " + name + "\n", at);
    ASSERT_NE(at, std::string::npos) << name;
  }
  EXPECT_NE(text.find("- `axis` (default `-1`): "), std::string::npos);
  EXPECT_NE(text.find("- `B` (optional): "), std::string::npos);
}

}  // namespace
}  // namespace ingot
