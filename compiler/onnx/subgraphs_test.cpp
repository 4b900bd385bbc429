// If, Loop and Scan: captures, known conditions, large constants, nesting, and their results.
#include <gtest/gtest.h>

#include <numeric>

#include "compiler/graph/interpret.h"
#include "compiler/onnx/onnx_writer_test_helper.h"
#include "core/node/program.h"

namespace ingot::onnx {
namespace {

using namespace writing;

Tensor boolean(bool value) {
  Tensor tensor = Tensor::allocate(DType::kBool, {});
  tensor.mutable_view().as<bool>()[0] = value;
  return tensor;
}

Tensor vector(const std::vector<float>& values) {
  return Tensor::from_floats(values, {static_cast<int64_t>(values.size())});
}

const Program& program(const Graph& graph, NodeId node, std::string_view name) {
  return **graph.node(node).attributes.find_as<std::shared_ptr<const Program>>(name);
}

/// y = c ? a + b : b, where a and b are values outside.
GraphWriter if_model(const Bytes& then_constant = {}, int rows = 1) {
  GraphWriter then_branch, else_branch;
  if (!then_constant.empty()) then_branch.initializer(then_constant);
  then_branch.node("Add", {"a", then_constant.empty() ? "b" : "k"}, {"t"}).output("t");
  else_branch.node("Identity", {"b"}, {"e"}).output("e");
  const std::vector<DimText> dims =
      rows == 1 ? std::vector<DimText>{2} : std::vector<DimText>{rows, 2};
  return GraphWriter()
      .input("x", dims)
      .input("b", dims)
      .node("Relu", {"x"}, {"a"})
      .node("If", {"c"}, {"y"},
            {graph_attribute("then_branch", then_branch),
             graph_attribute("else_branch", else_branch)})
      .output("y");
}

TEST(Subgraphs, CaptureOuterValuesAsInputsOfTheNode) {
  const Graph graph = import_bytes(model_bytes(if_model().input("c", {}, kBool)));
  ASSERT_EQ(graph.nodes("If").size(), 1U);
  const NodeId node = graph.nodes("If")[0];
  EXPECT_EQ(graph.node(node).inputs.size(), 3U);
  EXPECT_EQ(program(graph, node, "then_branch").input_count, 2);
  EXPECT_EQ(program(graph, node, "else_branch").input_count, 2);
  const auto taken = interpret(graph, {vector({-1, 2}), vector({10, 20}), boolean(true)});
  EXPECT_EQ(taken[0].to_floats(), (std::vector<float>{10, 22}));
  const auto other = interpret(graph, {vector({-1, 2}), vector({10, 20}), boolean(false)});
  EXPECT_EQ(other[0].to_floats(), (std::vector<float>{10, 20}));
}

TEST(Subgraphs, OfAKnownConditionBecomeTheNodesOfTheBranch) {
  const Graph graph =
      import_bytes(model_bytes(if_model().initializer(raw_tensor<uint8_t>("c", kBool, {}, {1}))));
  EXPECT_TRUE(graph.nodes("If").empty());
  EXPECT_EQ(graph.nodes("Add").size(), 1U);
  EXPECT_EQ(graph.value(graph.outputs()[0]).name, "t");
  EXPECT_EQ(graph.output_name(0), "y");
}

TEST(Subgraphs, ThatDropAnAxisWhereItIsOneAreTakenToDropIt) {
  const Bytes then_branch = GraphWriter()
                                .initializer(integers("axis", {1}))
                                .node("Squeeze", {"x", "axis"}, {"t"})
                                .output("t");
  const Bytes else_branch = GraphWriter().node("Identity", {"x"}, {"e"}).output("e");
  std::vector<Problem> warnings;
  const Graph graph =
      import_bytes(model_bytes(GraphWriter()
                                   .input("x", {2, "n"})
                                   .initializer(scalar("one", 1))
                                   .node("Shape", {"x"}, {"shape"})
                                   .node("Gather", {"shape", "one"}, {"size"})
                                   .node("Equal", {"size", "one"}, {"c"})
                                   .node("If", {"c"}, {"y"},
                                         {graph_attribute("then_branch", then_branch),
                                          graph_attribute("else_branch", else_branch)})
                                   .output("y")),
                   &warnings);
  EXPECT_EQ(to_string(graph.dims(graph.outputs()[0])), "[2]");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].id, "onnx.assumed_squeeze");
}

TEST(Subgraphs, KeepSmallConstantsAndHandLargeOnesToTheModelsGraph) {
  const std::vector<float> few = {1, 2};
  const Graph small =
      import_bytes(model_bytes(if_model(floats("k", {2}, few)).input("c", {}, kBool)));
  EXPECT_EQ(small.node(small.nodes("If")[0]).inputs.size(), 3U);
  EXPECT_EQ(program(small, small.nodes("If")[0], "then_branch").nodes[0].op, "Constant");

  const Graph large = import_bytes(model_bytes(
      if_model(floats("k", {50, 2}, std::vector<float>(100, 1)), 50).input("c", {}, kBool)));
  const auto& inputs = large.node(large.nodes("If")[0]).inputs;
  ASSERT_EQ(inputs.size(), 4U);
  const bool hoisted = std::any_of(inputs.begin(), inputs.end(), [&](ValueId id) {
    return large.value(id).is_constant() && large.value(id).type.constant.elements() == 100;
  });
  EXPECT_TRUE(hoisted);
}

TEST(Subgraphs, NestAndCaptureThroughEachOther) {
  const Bytes inner_then = GraphWriter().node("Add", {"a", "b"}, {"u"}).output("u");
  const Bytes inner_else = GraphWriter().node("Sub", {"a", "b"}, {"v"}).output("v");
  const Bytes outer_then = GraphWriter()
                               .node("If", {"d"}, {"w"},
                                     {graph_attribute("then_branch", inner_then),
                                      graph_attribute("else_branch", inner_else)})
                               .output("w");
  const Bytes outer_else = GraphWriter().node("Identity", {"a"}, {"z"}).output("z");
  const Graph graph =
      import_bytes(model_bytes(GraphWriter()
                                   .input("a", {2})
                                   .input("b", {2})
                                   .input("c", {}, kBool)
                                   .input("d", {}, kBool)
                                   .node("If", {"c"}, {"y"},
                                         {graph_attribute("then_branch", outer_then),
                                          graph_attribute("else_branch", outer_else)})
                                   .output("y")));
  EXPECT_EQ(graph.node(graph.nodes("If")[0]).inputs.size(), 4U);
  const auto result =
      interpret(graph, {vector({1, 2}), vector({5, 5}), boolean(true), boolean(false)});
  EXPECT_EQ(result[0].to_floats(), (std::vector<float>{-4, -3}));
}

/// s' = s + step, stacked: s'.  `step` stands outside.
Bytes loop_body(const std::vector<DimText>& counter_dims) {
  return GraphWriter()
      .input("i", counter_dims, kInt64)
      .input("go", {}, kBool)
      .input("s", {2})
      .node("Identity", {"go"}, {"go_on"})
      .node("Add", {"s", "step"}, {"s2"})
      .node("Identity", {"s2"}, {"kept"})
      .output("go_on")
      .output("s2")
      .output("kept");
}

TEST(Subgraphs, LoopsCarryStatesAndStackTheRest) {
  for (const auto& counter_dims : {std::vector<DimText>{}, std::vector<DimText>{1}}) {
    const Graph graph =
        import_bytes(model_bytes(GraphWriter()
                                     .input("s0", {2})
                                     .input("step", {2})
                                     .initializer(scalar("trips", 3))
                                     .node("Loop", {"trips", "", "s0"}, {"last", "all"},
                                           {graph_attribute("body", loop_body(counter_dims))})
                                     .output("last")
                                     .output("all")));
    const auto result = interpret(graph, {vector({0, 1}), vector({1, 2})});
    EXPECT_EQ(result[0].to_floats(), (std::vector<float>{3, 7}));
    EXPECT_EQ(result[1].to_floats(), (std::vector<float>{1, 3, 2, 5, 3, 7}));
  }
}

TEST(Subgraphs, LoopStatesMayGrow) {
  const Bytes body = GraphWriter()
                         .input("i", {}, kInt64)
                         .input("go", {}, kBool)
                         .input("s", {nullptr})
                         .node("Identity", {"go"}, {"go_on"})
                         .node("Concat", {"s", "more"}, {"s2"}, {attribute("axis", 0)})
                         .output("go_on")
                         .output("s2");
  const Graph graph = import_bytes(
      model_bytes(GraphWriter()
                      .input("s0", {1})
                      .input("more", {1})
                      .initializer(scalar("trips", 2))
                      .node("Loop", {"trips", "", "s0"}, {"y"}, {graph_attribute("body", body)})
                      .output("y")));
  EXPECT_FALSE(graph.dims(graph.outputs()[0])[0].is_constant());
  const auto result = interpret(graph, {vector({1}), vector({7})});
  EXPECT_EQ(result[0].to_floats(), (std::vector<float>{1, 7, 7}));
}

TEST(Subgraphs, ScansSumAlongTheirAxis) {
  const Bytes body = GraphWriter()
                         .input("sum", {2})
                         .input("row", {2})
                         .node("Add", {"sum", "row"}, {"sum2"})
                         .node("Identity", {"sum2"}, {"kept"})
                         .output("sum2")
                         .output("kept");
  const Graph graph = import_bytes(
      model_bytes(GraphWriter()
                      .input("zero", {2})
                      .input("rows", {"n", 2})
                      .node("Scan", {"zero", "rows"}, {"total", "all"},
                            {attribute("num_scan_inputs", 1), graph_attribute("body", body)})
                      .output("total")
                      .output("all")));
  const auto result = interpret(
      graph, {vector({0, 0}), Tensor::from_floats(std::vector<float>{1, 2, 3, 4}, {2, 2})});
  EXPECT_EQ(result[0].to_floats(), (std::vector<float>{4, 6}));
  EXPECT_EQ(result[1].to_floats(), (std::vector<float>{1, 2, 4, 6}));
}

TEST(Subgraphs, ReportProblemsWithTheWayToThem) {
  const Bytes bad = GraphWriter().node("NoSuchOp", {"x"}, {"t"}, {}, {"inner"}).output("t");
  const Bytes good = GraphWriter().node("Relu", {"x"}, {"e"}).output("e");
  const auto problems = problems_of(model_bytes(
      GraphWriter()
          .input("x", {2})
          .input("c", {}, kBool)
          .node("If", {"c"}, {"y"},
                {graph_attribute("then_branch", bad), graph_attribute("else_branch", good)},
                {"choose"})
          .output("y")));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].id, "onnx.unsupported_operator");
  EXPECT_EQ(problems[0].where,
            "test.onnx, node 0 \"inner\" in then_branch of \"choose\", opset 19");
}

TEST(Subgraphs, MustFitTheirNode) {
  const Bytes one = GraphWriter().node("Relu", {"x"}, {"e"}).output("e");
  const auto problems = problems_of(model_bytes(
      GraphWriter()
          .input("x", {2})
          .input("c", {}, kBool)
          .node("If", {"c"}, {"y", "z"},
                {graph_attribute("then_branch", one), graph_attribute("else_branch", one)})
          .output("y")));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].id, "onnx.bad_arity");
}

}  // namespace
}  // namespace ingot::onnx
