// Bad models: each kind has a stable id, a text that names what is wrong, and a place.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "compiler/onnx/onnx_writer_test_helper.h"

namespace ingot {
namespace {

using namespace onnx::writing;  // NOLINT: models are written all over this file
using onnx::kBool;
using onnx::kFloat;
using onnx::kString;
namespace fs = std::filesystem;

class ModelErrors : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("ingot_model_errors_" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "a_folder.onnx");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string file(const Bytes& content) {
    const fs::path path = folder_ / "model.onnx";
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    return path.string();
  }
  /// The problems of importing the file at `path`.
  static std::vector<Problem> problems(const std::string& path) {
    try {
      import_onnx(path, nullptr);
    } catch (const Error& error) {
      return error.problems();
    }
    return {};
  }
  /// Expects one problem with this id, whose text contains `words`.
  void expect(const std::vector<Problem>& found, std::string_view id, std::string_view words) {
    ASSERT_EQ(found.size(), 1U) << (found.empty() ? "it imported" : found[1].to_string());
    EXPECT_EQ(found[0].id, id);
    EXPECT_NE(found[0].to_string().find(words), std::string::npos) << found[0].to_string();
    EXPECT_NE(found[0].where.find(".onnx"), std::string::npos) << found[0].to_string();
    EXPECT_FALSE(found[0].fix.empty()) << found[0].to_string();
  }
  void expect(const Bytes& content, std::string_view id, std::string_view words) {
    expect(problems(file(content)), id, words);
  }
  fs::path folder_;
};

GraphWriter small() { return GraphWriter().input("x", {1, 4}).output("y"); }

TEST_F(ModelErrors, FilesThatAreNotThere) {
  expect(problems((folder_ / "absent.onnx").string()), "file.not_found", "absent.onnx");
  expect(problems((folder_ / "a_folder.onnx").string()), "file.is_directory", "a_folder.onnx");
  expect(Bytes(), "file.empty", "empty");
}

TEST_F(ModelErrors, FilesThatAreSomethingElse) {
  expect("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "onnx.not_onnx",
         "Git LFS pointer");
  expect("<!DOCTYPE html><html><body>404</body></html>", "onnx.not_onnx", "web page");
  expect(std::string("PK\x03\x04", 4) + std::string(60, 'a'), "onnx.not_onnx", "PyTorch");
  expect("ftrt" + std::string(60, '\1'), "onnx.not_onnx", "TensorRT engine");
  expect("INGOTPLN" + std::string(300, '\0'), "onnx.not_onnx", "engine file of Ingot");
  expect("just some words\n", "onnx.not_onnx", "text file");
  expect("{\"a\": 1}", "onnx.not_onnx", "JSON");
  expect(std::string("\x89PNG\r\n\x1a\n", 8) + std::string(40, '\0'), "onnx.not_onnx", "PNG");
}

TEST_F(ModelErrors, DamagedFiles) {
  const Bytes whole = model_bytes(small().node("Relu", {"x"}, {"y"}));
  expect(whole.substr(0, whole.size() - 20), "onnx.truncated", "cut off");
  Bytes damaged = whole;
  damaged[4] = '\x7f';  // the first message of the graph claims more bytes than there are
  EXPECT_FALSE(problems(file(damaged)).empty());
  expect(std::string(64, '\xff'), "onnx.malformed", "damaged");
  Bytes no_graph;
  protozero::pbf_writer(no_graph).add_int64(1, 8);
  expect(no_graph, "onnx.no_graph", "no graph");
}

TEST_F(ModelErrors, ModelsWithoutVersions) {
  const Bytes graph = small().node("Relu", {"x"}, {"y"});
  expect(model_bytes(graph, {.with_ir_version = false}), "onnx.no_ir_version", "ir_version");
  expect(model_bytes(graph, {.opset = 0}), "onnx.no_opset", "opset_import");
}

TEST_F(ModelErrors, UnknownOperatorsAreAllListedInOneRun) {
  const Bytes model = model_bytes(small()
                                      .node("Rleu", {"x"}, {"a"}, {}, {"first"})
                                      .node("Rleu", {"a"}, {"b"}, {}, {"second"})
                                      .node("Fancy", {"b"}, {"c"}, {}, {"third", "my.domain"})
                                      .node("Relu", {"c"}, {"d"})
                                      .node("Nothing", {"d"}, {"y"}, {}, {"fourth"}),
                                  {.other_opsets = {{"my.domain", 7}}});
  const auto found = problems(file(model));
  ASSERT_EQ(found.size(), 3U);
  for (const Problem& problem : found) EXPECT_EQ(problem.id, "onnx.unsupported_operator");
  EXPECT_NE(found[0].what.find("Rleu of opset 19"), std::string::npos) << found[0].what;
  EXPECT_NE(found[0].where.find("node 0 \"first\", opset 19; node 1 \"second\""), std::string::npos)
      << found[0].where;
  EXPECT_NE(found[0].fix.find("\"Relu\""), std::string::npos) << found[0].fix;
  EXPECT_NE(found[1].what.find("Fancy of domain \"my.domain\" version 7"), std::string::npos);
  EXPECT_NE(found[2].what.find("Nothing"), std::string::npos);
}

TEST_F(ModelErrors, UnknownAttributesAreAllListedInOneRun) {
  const Bytes model = model_bytes(
      small()
          .node("Softmax", {"x"}, {"a"}, {attribute("axes", 1), attribute("speed", 2.0F)}, {"s"})
          .node("LeakyRelu", {"a"}, {"y"}, {attribute("alfa", 0.1F)}, {"l"}));
  const auto found = problems(file(model));
  ASSERT_EQ(found.size(), 3U);
  for (const Problem& problem : found) EXPECT_EQ(problem.id, "onnx.unsupported_attribute");
  EXPECT_NE(found[0].what.find("Softmax: attribute axes=1"), std::string::npos) << found[0].what;
  EXPECT_NE(found[2].fix.find("alpha"), std::string::npos) << found[2].fix;
}

TEST_F(ModelErrors, WronglyTypedAndMissingAttributes) {
  expect(model_bytes(small().node("LeakyRelu", {"x"}, {"y"}, {attribute("alpha", "big")})),
         "onnx.bad_attribute", "alpha is a text, not a float");
  expect(model_bytes(small().node("Cast", {"x"}, {"y"})), "onnx.missing_attribute", "to");
  expect(model_bytes(small().node("Cast", {"x"}, {"y"}, {attribute("to", 8)})),
         "onnx.unsupported_type", "STRING");
}

TEST_F(ModelErrors, ValuesThatAreMissingOrDoubled) {
  expect(model_bytes(small().node("Relu", {"nowhere"}, {"y"})), "onnx.missing_value", "nowhere");
  expect(model_bytes(GraphWriter().input("x", {1}).node("Relu", {"x"}, {"yy"}).output("y")),
         "onnx.missing_value", "yy");
  expect(model_bytes(small().node("Relu", {"x"}, {"y"}).node("Abs", {"x"}, {"y"})),
         "onnx.duplicate_value", "\"y\"");
  expect(model_bytes(small().node("Add", {"x"}, {"y"})), "onnx.missing_input", "Add: input 1");
  expect(model_bytes(small().node("Relu", {"x"}, {}).node("Abs", {"x"}, {"y"})), "onnx.bad_arity",
         "Relu has no output");
  expect(model_bytes(small().node("Relu", {"x", "x"}, {"y"})), "onnx.bad_arity", "2 inputs");
  expect(model_bytes(GraphWriter().input("x", {1}).node("Relu", {"x"}, {"y"})), "onnx.no_output",
         "no output");
}

TEST_F(ModelErrors, CyclesAreShownNodeByNode) {
  expect(model_bytes(small()
                         .node("Add", {"x", "c"}, {"a"}, {}, {"one"})
                         .node("Relu", {"a"}, {"b"}, {}, {"two"})
                         .node("Abs", {"b"}, {"c"}, {}, {"three"})
                         .node("Neg", {"c"}, {"y"}, {}, {"after"})),
         "onnx.cyclic_graph", "\"one\" -> \"two\" -> \"three\" -> \"one\"");
}

TEST_F(ModelErrors, InputsThatNoTensorCanBe) {
  const auto with = [](GraphWriter graph) {
    return model_bytes(graph.node("Relu", {"x"}, {"y"}).output("y"));
  };
  expect(with(GraphWriter().input_without_shape("x")), "onnx.missing_shape", "\"x\"");
  expect(with(GraphWriter().input("x", {1}, kString)), "onnx.unsupported_type", "STRING");
  expect(with(GraphWriter().input("x", {1, 1, 1, 1, 1, 1, 1, 1, 1})), "onnx.bad_shape", "9 axes");
}

TEST_F(ModelErrors, InitializersThatDisagreeWithTheirShape) {
  const Bytes model = model_bytes(small()
                                      .initializer(floats("weight", {2, 2}, {1, 2, 3}))
                                      .initializer(floats("bias", {2}, {1}))
                                      .node("Add", {"x", "weight"}, {"a"})
                                      .node("Add", {"a", "bias"}, {"y"}));
  const auto found = problems(file(model));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "onnx.size_mismatch");
  EXPECT_NE(found[0].what.find("\"weight\": its shape 2x2 takes 16 bytes"), std::string::npos)
      << found[0].what;
  EXPECT_NE(found[1].what.find("\"bias\""), std::string::npos);
}

TEST_F(ModelErrors, ExternalData) {
  const auto with = [](const std::string& location, const std::string& offset) {
    return model_bytes(
        small()
            .initializer(external_tensor("w", {4}, {{"location", location}, {"offset", offset}}))
            .node("Add", {"x", "w"}, {"y"}));
  };
  expect(with("weights.bin", "0"), "onnx.external_data_missing", "weights.bin");
  expect(with("../weights.bin", "0"), "onnx.external_data_outside", "leaves the model's folder");
  expect(with("/etc/hostname", "0"), "onnx.external_data_outside", "/etc/hostname");
  std::ofstream(folder_ / "weights.bin", std::ios::binary) << std::string(18, '\0');
  expect(with("weights.bin", "4"), "onnx.external_data_short", "which has 18");
  EXPECT_TRUE(problems(file(with("weights.bin", "0"))).empty());
}

TEST_F(ModelErrors, ShapesThatDoNotFit) {
  const auto found = problems(file(model_bytes(small()
                                                   .initializer(floats("w", {3}, {1, 2, 3}))
                                                   .node("Add", {"x", "w"}, {"y"}, {}, {"sum"}))));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "op.not_broadcastable");
  EXPECT_NE(found[0].where.find("model.onnx, node 0 \"sum\", opset 19"), std::string::npos);
}

TEST_F(ModelErrors, NaNWeightsAreAWarning) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<Problem> warnings;
  import_onnx(
      file(model_bytes(
          small().initializer(floats("w", {4}, {1, nan, nan, 2})).node("Add", {"x", "w"}, {"y"}))),
      &warnings);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].id, "onnx.non_finite_weights");
  EXPECT_NE(warnings[0].what.find("2 NaN"), std::string::npos);
}

}  // namespace
}  // namespace ingot
