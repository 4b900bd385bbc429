// The import as a whole: names, types, symbols, constants, functions, and warnings.
#include "compiler/onnx/import.h"

#include <gtest/gtest.h>

#include <limits>

#include "compiler/graph/interpret.h"
#include "compiler/onnx/onnx_writer_test_helper.h"

namespace ingot::onnx {
namespace {

using namespace writing;

TEST(Import, KeepsNamesOriginsAndTypes) {
  const Graph graph = import_bytes(model_bytes(GraphWriter()
                                                   .input("x", {"batch", 3})
                                                   .node("Relu", {"x"}, {"a"}, {}, {"act"})
                                                   .node("Abs", {"a"}, {"y"})
                                                   .output("y")));
  ASSERT_EQ(graph.nodes().size(), 2U);
  EXPECT_EQ(graph.node(graph.nodes()[0]).origin, std::vector<std::string>{"act"});
  EXPECT_EQ(graph.node(graph.nodes()[1]).origin, std::vector<std::string>{"Abs_1"});
  EXPECT_EQ(graph.value(graph.inputs()[0]).name, "x");
  EXPECT_EQ(graph.value(graph.outputs()[0]).name, "y");
  EXPECT_EQ(graph.output_name(0), "y");
  EXPECT_EQ(to_string(graph.dims(graph.outputs()[0])), "[batch,3]");
}

TEST(Import, MakesSymbolsOfNamedUnknownAndOddDims) {
  const Graph graph = import_bytes(model_bytes(GraphWriter()
                                                   .input("x", {"n", nullptr, "a b", "?"})
                                                   .input("z:0", {"n", "a_b", -1, 0})
                                                   .node("Relu", {"x"}, {"y"})
                                                   .output("y")));
  EXPECT_EQ(to_string(graph.dims(graph.inputs()[0])), "[n,x_d1,a_b,x_d3]");
  EXPECT_EQ(to_string(graph.dims(graph.inputs()[1])), "[n,a_b_2,z_0_d2,0]");
}

TEST(Import, SortsNodesThatStandInTheWrongOrder) {
  const Graph graph = import_bytes(model_bytes(GraphWriter()
                                                   .input("x", {2})
                                                   .node("Abs", {"a"}, {"y"})
                                                   .node("Relu", {"x"}, {"a"})
                                                   .output("y")));
  EXPECT_EQ(graph.node(graph.nodes()[0]).op->name, "Relu");
}

TEST(Import, TakesWeightsListedAsInputsForConstants) {
  const Graph graph = import_bytes(model_bytes(GraphWriter()
                                                   .input("x", {2})
                                                   .input("w", {2})
                                                   .initializer(floats("w", {2}, {1, 2}))
                                                   .node("Add", {"x", "w"}, {"y"})
                                                   .output("y")));
  ASSERT_EQ(graph.inputs().size(), 1U);
  EXPECT_TRUE(graph.input(graph.nodes()[0], 1).is_constant());
}

TEST(Import, SeesThroughConstantNodesAndIdentitiesOfConstants) {
  const Graph graph = import_bytes(model_bytes(
      GraphWriter()
          .input("x", {2})
          .node("Constant", {}, {"c"}, {attribute("value_floats", std::vector<float>{3, 4})})
          .node("Identity", {"c"}, {"d"})
          .node("Identity", {"d"}, {"e"})
          .node("Add", {"x", "e"}, {"y"})
          .output("y")
          .output("e")));
  ASSERT_EQ(graph.nodes().size(), 1U);
  EXPECT_EQ(graph.input(graph.nodes()[0], 1).type.constant.to_floats(), (std::vector<float>{3, 4}));
  EXPECT_EQ(graph.output_name(1), "e");
  EXPECT_TRUE(graph.value(graph.outputs()[1]).is_constant());
}

TEST(Import, DropsOutputsThatNobodyReads) {
  const Graph graph =
      import_bytes(model_bytes(GraphWriter()
                                   .input("x", {1, 1, 4, 4})
                                   .node("MaxPool", {"x"}, {"y", "indices"},
                                         {attribute("kernel_shape", std::vector<int64_t>{2, 2})})
                                   .output("y")));
  EXPECT_EQ(graph.node(graph.nodes()[0]).outputs.size(), 1U);
}

TEST(Import, HandsInputsThroughAsOutputs) {
  const Graph graph = import_bytes(model_bytes(GraphWriter().input("x", {2}).output("x")));
  EXPECT_EQ(graph.outputs()[0], graph.inputs()[0]);
}

TEST(Import, WarnsOfNaNInWeightsAndOfNewOpsets) {
  std::vector<Problem> warnings;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  import_bytes(model_bytes(GraphWriter()
                               .input("x", {2})
                               .initializer(floats("w", {2}, {1, nan}))
                               .node("Add", {"x", "w"}, {"y"})
                               .output("y"),
                           {.opset = 1000}),
               &warnings);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0].id, "onnx.newer_opset");
  EXPECT_EQ(warnings[1].id, "onnx.non_finite_weights");
  EXPECT_NE(warnings[1].what.find("\"w\" has 1 NaN"), std::string::npos);
}

/// LeakyRelu by hand: alpha is an attribute of the function, with a default.
Bytes leaky_function() {
  return function_bytes(
      "leaky", {"v", "unused"}, {"r"},
      {node_bytes("Constant", {}, {"a"},
                  {reference_attribute("value_float", AttributeProto::kFloat, "alpha")}, {"c"}),
       node_bytes("PRelu", {"v", "a"}, {"r"}, {}, {"prelu"})},
      {attribute("alpha", 0.5F)});
}

TEST(Import, InlinesFunctionsWithTheirAttributes) {
  const Graph graph = import_bytes(
      model_bytes(GraphWriter()
                      .input("x", {2})
                      .node("leaky", {"x"}, {"a"}, {}, {"one", "test"})
                      .node("leaky", {"a", ""}, {"y"}, {attribute("alpha", 0.25F)}, {"two", "test"})
                      .output("y"),
                  {.other_opsets = {{"test", 1}}, .functions = {leaky_function()}}));
  ASSERT_EQ(graph.nodes().size(), 2U);
  EXPECT_EQ(graph.node(graph.nodes()[0]).origin, std::vector<std::string>{"one/prelu"});
  const auto result = interpret(graph, {Tensor::from_floats(std::vector<float>{-8, 8}, {2})});
  EXPECT_EQ(result[0].to_floats(), (std::vector<float>{-1, 8}));
}

TEST(Import, RefusesFunctionsThatCallThemselves) {
  const Bytes endless = function_bytes("again", {"v"}, {"r"},
                                       {node_bytes("again", {"v"}, {"r"}, {}, {"inner", "test"})});
  const auto problems = problems_of(model_bytes(
      GraphWriter().input("x", {2}).node("again", {"x"}, {"y"}, {}, {"a", "test"}).output("y"),
      {.functions = {endless}}));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].id, "onnx.recursive_function");
}

TEST(Import, StopsWhenFunctionsMultiplyWithoutEnd) {
  std::vector<Bytes> functions;
  for (int level = 0; level < 30; ++level) {
    std::vector<Bytes> calls;
    for (int i = 0; i < 4; ++i) {
      calls.push_back(node_bytes(level == 0 ? "Relu" : "f" + std::to_string(level - 1), {"v"},
                                 {i == 0 ? "r" : "r" + std::to_string(i)}, {},
                                 {"n" + std::to_string(i), level == 0 ? "" : "test"}));
    }
    functions.push_back(function_bytes("f" + std::to_string(level), {"v"}, {"r"}, calls));
  }
  const auto problems = problems_of(model_bytes(
      GraphWriter().input("x", {2}).node("f29", {"x"}, {"y"}, {}, {"a", "test"}).output("y"),
      {.functions = functions}));
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].id, "onnx.too_many_nodes");
}

}  // namespace
}  // namespace ingot::onnx
