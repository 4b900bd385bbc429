// What the text cases of lower_quantization cannot say: names of nodes, and weights that are shared.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "compiler/graph/match.h"
#include "compiler/passes/equivalence.h"
#include "compiler/passes/pass_runner.h"

namespace ingot {
namespace {

/// Two convolutions of one quantised value by the same quantised weights.
Graph two_convolutions() {
  Graph graph = parse_graph(R"(
    x: i8[1,2,4,4], w: const i8[3,2,3,3], s: const f32[] = {0.02}, sw: const f32[3] = {0.5, 0.25, 1}
    f = DequantizeLinear(x, s)
    v = DequantizeLinear(w, sw) {axis=0}
    return f, v
  )");
  const std::vector<ValueId> operands(graph.outputs().begin(), graph.outputs().end());
  Graph result = graph;
  for (int i = 0; i < 2; ++i) {
    const std::string name = "conv" + std::to_string(i);
    const auto attributes = Attributes::parse(i == 0 ? "{}" : "{pads=[1,1,1,1]}");
    result.set_output(i, result.add("Conv", operands, attributes, {name}, name));
  }
  return result;
}

std::vector<DType> operand_types(const Graph& graph) {
  std::vector<DType> types;
  for (NodeId id : graph.nodes("Conv")) types.push_back(graph.dtype(graph.node(id).inputs[0]));
  return types;
}

TEST(LowerQuantization, KeepsNamedNodesInFloats) {
  const Graph before = two_convolutions();
  const std::set<std::string> keep_float = {"conv1"};
  PassOptions options;
  options.allow_int8 = true;
  options.keep_float = &keep_float;
  PassReport report;
  const Graph after = run_passes(before, options, {.verify = true}, &report);
  EXPECT_EQ(operand_types(after), (std::vector{DType::kI8, DType::kF32})) << to_text(after);
  EXPECT_EQ(difference(before, after, 1e-5F), "");
  const auto told = [](const NearMiss& miss) {
    return miss.node == "conv1" && miss.reason == "it is to be computed in floats";
  };
  EXPECT_TRUE(std::any_of(report.near_misses.begin(), report.near_misses.end(), told));
}

TEST(LowerQuantization, SharesWeights) {
  PassOptions options;
  options.allow_int8 = true;
  const Graph after = run_passes(two_convolutions(), options, {.verify = true});
  EXPECT_EQ(operand_types(after), (std::vector{DType::kI8, DType::kI8})) << to_text(after);
  const auto convolutions = after.nodes("Conv");
  EXPECT_EQ(after.node(convolutions[0]).inputs[1], after.node(convolutions[1]).inputs[1])
      << to_text(after);
}

}  // namespace
}  // namespace ingot
