// The interpreter: symbols from input shapes, branches that share values, errors for bad inputs.
#include "compiler/graph/interpret.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace ingot {
namespace {

TEST(Interpret, RunsNodesInOrder) {
  const Graph graph = parse_graph(R"(
    x: f32[3]
    c: const f32[] = {2}
    a = Mul(x, c)
    y = Add(a, x)
    return y, a
  )");
  const std::vector<float> x = {1, 2, 3};
  const auto outputs = interpret(graph, {Tensor::from_floats(x, Shape{3})});
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs[0].to_floats(), (std::vector<float>{3, 6, 9}));
  EXPECT_EQ(outputs[1].to_floats(), (std::vector<float>{2, 4, 6}));
}

TEST(Interpret, GivesSymbolsTheirValuesFromTheInputs) {
  const Graph graph = parse_graph(R"(
    x: f32[batch,3]
    y = ShapeTensor() {dims=dims[batch,2*batch+1]}
    z = Relu(x)
    return y, z
  )");
  const std::vector<float> x(12, -1.0F);
  const auto outputs = interpret(graph, {Tensor::from_floats(x, Shape{4, 3})});
  EXPECT_EQ(outputs[0].to_integers(), (std::vector<int64_t>{4, 9}));
  EXPECT_EQ(outputs[1].to_floats(), std::vector<float>(12, 0.0F));
}

TEST(Interpret, HandsOnInputsAndConstantsThatAreOutputs) {
  const Graph graph = parse_graph(R"(
    x: f32[2]
    c: const f32[1] = {5}
    return x, c
  )");
  const std::vector<float> x = {1, 2};
  const auto outputs = interpret(graph, {Tensor::from_floats(x, Shape{2})});
  EXPECT_EQ(outputs[0].to_floats(), x);
  EXPECT_EQ(outputs[1].to_floats(), std::vector<float>{5});
}

TEST(Interpret, RefusesAnInputOfAnotherType) {
  const Graph graph = parse_graph("x: f32[2]\n y = Relu(x)\n return y\n");
  try {
    interpret(graph, {Tensor::scalar_i64(1)});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.problems()[0].id, "graph.bad_input");
  }
}

}  // namespace
}  // namespace ingot
