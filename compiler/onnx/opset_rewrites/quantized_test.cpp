// Quantised operators of com.microsoft import to what the float operators between roundings import to.
#include <gtest/gtest.h>

#include "compiler/onnx/onnx_writer_test_helper.h"

namespace ingot::onnx {
namespace {

using namespace writing;

constexpr int32_t kBytes = 2, kSigned = 3, kWide = 6;  // elements: u8, i8, i32

/// x: u8, with scales and zero points to name.
GraphWriter quantized_graph(const std::vector<DimText>& dims = {1, 2, 4, 4}) {
  return GraphWriter()
      .input("x", dims, kBytes)
      .output("y")
      .initializer(floats("s", {}, {0.5F}))
      .initializer(floats("t", {}, {0.25F}))
      .initializer(raw_tensor<uint8_t>("z", kBytes, {}, {7}))
      .initializer(raw_tensor<uint8_t>("u", kBytes, {}, {3}));
}

Graph import(const Bytes& graph) {
  return import_bytes(model_bytes(graph, {.opset = 21, .other_opsets = {{"com.microsoft", 1}}}));
}

/// Both write the node; `was` of com.microsoft, `is` with f (x dequantised) and r (the result).
void expect_same(GraphWriter was, GraphWriter is) {
  const Graph a = import(was);
  const Graph b = import(is.node("QuantizeLinear", {"r", "t", "u"}, {"y"}));
  std::string difference;
  EXPECT_TRUE(same_structure(a, b, &difference)) << difference << "\n" << to_text(a);
  EXPECT_EQ(a.value(a.outputs()[0]).name, "y");
}

GraphWriter dequantized_graph(const std::vector<DimText>& dims = {1, 2, 4, 4}) {
  return quantized_graph(dims).node("DequantizeLinear", {"x", "s", "z"}, {"f"});
}

const NodeOptions kMicrosoft = {"", "com.microsoft"};

TEST(QuantizedOperators, OfOneValue) {
  const Names inputs = {"x", "s", "z", "t", "u"};
  expect_same(quantized_graph().node("QLinearSigmoid", inputs, {"y"}, {}, kMicrosoft),
              dequantized_graph().node("Sigmoid", {"f"}, {"r"}));
  expect_same(quantized_graph().node("QLinearLeakyRelu", inputs, {"y"}, {attribute("alpha", 0.1F)},
                                     kMicrosoft),
              dequantized_graph().node("LeakyRelu", {"f"}, {"r"}, {attribute("alpha", 0.1F)}));
  expect_same(quantized_graph().node("QLinearGlobalAveragePool", inputs, {"y"},
                                     {attribute("channels_last", 0)}, kMicrosoft),
              dequantized_graph().node("GlobalAveragePool", {"f"}, {"r"}));
  const std::vector<int64_t> window = {2, 2}, axes = {2, 3};
  expect_same(
      quantized_graph().node("QLinearAveragePool", inputs, {"y"},
                             {attribute("kernel_shape", window)}, kMicrosoft),
      dequantized_graph().node("AveragePool", {"f"}, {"r"}, {attribute("kernel_shape", window)}));
  expect_same(quantized_graph().node("QLinearSoftmax", inputs, {"y"},
                                     {attribute("axis", -1), attribute("opset", 13)}, kMicrosoft),
              dequantized_graph().node("Softmax", {"f"}, {"r"}, {attribute("axis", -1)}));
  expect_same(
      quantized_graph().node("QLinearReduceMean", inputs, {"y"},
                             {attribute("axes", axes), attribute("keepdims", 0)}, kMicrosoft),
      dequantized_graph()
          .initializer(integers("a", axes))
          .node("ReduceMean", {"f", "a"}, {"r"}, {attribute("keepdims", 0)}));
}

TEST(QuantizedOperators, OfSeveralValues) {
  for (const char* op : {"Add", "Mul"}) {
    expect_same(
        quantized_graph().node("QLinear" + std::string(op),
                               {"x", "s", "z", "x", "s", "z", "t", "u"}, {"y"}, {}, kMicrosoft),
        dequantized_graph()
            .node("DequantizeLinear", {"x", "s", "z"}, {"g"})
            .node(op, {"f", "g"}, {"r"}));
  }
  expect_same(quantized_graph().node("QLinearConcat", {"t", "u", "x", "s", "z", "x", "t", "u"},
                                     {"y"}, {attribute("axis", 1)}, kMicrosoft),
              dequantized_graph()
                  .node("DequantizeLinear", {"x", "t", "u"}, {"g"})
                  .node("Concat", {"f", "g"}, {"r"}, {attribute("axis", 1)}));
}

TEST(QuantizedOperators, GemmHasAnIntegerBias) {
  const auto with_weights = [](GraphWriter graph) {
    return graph
        .initializer(
            raw_tensor<int8_t>("w", kSigned, {3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}))
        .initializer(floats("sw", {3}, {1, 2, 3}))
        .initializer(raw_tensor<int8_t>("zw", kSigned, {3}, {0, 0, 0}))
        .initializer(raw_tensor<int32_t>("b", kWide, {3}, {100, 200, 300}));
  };
  const Names inputs = {"x", "s", "z", "w", "sw", "zw", "b", "t", "u"};
  expect_same(with_weights(quantized_graph({2, 4}))
                  .node("QGemm", inputs, {"y"}, {attribute("transB", 1)}, kMicrosoft),
              with_weights(dequantized_graph({2, 4}))
                  .node("DequantizeLinear", {"w", "sw", "zw"}, {"v"}, {attribute("axis", 0)})
                  .node("Mul", {"s", "sw"}, {"sb"})
                  .node("Cast", {"b"}, {"bf"}, {attribute("to", 1)})
                  .node("Mul", {"bf", "sb"}, {"c"})
                  .node("Gemm", {"f", "v", "c"}, {"r"}, {attribute("transB", 1)}));
}

TEST(QuantizedOperators, MultiplyWhatIsQuantisedAtRunTime) {
  const auto graph = [] {
    return GraphWriter()
        .input("x", {2, 4})
        .output("y")
        .initializer(raw_tensor<uint8_t>("w", kBytes, {4, 1}, {1, 2, 3, 4}))
        .initializer(floats("s", {}, {0.5F}))
        .initializer(raw_tensor<uint8_t>("z", kBytes, {}, {7}))
        .initializer(floats("b", {1}, {0.25F}));
  };
  const Graph was = import(
      graph().node("DynamicQuantizeMatMul", {"x", "w", "s", "z", "b"}, {"y"}, {}, kMicrosoft));
  const Graph is = import(graph()
                              .node("DynamicQuantizeLinear", {"x"}, {"q", "qs", "qz"})
                              .node("MatMulInteger", {"q", "w", "qz", "z"}, {"m"})
                              .node("Cast", {"m"}, {"f"}, {attribute("to", 1)})
                              .node("Mul", {"qs", "s"}, {"t"})
                              .node("Mul", {"f", "t"}, {"p"})
                              .node("Add", {"p", "b"}, {"y"}));
  std::string difference;
  EXPECT_TRUE(same_structure(was, is, &difference)) << difference << "\n" << to_text(was);
}

TEST(QuantizedOperators, RefuseImagesWithChannelsLast) {
  const Bytes graph = quantized_graph().node("QLinearGlobalAveragePool", {"x", "s", "z", "t", "u"},
                                             {"y"}, {attribute("channels_last", 1)}, kMicrosoft);
  const auto problems =
      problems_of(model_bytes(graph, {.opset = 21, .other_opsets = {{"com.microsoft", 1}}}));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].id, "onnx.unsupported_attribute");
}

}  // namespace
}  // namespace ingot::onnx
