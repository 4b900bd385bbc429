// Damaged models end in an Error, never in a crash: valid models with bytes changed, dropped,
// repeated and swapped. (tests/fuzz/onnx_fuzzer.cpp does the same for longer.)
#include <gtest/gtest.h>

#include <random>

#include "compiler/onnx/onnx_writer_test_helper.h"

namespace ingot::onnx {
namespace {

using namespace writing;

/// One of everything: weights, old forms, subgraphs, functions, symbols.
Bytes rich_model() {
  const Bytes then_branch = GraphWriter().node("Add", {"r", "w"}, {"t"}).output("t");
  const Bytes else_branch = GraphWriter().node("Identity", {"r"}, {"e"}).output("e");
  const Bytes body = GraphWriter()
                         .input("i", {}, kInt64)
                         .input("go", {}, kBool)
                         .input("s", {"n", 4})
                         .node("Identity", {"go"}, {"on"})
                         .node("Mul", {"s", "w"}, {"s2"})
                         .output("on")
                         .output("s2");
  return model_bytes(
      GraphWriter()
          .input("x", {"n", 4})
          .input("c", {}, kBool)
          .initializer(floats("w", {4}, {1, 2, 3, 4}))
          .initializer(scalar("trips", 2))
          .initializer(integers("shape", {0, 2, -1}))
          .node("Clip", {"x"}, {"a"}, {attribute("min", 0.0F), attribute("max", 6.0F)})
          .node("Softmax", {"a"}, {"b"}, {attribute("axis", 0)})
          .node("half", {"b"}, {"r"}, {attribute("by", 0.25F)}, {"call", "test"})
          .node("If", {"c"}, {"d"},
                {graph_attribute("then_branch", then_branch),
                 graph_attribute("else_branch", else_branch)})
          .node("Loop", {"trips", "", "d"}, {"l"}, {graph_attribute("body", body)})
          .node("Reshape", {"l", "shape"}, {"y"}, {}, {"last"})
          .output("y"),
      {.opset = 10,
       .other_opsets = {{"test", 1}},
       .functions = {function_bytes(
           "half", {"v"}, {"h"},
           {node_bytes("Constant", {}, {"k"},
                       {reference_attribute("value_float", AttributeProto::kFloat, "by")}, {}),
            node_bytes("Mul", {"v", "k"}, {"h"}, {}, {})})}});
}

Bytes mutated(Bytes bytes, std::mt19937& random) {
  const auto at = [&] { return random() % bytes.size(); };
  const int changes = 1 + static_cast<int>(random() % 3);
  for (int i = 0; i < changes && !bytes.empty(); ++i) {
    switch (random() % 6) {
      case 0:
        bytes[at()] = static_cast<char>(random());
        break;
      case 1:
        bytes[at()] ^= static_cast<char>(1U << (random() % 8));
        break;
      case 2:
        bytes[at()] += static_cast<char>(random() % 3) - 1;
        break;
      case 3:
        bytes.erase(at(), 1 + random() % 4);
        break;
      case 4:
        bytes.insert(at(), bytes.substr(at(), 1 + random() % 16));
        break;
      default:
        bytes.resize(at());
        break;
    }
  }
  return bytes;
}

TEST(DamagedModels, EndInAnErrorOrImport) {
  const Bytes model = rich_model();
  for (const Problem& problem : problems_of(model)) FAIL() << problem.to_string();
  std::mt19937 random(1);
  int refused = 0;
  constexpr int kRuns = 4000;
  for (int i = 0; i < kRuns; ++i) {
    const Bytes bad = mutated(model, random);
    try {
      import_bytes(bad);
    } catch (const Error& error) {
      ++refused;
      for (const Problem& problem : error.problems()) {
        EXPECT_NE(problem.id, "internal.assertion") << "run " << i << ": " << problem.to_string();
        EXPECT_FALSE(problem.where.empty()) << problem.to_string();
      }
    }
  }
  EXPECT_GT(refused, kRuns / 2);
}

}  // namespace
}  // namespace ingot::onnx
