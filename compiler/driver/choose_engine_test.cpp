// Builds with INT8: by measurement, by force, by the wishes of the user.
#include "compiler/driver/choose_engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "compiler/driver/computing_type.h"
#include "compiler/driver/regions.h"
#include "compiler/driver/target.h"
#include "compiler/onnx/import.h"
#include "compiler/onnx/onnx_writer_test_helper.h"
#include "core/base/file.h"

namespace ingot {
namespace {

using namespace onnx::writing;  // NOLINT: a model is written here

/// first -> between (Relu) -> second, and y = second + between.
class Int8Builds : public testing::Test {
 protected:
  void SetUp() override {
    const Bytes pads = attribute("pads", std::vector<int64_t>{1, 1, 1, 1});
    std::vector<float> weights;
    for (int i = 0; i < 16 * 16 * 9; ++i)
      weights.push_back(0.01F * static_cast<float>(i % 23 - 11));
    const Bytes graph = GraphWriter()
                            .input("x", {1, 16, 12, 12})
                            .initializer(floats("w", {16, 16, 3, 3}, weights))
                            .node("Conv", {"x", "w"}, {"a"}, {pads}, {.name = "first"})
                            .node("Relu", {"a"}, {"b"}, {}, {.name = "between"})
                            .node("Conv", {"b", "w"}, {"c"}, {pads}, {.name = "second"})
                            .node("Add", {"c", "b"}, {"y"}, {}, {.name = "sum"})
                            .output("y");
    const std::string content = model_bytes(graph);
    path_ = std::filesystem::temp_directory_path() /
            ("ingot_int8_builds_" + std::to_string(::getpid()) + ".onnx");
    std::ofstream(path_, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    options_.device = "cpu";
    options_.threads = 1;
    options_.optimization_level = 1;
    options_.average_timing = 1;
    options_.allow_int8 = true;
    options_.verify.tolerance = 0.1;
    options_.calibration.scales = {{"x", 1.0F / 127}, {"b", 4.0F / 127}};
  }
  void TearDown() override { std::filesystem::remove(path_); }

  BuildResult build() const { return ingot::build(Model::from_file(path_), options_); }
  static int layers(const BuildResult& built, std::string_view precision) {
    for (const auto& [name, count] : built.precision.layers) {
      if (name == precision) return count;
    }
    return 0;
  }

  std::filesystem::path path_;
  BuildOptions options_;
};

TEST_F(Int8Builds, ByForceBothConvolutionsTakeBytesAndAreNearFp32) {
  options_.force_int8 = true;
  const BuildResult built = build();
  EXPECT_GE(layers(built, "INT8"), 2);
  EXPECT_TRUE(built.accuracy.checked);
  EXPECT_TRUE(built.accuracy.passed);
  EXPECT_LT(built.accuracy.outputs[0].relative, 0.05);
  EXPECT_GT(built.accuracy.outputs[0].relative, 0);
}

TEST_F(Int8Builds, ByMeasurementTheDecisionIsTold) {
  const BuildResult built = build();
  ASSERT_EQ(built.precision.decisions.size(), 1U);
  const std::string& decision = built.precision.decisions[0];
  if (layers(built, "INT8") > 0) {
    EXPECT_TRUE(decision.starts_with("the engine with INT8 is ")) << decision;
  } else {
    EXPECT_TRUE(decision.starts_with("FP32 alone is taken: ")) << decision;
    EXPECT_FALSE(built.precision.kept.empty());
  }
}

TEST_F(Int8Builds, TheSameTimingCacheGivesTheSameEngine) {
  options_.timing_cache_path = path_.string() + ".cache";
  const BuildResult first = build(), second = build();
  EXPECT_EQ(*first.plan, *second.plan);
  std::filesystem::remove(options_.timing_cache_path);
  std::filesystem::remove(options_.timing_cache_path + ".lock");
}

TEST_F(Int8Builds, WishesForLayersAreObeyed) {
  options_.precision_constraints = PrecisionConstraints::kObey;
  options_.layer_precisions = {{"*", DType::kF32}, {"second", DType::kI8}};
  const BuildResult built = build();
  EXPECT_EQ(layers(built, "INT8"), 1);
  EXPECT_GE(layers(built, "FP32"), 1);
}

TEST_F(Int8Builds, AMissingRangeIsToldByLayer) {
  options_.force_int8 = true;
  options_.calibration.scales = {{"b", 4.0F / 127}};
  const BuildResult built = build();
  ASSERT_FALSE(built.precision.kept.empty());
  EXPECT_NE(built.precision.kept[0].reason.find("no range for its input \"x\""), std::string::npos)
      << built.precision.kept[0].reason;
  EXPECT_EQ(built.precision.kept[0].layers[0], "first");
}

TEST_F(Int8Builds, RegionsJoinWhatOneCompilationFuses) {
  options_.force_int8 = true;
  Stages stages(options_);
  std::vector<Problem> warnings;
  Compiler compiler(import_onnx(path_, &warnings), options_, make_target(options_), &stages);
  Precisions floats, bytes;
  bytes.int8 = true;
  bytes.ranges =
      std::make_shared<QuantizationRanges>(QuantizationRanges{options_.calibration.scales});
  const Compilation without = compiler.compile(floats), with = compiler.compile(bytes);
  int quantised = 0;
  double us_without = 0, us_with = 0;
  for (const Region& region : compare_regions(compiler.source(), DType::kI8, without, with)) {
    us_without += region.us_without;
    us_with += region.us_with;
    if (!region.lowered) continue;
    ++quantised;
    EXPECT_TRUE(region.name == "first" || region.name == "second") << region.name;
  }
  EXPECT_EQ(quantised, 2);
  // No time is lost or counted twice.
  EXPECT_NEAR(us_without, without.node_us(), 1e-6);
  EXPECT_NEAR(us_with, with.node_us(), 1e-6);
}

/// 16-bit floats on any CPU, by reference steps where it has no faster ones; times are given.
class SmallFloatBuilds : public Int8Builds {
 protected:
  void SetUp() override {
    Int8Builds::SetUp();
    options_.allow_int8 = false;
    options_.calibration.scales = {};
    allowed_.allow_small_float = true;
    allowed_.small_float = DType::kBF16;
  }

  ChosenEngine choose(double us_fp32, double us_bf16) {
    Stages stages(options_);
    std::vector<Problem> warnings;
    Compiler compiler(import_onnx(path_, &warnings), options_, make_target(options_), &stages);
    return choose_engine(&compiler, allowed_, [&](Compiler*, const auto& engines) {
      std::vector<double> times;
      for (const ChosenEngine* engine : engines) {
        times.push_back(products_in(*engine, DType::kBF16) > 0 ? us_bf16 : us_fp32);
      }
      compared_ = engines.size();
      return times;
    });
  }

  static int products_in(const ChosenEngine& engine, DType type) {
    const Graph& graph = engine.compilation.graph;
    int count = 0;
    for (NodeId id : graph.nodes("Conv")) count += computing_type(graph, id) == type;
    return count;
  }

  Precisions allowed_;
  size_t compared_ = 0;
};

TEST_F(SmallFloatBuilds, AreTakenWhereTheyAreFaster) {
  const ChosenEngine engine = choose(20, 10);
  EXPECT_EQ(products_in(engine, DType::kBF16), 2);
  ASSERT_EQ(engine.decisions.size(), 1U);
  EXPECT_EQ(engine.decisions[0], "the engine with BF16 is 2.00x as fast as with FP32 alone");
}

TEST_F(SmallFloatBuilds, AreLeftWhereFp32IsFasterAndThatIsTold) {
  const ChosenEngine engine = choose(10, 15);
  EXPECT_EQ(products_in(engine, DType::kF32), 2);
  ASSERT_EQ(engine.decisions.size(), 1U);
  EXPECT_TRUE(engine.decisions[0].starts_with(
      "FP32 alone is taken: the engine with BF16 takes 1.50x its time here"))
      << engine.decisions[0];
  EXPECT_EQ(engine.taken_out.at("first"),
            "the whole engine was measured to be no faster with BF16");
  EXPECT_GE(compared_, 2U);
}

TEST_F(SmallFloatBuilds, AreKeptForLayersThatAreWantedSo) {
  allowed_.small_float_here = {"second"};
  EXPECT_GE(products_in(choose(10, 15), DType::kBF16), 1);
}

TEST_F(SmallFloatBuilds, AreTheRestOfAnInt8EngineOnlyWhereTheyAreFaster) {
  allowed_.int8 = true;
  allowed_.int8_here = {"first"};
  allowed_.ranges = std::make_shared<QuantizationRanges>(QuantizationRanges{{{"x", 0.01F}}});
  for (const bool faster : {false, true}) {
    SCOPED_TRACE(faster);
    const ChosenEngine engine = choose(10, faster ? 5 : 20);
    EXPECT_EQ(products_in(engine, DType::kI8), 1);
    EXPECT_EQ(products_in(engine, faster ? DType::kBF16 : DType::kF32), 1);
    EXPECT_EQ(engine.decisions.size(), 2U);
  }
}

}  // namespace
}  // namespace ingot
