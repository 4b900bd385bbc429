// Old forms of operators import to what their newest forms import to: same nodes, same results.
#include <gtest/gtest.h>

#include <cmath>

#include "compiler/graph/interpret.h"
#include "compiler/onnx/onnx_writer_test_helper.h"

namespace ingot::onnx {
namespace {

using namespace writing;
using Ints = std::vector<int64_t>;

constexpr int64_t kNew = 24;

std::vector<Tensor> sample_inputs(const Graph& graph) {
  std::vector<Tensor> tensors;
  for (const ValueId input : graph.inputs()) {
    const Shape shape = graph.opt_shape(input);
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(std::sin(1.0 + 3.7 * static_cast<double>(i)) * 3);
    }
    tensors.push_back(Tensor::from_floats(values, shape));
  }
  return tensors;
}

void expect_same_results(const Graph& a, const Graph& b) {
  const auto first = interpret(a, sample_inputs(a)), second = interpret(b, sample_inputs(b));
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].shape(), second[i].shape());
    const std::vector<float> x = first[i].to_floats(), y = second[i].to_floats();
    for (size_t j = 0; j < x.size(); ++j) ASSERT_NEAR(x[j], y[j], 1e-6) << "element " << j;
  }
}

/// Both models import to the same graph and compute the same.
void expect_same(const Bytes& old_graph, int64_t opset, const Bytes& new_graph) {
  const Graph was = import_bytes(model_bytes(old_graph, {.opset = opset}));
  const Graph is = import_bytes(model_bytes(new_graph, {.opset = kNew}));
  std::string difference;
  EXPECT_TRUE(same_structure(was, is, &difference)) << difference << "\n" << to_text(was);
  expect_same_results(was, is);
}

/// x: [2,3,4,4] and more of the graph.
GraphWriter with_x(const std::vector<DimText>& dims = {2, 3, 4, 4}) {
  return GraphWriter().input("x", dims).output("y");
}

TEST(OpsetRewrites, AxesOfReductions) {
  for (const char* op : {"ReduceMean", "ReduceMax", "ReduceL2", "ReduceProd", "ReduceLogSumExp"}) {
    expect_same(
        with_x().node(op, {"x"}, {"y"}, {attribute("axes", Ints{1, -1}), attribute("keepdims", 0)}),
        13,
        with_x()
            .initializer(integers("axes", {1, -1}))
            .node(op, {"x", "axes"}, {"y"}, {attribute("keepdims", 0)}));
  }
  expect_same(with_x().node("ReduceSum", {"x"}, {"y"}, {attribute("axes", Ints{2})}), 11,
              with_x().initializer(integers("a", {2})).node("ReduceSum", {"x", "a"}, {"y"}));
  expect_same(with_x().node("ReduceSum", {"x"}, {"y"}), 11,
              with_x().node("ReduceSum", {"x"}, {"y"}));
}

TEST(OpsetRewrites, SqueezeUnsqueezeAndSplit) {
  expect_same(with_x({2, 1, 4}).node("Squeeze", {"x"}, {"y"}, {attribute("axes", Ints{1})}), 11,
              with_x({2, 1, 4}).initializer(integers("a", {1})).node("Squeeze", {"x", "a"}, {"y"}));
  expect_same(with_x().node("Unsqueeze", {"x"}, {"y"}, {attribute("axes", Ints{0, 3})}), 11,
              with_x().initializer(integers("a", {0, 3})).node("Unsqueeze", {"x", "a"}, {"y"}));
  expect_same(
      with_x()
          .node("Split", {"x"}, {"y", "z"}, {attribute("axis", 1), attribute("split", Ints{1, 2})})
          .output("z"),
      11,
      with_x()
          .initializer(integers("s", {1, 2}))
          .node("Split", {"x", "s"}, {"y", "z"}, {attribute("axis", 1)})
          .output("z"));
  expect_same(
      with_x().node("Split", {"x"}, {"y", "z"}, {attribute("axis", 2)}).output("z"), 13,
      with_x()
          .node("Split", {"x"}, {"y", "z"}, {attribute("axis", 2), attribute("num_outputs", 2)})
          .output("z"));
}

TEST(OpsetRewrites, BoundsPadsAndShapes) {
  expect_same(with_x().node("Clip", {"x"}, {"y"}, {attribute("min", 0.0F), attribute("max", 1.0F)}),
              6,
              with_x()
                  .initializer(floats("low", {}, {0}))
                  .initializer(floats("high", {}, {1}))
                  .node("Clip", {"x", "low", "high"}, {"y"}));
  expect_same(with_x().node("Clip", {"x"}, {"y"}, {attribute("max", 1.0F)}), 6,
              with_x().initializer(floats("high", {}, {1})).node("Clip", {"x", "", "high"}, {"y"}));
  const Ints pads = {0, 0, 1, 2, 0, 0, 0, 1};
  const Bytes new_pad = with_x()
                            .initializer(integers("p", pads))
                            .initializer(floats("v", {}, {2}))
                            .node("Pad", {"x", "p", "v"}, {"y"});
  expect_same(
      with_x().node("Pad", {"x"}, {"y"}, {attribute("pads", pads), attribute("value", 2.0F)}), 2,
      new_pad);
  expect_same(
      with_x().node("Pad", {"x"}, {"y"}, {attribute("paddings", pads), attribute("value", 2.0F)}),
      1, new_pad);
  expect_same(with_x().node("Slice", {"x"}, {"y"},
                            {attribute("starts", Ints{1}), attribute("ends", Ints{-1}),
                             attribute("axes", Ints{2})}),
              9,
              with_x()
                  .initializer(integers("s", {1}))
                  .initializer(integers("e", {-1}))
                  .initializer(integers("a", {2}))
                  .node("Slice", {"x", "s", "e", "a"}, {"y"}));
  expect_same(with_x().node("Reshape", {"x"}, {"y"}, {attribute("shape", Ints{0, -1})}), 1,
              with_x().initializer(integers("s", {0, -1})).node("Reshape", {"x", "s"}, {"y"}));
  expect_same(with_x().node("TopK", {"x"}, {"y", "i"}, {attribute("k", 2)}), 9,
              with_x().initializer(integers("k", {2})).node("TopK", {"x", "k"}, {"y", "i"}));
  expect_same(with_x()
                  .initializer(scalar("times", 2))
                  .initializer(scalar("axis", 1))
                  .node("Tile", {"x", "times", "axis"}, {"y"}),
              5, with_x().initializer(integers("r", {1, 2, 1, 1})).node("Tile", {"x", "r"}, {"y"}));
}

TEST(OpsetRewrites, BroadcastAlongAnAxis) {
  const Bytes channel = floats("b", {3}, {1, 2, 3});
  const Bytes is = with_x()
                       .initializer(channel)
                       .initializer(integers("a", {1, 2}))
                       .node("Unsqueeze", {"b", "a"}, {"c"})
                       .node("Add", {"x", "c"}, {"y"});
  expect_same(with_x().initializer(channel).node("Add", {"x", "b"}, {"y"},
                                                 {attribute("broadcast", 1), attribute("axis", 1)}),
              6, is);
  expect_same(with_x().initializer(channel).node("Add", {"x", "b"}, {"y"},
                                                 {attribute("broadcast", 1), attribute("axis", -3),
                                                  attribute("consumed_inputs", Ints{0, 0})}),
              1, is);
  const Bytes last = floats("b", {4}, {1, 2, 3, 4});
  expect_same(
      with_x().initializer(last).node("Mul", {"x", "b"}, {"y"}, {attribute("broadcast", 1)}), 6,
      with_x().initializer(last).node("Mul", {"x", "b"}, {"y"}));
  expect_same(with_x().initializer(channel).node("PRelu", {"x", "b"}, {"y"}), 6,
              with_x()
                  .initializer(channel)
                  .initializer(integers("a", {1, 2}))
                  .node("Unsqueeze", {"b", "a"}, {"c"})
                  .node("PRelu", {"x", "c"}, {"y"}));
}

TEST(OpsetRewrites, UpsampleAndOldResize) {
  const Bytes scales = floats("s", {4}, {1, 1, 2, 3});
  const auto is = [&](const char* mode, const char* rounding, const Bytes& factors) {
    return with_x().initializer(factors).node(
        "Resize", {"x", "", "s"}, {"y"},
        {attribute("mode", mode), attribute("coordinate_transformation_mode", "asymmetric"),
         attribute("nearest_mode", rounding)});
  };
  expect_same(with_x().node("Upsample", {"x"}, {"y"},
                            {attribute("scales", std::vector<float>{1, 1, 2, 3})}),
              7, is("nearest", "floor", scales));
  expect_same(with_x().node("Upsample", {"x"}, {"y"},
                            {attribute("height_scale", 2.0F), attribute("width_scale", 3.0F),
                             attribute("mode", "bilinear")}),
              1, is("linear", "floor", scales));
  expect_same(with_x().initializer(scales).node("Upsample", {"x", "s"}, {"y"},
                                                {attribute("mode", "linear")}),
              9, is("linear", "floor", scales));
  expect_same(with_x().initializer(scales).node("Resize", {"x", "s"}, {"y"}), 10,
              is("nearest", "floor", scales));
  const Bytes half = floats("s", {4}, {1, 1, 0.5, 0.5});
  expect_same(with_x().initializer(half).node("Resize", {"x", "s"}, {"y"}), 10,
              is("nearest", "ceil", half));
}

TEST(OpsetRewrites, ResizeLosesEmptyInputs) {
  const Bytes sizes = integers("s", {2, 3, 8, 8});
  expect_same(with_x()
                  .initializer(floats("roi", {0}, {}))
                  .initializer(floats("none", {0}, {}))
                  .initializer(sizes)
                  .node("Resize", {"x", "roi", "none", "s"}, {"y"}),
              11, with_x().initializer(sizes).node("Resize", {"x", "", "", "s"}, {"y"}));
}

TEST(OpsetRewrites, SoftmaxOfMatrices) {
  for (const char* op : {"Softmax", "LogSoftmax", "Hardmax"}) {
    expect_same(with_x({2, 5}).node(op, {"x"}, {"y"}), 11,
                with_x({2, 5}).node(op, {"x"}, {"y"}, {attribute("axis", -1)}));
    expect_same(with_x().node(op, {"x"}, {"y"}, {attribute("axis", 2)}), 11,
                with_x()
                    .node("Flatten", {"x"}, {"m"}, {attribute("axis", 2)})
                    .node(op, {"m"}, {"r"}, {attribute("axis", -1)})
                    .node("Shape", {"x"}, {"s"})
                    .node("Reshape", {"r", "s"}, {"y"}));
  }
}

TEST(OpsetRewrites, BatchNormalizationForgetsTraining) {
  const auto parameters = [] {
    GraphWriter writer = with_x();
    for (const char* name : {"s", "b", "m", "v"}) {
      writer.initializer(floats(name, {3}, {1, 2, 3}));
    }
    return writer;
  };
  const Bytes is = parameters().node("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y"});
  expect_same(parameters().node("BatchNormalization", {"x", "s", "b", "m", "v"},
                                {"y", "m2", "v2", "m3", "v3"},
                                {attribute("is_test", 1), attribute("spatial", 1)}),
              6, is);
  expect_same(parameters().node("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y"},
                                {attribute("spatial", 1)}),
              7, is);
  const auto problems = problems_of(model_bytes(
      parameters().node("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y", "m2"}).output("m2"),
      {.opset = 9}));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].id, "onnx.training_output");
}

TEST(OpsetRewrites, GroupNormalizationScalesChannels) {
  const Bytes was =
      with_x({2, 4, 3})
          .initializer(floats("s", {2}, {2, 3}))
          .initializer(floats("b", {2}, {5, 7}))
          .node("GroupNormalization", {"x", "s", "b"}, {"y"}, {attribute("num_groups", 2)});
  const Bytes is =
      with_x({2, 4, 3})
          .initializer(floats("s", {4}, {2, 2, 3, 3}))
          .initializer(floats("b", {4}, {5, 5, 7, 7}))
          .node("GroupNormalization", {"x", "s", "b"}, {"y"}, {attribute("num_groups", 2)});
  expect_same_results(import_bytes(model_bytes(was, {.opset = 18})),
                      import_bytes(model_bytes(is, {.opset = 21})));
}

TEST(OpsetRewrites, NamesModesAndDefaults) {
  expect_same(with_x().node("Cast", {"x"}, {"y"}, {attribute("to", "INT32")}), 1,
              with_x().node("Cast", {"x"}, {"y"}, {attribute("to", int64_t{kInt32})}));
  expect_same(with_x().node("Concat", {"x", "x"}, {"y"}), 3,
              with_x().node("Concat", {"x", "x"}, {"y"}, {attribute("axis", 1)}));
  expect_same(with_x().node("Selu", {"x"}, {"y"}), 1,
              with_x().node("Selu", {"x"}, {"y"},
                            {attribute("alpha", 1.6732F), attribute("gamma", 1.0507F)}));
  expect_same(with_x().node("Dropout", {"x"}, {"y"}, {attribute("ratio", 0.1F)}), 10,
              with_x().node("Dropout", {"x"}, {"y"}));
  const Bytes grid = floats("g", {2, 1, 2, 2}, {0, 0, 0.5, -0.5, 0.1, 0.2, -1, 1});
  expect_same(with_x().initializer(grid).node("GridSample", {"x", "g"}, {"y"},
                                              {attribute("mode", "bilinear")}),
              16,
              with_x().initializer(grid).node("GridSample", {"x", "g"}, {"y"},
                                              {attribute("mode", "linear")}));
  const Bytes indices = raw_tensor<int64_t>("i", kInt64, {1, 1, 1, 1}, {1});
  const Bytes updates = floats("u", {1, 1, 1, 1}, {9});
  expect_same(
      with_x().initializer(indices).initializer(updates).node("Scatter", {"x", "i", "u"}, {"y"}), 9,
      with_x().initializer(indices).initializer(updates).node("ScatterElements", {"x", "i", "u"},
                                                              {"y"}));
}

TEST(OpsetRewrites, ContributedOperatorsBecomeStandardOnes) {
  const auto import = [](const Bytes& graph) {
    return import_bytes(model_bytes(graph, {.opset = 20, .other_opsets = {{"com.microsoft", 1}}}));
  };
  const Bytes gamma = floats("g", {4}, {1, 2, 3, 4});
  const Graph was = import(with_x({2, 4})
                               .input("skip", {2, 4})
                               .initializer(gamma)
                               .node("SkipLayerNormalization", {"x", "skip", "g"}, {"n"},
                                     {attribute("epsilon", 0.01F)}, {"", "com.microsoft"})
                               .node("FastGelu", {"n"}, {"y"}, {}, {"", "com.microsoft"}));
  const Graph is = import(with_x({2, 4})
                              .input("skip", {2, 4})
                              .initializer(gamma)
                              .node("Add", {"x", "skip"}, {"s"})
                              .node("LayerNormalization", {"s", "g"}, {"n"},
                                    {attribute("epsilon", 0.01F), attribute("axis", -1)})
                              .node("Gelu", {"n"}, {"y"}, {attribute("approximate", "tanh")}));
  std::string difference;
  EXPECT_TRUE(same_structure(was, is, &difference)) << difference;
  EXPECT_EQ(was.value(was.outputs()[0]).name, "y");

  const auto problems = problems_of(
      model_bytes(with_x().node("Gelu", {"x"}, {"y"}, {attribute("odd", 1)}, {"", "com.microsoft"}),
                  {.other_opsets = {{"com.microsoft", 1}}}));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].id, "onnx.unsupported_attribute");
}

/// x: u8[2,3], quantised by a scale `s` and a zero point `z`.
GraphWriter with_quantized() {
  return GraphWriter()
      .input("x", {2, 3}, kUint8)
      .output("y")
      .initializer(floats("s", {}, {0.5F}))
      .initializer(raw_tensor<uint8_t>("z", kUint8, {}, {3}));
}

TEST(OpsetRewrites, QuantisedOperatorsAreFloatOnesBetweenTheirConversions) {
  const NodeOptions microsoft = {"", "com.microsoft"};
  const auto structure_of = [](const Bytes& graph) {
    return import_bytes(model_bytes(graph, {.opset = 20, .other_opsets = {{"com.microsoft", 1}}}));
  };
  const auto expect_equal = [&](const Bytes& a, const Bytes& b) {
    std::string difference;
    const Graph was = structure_of(a);
    EXPECT_TRUE(same_structure(was, structure_of(b), &difference)) << difference << to_text(was);
  };
  expect_equal(with_quantized().node("QLinearAdd", {"x", "s", "z", "x", "s", "", "s", "z"}, {"y"},
                                     {}, microsoft),
               with_quantized()
                   .node("DequantizeLinear", {"x", "s", "z"}, {"a"})
                   .node("DequantizeLinear", {"x", "s"}, {"b"})
                   .node("Add", {"a", "b"}, {"c"})
                   .node("QuantizeLinear", {"c", "s", "z"}, {"y"}));
  expect_equal(with_quantized().node("QLinearLeakyRelu", {"x", "s", "z", "s", "z"}, {"y"},
                                     {attribute("alpha", 0.25F)}, microsoft),
               with_quantized()
                   .node("DequantizeLinear", {"x", "s", "z"}, {"a"})
                   .node("LeakyRelu", {"a"}, {"b"}, {attribute("alpha", 0.25F)})
                   .node("QuantizeLinear", {"b", "s", "z"}, {"y"}));
  expect_equal(with_quantized().node("QLinearConcat", {"s", "z", "x", "s", "z", "x", "s", "z"},
                                     {"y"}, {attribute("axis", 1)}, microsoft),
               with_quantized()
                   .node("DequantizeLinear", {"x", "s", "z"}, {"a"})
                   .node("DequantizeLinear", {"x", "s", "z"}, {"b"})
                   .node("Concat", {"a", "b"}, {"c"}, {attribute("axis", 1)})
                   .node("QuantizeLinear", {"c", "s", "z"}, {"y"}));
  const Bytes weights =
      raw_tensor<int8_t>("w", kInt8, {4, 3}, {1, -2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2});
  const Bytes scales = floats("ws", {4}, {1, 2, 3, 4});
  expect_equal(with_quantized().initializer(weights).initializer(scales).node(
                   "QGemm", {"x", "s", "z", "w", "ws", "", "", "s", "z"}, {"y"},
                   {attribute("transB", 1)}, microsoft),
               with_quantized()
                   .initializer(weights)
                   .initializer(scales)
                   .node("DequantizeLinear", {"x", "s", "z"}, {"a"})
                   .node("DequantizeLinear", {"w", "ws"}, {"b"}, {attribute("axis", 0)})
                   .node("Gemm", {"a", "b"}, {"c"}, {attribute("transB", 1)})
                   .node("QuantizeLinear", {"c", "s", "z"}, {"y"}));
  const auto problems = problems_of(
      model_bytes(with_quantized().node("QLinearGlobalAveragePool", {"x", "s", "z", "s", "z"},
                                        {"y"}, {attribute("channels_last", 1)}, microsoft),
                  {.other_opsets = {{"com.microsoft", 1}}}));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].id, "onnx.unsupported_attribute");
}

}  // namespace
}  // namespace ingot::onnx
