// The wire format: what is read, and that hostile bytes end in a reason.
#include "compiler/onnx/wire.h"

#include <gtest/gtest.h>

#include "compiler/onnx/onnx_writer_test_helper.h"

namespace ingot::onnx {
namespace {

using namespace writing;

ParseFailure failure_of(std::string_view bytes) {
  ParseFailure failure;
  EXPECT_FALSE(parse_model(bytes, &failure).has_value());
  return failure;
}

TEST(Wire, ReadsAModelWithoutCopyingItsBytes) {
  const Bytes bytes =
      model_bytes(GraphWriter()
                      .input("x", {1, "n", nullptr})
                      .initializer(floats("w", {2}, {1, 2}))
                      .node("Foo", {"x", ""}, {"y"}, {attribute("a", 3)}, {"f", "d"})
                      .output("y"),
                  {.opset = 17, .other_opsets = {{"d", 2}}});
  ParseFailure failure;
  const auto model = parse_model(bytes, &failure);
  ASSERT_TRUE(model && model->graph) << failure.reason;
  EXPECT_EQ(model->ir_version, 10);
  ASSERT_EQ(model->opsets.size(), 2U);
  EXPECT_EQ(model->opsets[1].domain, "d");
  const GraphProto& graph = *model->graph;
  ASSERT_EQ(graph.inputs[0].dims.size(), 3U);
  EXPECT_EQ(graph.inputs[0].dims[0].value, 1);
  EXPECT_EQ(graph.inputs[0].dims[1].param, "n");
  EXPECT_FALSE(graph.inputs[0].dims[2].value.has_value());
  const NodeProto& node = graph.nodes.at(0);
  EXPECT_EQ(node.op_type, "Foo");
  EXPECT_EQ(node.inputs, (std::vector<std::string_view>{"x", ""}));
  ASSERT_TRUE(node.attribute("a"));
  EXPECT_EQ(node.attribute("a")->i, 3);
  const std::string_view raw = *graph.initializers.at(0).raw_data;
  EXPECT_GE(raw.data(), bytes.data());
  EXPECT_LE(raw.data() + raw.size(), bytes.data() + bytes.size());
}

TEST(Wire, ReadsPackedAndSingleNumbersAlike) {
  Bytes tensor;
  protozero::pbf_writer writer(tensor);
  const std::vector<int64_t> packed = {1, -2};
  writer.add_packed_int64(7, packed.begin(), packed.end());
  writer.add_int64(7, 3);
  TensorProto proto;
  proto.message = tensor;
  EXPECT_EQ(int64_data(proto), (std::vector<int64_t>{1, -2, 3}));
}

TEST(Wire, TellsATruncatedFileFromADamagedOne) {
  const Bytes bytes = model_bytes(GraphWriter().input("x", {1}).node("Relu", {"x"}, {"y"}));
  EXPECT_TRUE(failure_of(std::string_view(bytes).substr(0, bytes.size() / 2)).truncated);

  Bytes graph = GraphWriter().node("Relu", {"x"}, {"y"});
  graph[1] = 100;  // the node claims to be longer than the graph
  const ParseFailure failure = failure_of(model_bytes(graph));
  EXPECT_FALSE(failure.truncated);
  EXPECT_NE(failure.reason.find("graph 0"), std::string::npos) << failure.reason;
}

TEST(Wire, RefusesAFieldOfTheWrongWireType) {
  Bytes bytes;
  protozero::pbf_writer(bytes).add_int64(7, 5);  // the graph as a number
  EXPECT_FALSE(failure_of(bytes).truncated);
}

TEST(Wire, RefusesSubgraphsThatNestTooDeep) {
  Bytes graph = GraphWriter().node("Relu", {"x"}, {"y"});
  for (int i = 0; i < 40; ++i) {
    graph = GraphWriter().node("If", {"c"}, {"y"}, {graph_attribute("then_branch", graph)});
  }
  EXPECT_NE(failure_of(model_bytes(graph)).reason.find("nest too deep"), std::string::npos);
}

}  // namespace
}  // namespace ingot::onnx
