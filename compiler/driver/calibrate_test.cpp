// Calibration of small models: names, numbers, sources of samples.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "compiler/driver/collect_ranges.h"
#include "compiler/driver/compilation.h"
#include "compiler/driver/model.h"
#include "compiler/driver/profiles.h"
#include "compiler/driver/target.h"
#include "compiler/onnx/onnx_writer_test_helper.h"
#include "compiler/quant/calibration_cache.h"
#include "core/tensor/dtype.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

const std::string kTests = std::string(INGOT_SOURCE_DIR) + "/tests/";

BuildOptions options() {
  BuildOptions result;
  result.device = "cpu";
  result.threads = 1;
  result.calibration.algorithm = CalibrationAlgorithm::kMinMax;
  return result;
}

std::vector<ValueId> computed_floats(const Graph& graph) {
  std::vector<ValueId> values;
  for (const NodeId node : graph.nodes()) {
    for (const ValueId output : graph.node(node).outputs) {
      if (output && is_float(graph.dtype(output)) && !graph.value(output).is_constant()) {
        values.push_back(output);
      }
    }
  }
  return values;
}

double relative_error(const std::vector<float>& expected, const std::vector<float>& found) {
  double error = 0, total = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(expected[i] - found[i], 2);
    total += std::pow(expected[i], 2);
  }
  return total == 0 ? std::sqrt(error) : std::sqrt(error / total);
}

std::vector<std::string> committed_models() {
  std::vector<std::string> models = {kTests + "data/classifier.onnx"};
  for (const auto& entry : fs::directory_iterator(kTests + "quant/models")) {
    if (entry.path().extension() == ".onnx") models.push_back(entry.path());
  }
  EXPECT_GE(models.size(), 3U);
  return models;
}

/// A range is found by the name of an ONNX tensor: whatever the passes call so must be that tensor.
TEST(Calibration, RewrittenGraphsCallTheirTensorsAsTheModelDoes) {
  for (const std::string& path : committed_models()) {
    SCOPED_TRACE(path);
    const Model model = Model::from_file(path);
    const BuildOptions build = options();
    Stages unseen(build);
    Graph graph = model.state().graph;
    std::vector<Problem> warnings;
    apply_profiles(&graph, {}, &warnings);
    Compiler compiler(std::move(graph), build, make_target(build), &unseen);
    const Graph rewritten = compiler.rewrite_before("assign_precision", {});
    const Graph original = compiler.rewrite_before("gemm_to_matmul", {});
    TappedEngine left(original, "gemm_to_matmul", computed_floats(original), build);
    TappedEngine right(rewritten, "assign_precision", computed_floats(rewritten), build);
    std::map<std::string, Shape> shapes;
    for (const ValueId input : original.inputs()) {
      shapes[original.value(input).name] = original.opt_shape(input);
    }
    const Sample sample = random_sample(model.inputs(), shapes, {}, 1);
    left.run(sample, 0);
    right.run(sample, 0);
    int compared = 0;
    for (size_t i = 0; i < right.names().size(); ++i) {
      const auto found = std::find(left.names().begin(), left.names().end(), right.names()[i]);
      if (found == left.names().end()) continue;
      const auto expected = left.values(static_cast<size_t>(found - left.names().begin()));
      EXPECT_LT(relative_error(expected.to_floats(), right.values(i).to_floats()), 1e-3)
          << right.names()[i];
      ++compared;
    }
    EXPECT_GE(compared, static_cast<int>(right.names().size()) / 2);
  }
}

/// Another version of the passes, or TensorRT, knows nothing of names that a pass made.
TEST(Calibration, CachesNameTheTensorsOfTheModelAndAllOfThem) {
  const fs::path cache =
      fs::temp_directory_path() / fmt::format("ingot_names_{}.cache", ::getpid());
  for (const std::string& path : committed_models()) {
    SCOPED_TRACE(path);
    const Model model = Model::from_file(path);
    BuildOptions build = options();
    build.calibration.path = "random";
    build.calibration.complete = true;
    calibrate(model, build).save_cache(cache);
    build.calibration.path = cache;
    const CalibrationResult read = calibrate(model, build);
    EXPECT_GT(read.scales.size(), 5U);
    for (const Problem& warning : read.warnings) ADD_FAILURE() << warning.what;
  }
  fs::remove(cache);
}

/// y = Relu(2 * x), in two nodes with names.
class CalibrationOfOneModel : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("ingot_calibrate_") + test->name() + "_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    namespace w = onnx::writing;
    const std::string path = folder_ / "model.onnx";
    const auto bytes = w::model_bytes(w::GraphWriter()
                                          .input("x", {"n", 3})
                                          .initializer(w::floats("two", {1}, {2.0F}))
                                          .node("Mul", {"x", "two"}, {"doubled"})
                                          .node("Relu", {"doubled"}, {"y"})
                                          .output("y"));
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    model_.emplace(Model::from_file(path));
    profile_ = {{{"x", {.min = {1, 3}, .opt = {2, 3}, .max = {4, 3}}}}};
  }
  void TearDown() override { fs::remove_all(folder_); }

  BuildOptions with(std::vector<std::vector<float>> batches) const {
    BuildOptions build = options();
    build.profiles = profile_;
    auto left = std::make_shared<std::vector<std::vector<float>>>(std::move(batches));
    build.calibration.samples = [left](Arrays* sample) {
      if (left->empty()) return false;
      auto values = std::make_shared<std::vector<float>>(left->front());
      left->erase(left->begin());
      (*sample)["x"] = {
          DType::kF32, {static_cast<int64_t>(values->size()) / 3, 3}, {values, values->data()}};
      return true;
    };
    return build;
  }

  fs::path folder_;
  std::optional<Model> model_;
  std::vector<Profile> profile_;
};

TEST_F(CalibrationOfOneModel, FindsTheLargestMagnitudeOverSamplesOfAnyShape) {
  BuildOptions build = with({{1, -2, 3}, {0, 0, 0, 0, 0, -12.7F}});
  build.calibration.complete = true;
  const CalibrationResult result = calibrate(*model_, build);
  EXPECT_EQ(result.samples, 2);
  EXPECT_EQ(result.algorithm, "MinMaxCalibration");
  EXPECT_NEAR(result.scales.at("x"), 0.1, 1e-6);
  EXPECT_NEAR(result.scales.at("doubled"), 0.2, 1e-6);
  EXPECT_NEAR(result.scales.at("y"), 6.0 / 127, 1e-6);
}

TEST_F(CalibrationOfOneModel, WritesACacheThatItReads) {
  const CalibrationResult first = calibrate(*model_, with({{1, -2, 3}}));
  const std::string path = folder_ / "c.cache";
  first.save_cache(path);
  BuildOptions build = options();
  build.calibration.path = path;
  const CalibrationResult again = calibrate(*model_, build);
  EXPECT_EQ(again.scales, first.scales);
  EXPECT_EQ(again.samples, 0);
  EXPECT_EQ(again.algorithm, "MinMaxCalibration");
  build.calibration.scales = {{"x", 0.5F}};
  EXPECT_EQ(calibrate(*model_, build).scales.at("x"), 0.5F) << "ranges by hand come last";
}

TEST_F(CalibrationOfOneModel, StopsAtTheLargestNumberOfSamples) {
  BuildOptions build = with({{1, 1, 1}, {2, 2, 2}, {3, 3, 3}});
  build.calibration.max_samples = 2;
  const CalibrationResult result = calibrate(*model_, build);
  EXPECT_EQ(result.samples, 2);
  EXPECT_NEAR(result.scales.at("x"), 2.0 / 127, 1e-6);
}

TEST_F(CalibrationOfOneModel, ReadsFilesOfAFolder) {
  const float values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::ofstream(folder_ / "all.raw", std::ios::binary)
      .write(reinterpret_cast<const char*>(values), sizeof values);
  BuildOptions build = options();
  build.profiles = profile_;
  build.calibration.path = folder_ / "all.raw";
  build.calibration.batch = 1;
  const CalibrationResult result = calibrate(*model_, build);
  EXPECT_EQ(result.samples, 3);
  EXPECT_NEAR(result.scales.at("x"), 9.0 / 127, 1e-6);
}

TEST_F(CalibrationOfOneModel, MarksRangesOfRandomData) {
  BuildOptions build = options();
  build.profiles = profile_;
  build.calibration.path = "random";
  const CalibrationResult result = calibrate(*model_, build);
  EXPECT_TRUE(result.random);
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_EQ(result.warnings.back().id, "calibration.random");
  EXPECT_LE(result.scales.at("x"), 1.0 / 127);
}

TEST_F(CalibrationOfOneModel, LeavesOutWhatIsNotFinite) {
  const CalibrationResult result = calibrate(*model_, with({{1, 2, INFINITY}, {NAN, 1, 1}}));
  EXPECT_NEAR(result.scales.at("x"), 2.0 / 127, 1e-6);
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_EQ(result.warnings.back().id, "calibration.not_finite");
}

TEST_F(CalibrationOfOneModel, TellsWhereItIs) {
  BuildOptions build = with({{1, 1, 1}, {2, 2, 2}});
  std::set<std::string> stages;
  build.calibration.on_progress = [&](const CalibrationProgress& progress) {
    stages.emplace(progress.stage);
  };
  calibrate(*model_, build);
  EXPECT_EQ(stages, (std::set<std::string>{"build", "run"}));
}

TEST_F(CalibrationOfOneModel, RefusesSamplesByNameAndShape) {
  const auto id_of = [&](const BuildOptions& build) -> std::string {
    try {
      calibrate(*model_, build);
    } catch (const Error& error) {
      EXPECT_FALSE(error.problems()[0].fix.empty());
      return error.problems()[0].id;
    }
    return "";
  };
  EXPECT_EQ(id_of(with({})), "calibration.no_samples");
  EXPECT_EQ(id_of(with({std::vector<float>(15, 1.0F)})), "calibration.run_failed")
      << "a batch of 5 is outside of the profile";
  BuildOptions other_name = with({});
  other_name.calibration.samples = [](Arrays* sample) {
    *sample = {{"z", {DType::kF32, {1, 3}, std::make_shared<float[]>(3)}}};
    return true;
  };
  EXPECT_EQ(id_of(other_name), "sample.unknown_input");
  BuildOptions nothing = with({});
  nothing.calibration.samples = [](Arrays* sample) {
    sample->clear();
    return true;
  };
  EXPECT_EQ(id_of(nothing), "sample.missing_input");
  BuildOptions other_cache = options();
  std::ofstream(folder_ / "other.cache") << "TRT-8601-EntropyCalibration2\nfoo: 3f800000\n";
  other_cache.calibration.path = folder_ / "other.cache";
  EXPECT_EQ(id_of(other_cache), "calibration.stale_cache");
  EXPECT_THROW(algorithm_from_name("entropie"), Error);
}

}  // namespace
}  // namespace ingot
