// What can be wrong between a model and its engine: flags, shapes, tactics, files.
#include <limits>

#include "core/base/cpu.h"
#include "tests/errors/error_fixture.h"

namespace ingot {
namespace {

using namespace onnx::writing;  // NOLINT: models are written all over this file
namespace fs = std::filesystem;

using BuildingErrors = ErrorTest;

GraphWriter relu() {
  return GraphWriter().input("x", {2, 4}).node("Relu", {"x"}, {"y"}).output("y");
}

TEST_F(BuildingErrors, ModelsThatNoExporterShouldWrite) {
  const auto problems = [&](const Bytes& graph) {
    return problems_of_action([&] { model(graph); });
  };
  expect_problem(
      problems(GraphWriter().input("", {1}).input("x", {1}).node("Relu", {"x"}, {"y"}).output("y")),
      "onnx.bad_input", "no name");
  expect_problem(problems(GraphWriter()
                              .node("Constant", {}, {"y"},
                                    {attribute("value_float", 1.0F), attribute("value_int", 1)})
                              .output("y")),
                 "onnx.bad_constant", "more than one value");
}

TEST_F(BuildingErrors, AnOutputDeclaredAsAnotherTypeIsAWarning) {
  Bytes graph = GraphWriter().input("x", {2}).node("Relu", {"x"}, {"y"});
  protozero::pbf_writer(graph).add_message(12, value_info("y", {2}, onnx::kInt64));
  const std::vector<Problem> warnings = model(graph).warnings();
  ASSERT_TRUE(warning_named(warnings, "onnx.output_type"));
  EXPECT_NE(warning_named(warnings, "onnx.output_type")->what.find("\"y\""), std::string::npos);
}

TEST_F(BuildingErrors, AbsurdSizesAreRefusedAndNotTried) {
  const int64_t huge = int64_t{1} << 40;
  const auto problems = problems_of_action([&] {
    engine(GraphWriter().input("x", {huge, huge}).node("Relu", {"x"}, {"y"}).output("y"));
  });
  ASSERT_FALSE(problems.empty());
  EXPECT_FALSE(problems[0].fix.empty());
  const auto by_profile = problems_of_action([&] {
    engine(GraphWriter().input("x", {"n", 4}).node("Relu", {"x"}, {"y"}).output("y"),
           {{{"x", {{1, 4}, {huge, 4}, {huge, 4}}}}});
  });
  ASSERT_FALSE(by_profile.empty());
  EXPECT_FALSE(by_profile[0].fix.empty());
}

TEST_F(BuildingErrors, NegativeSizesAndRanges) {
  const Bytes graph = GraphWriter().input("x", {"n", 4}).node("Relu", {"x"}, {"y"}).output("y");
  expect_problem(problems_of_action([&] { engine(graph, {{{"x", {{2, 4}, {1, 4}, {3, 4}}}}}); }),
                 "shape.bad_range", "\"x\"");
  expect_problem(problems_of_action([&] { engine(graph, {{{"x", {{1}, {1}, {1}}}}}); }),
                 "shape.wrong_rank", "\"x\"");
}

TEST_F(BuildingErrors, DevicesThatAreNone) {
  BuildOptions options = quick();
  options.device = "tpu";
  expect_problem(problems_of_action([&] { ingot::build(model(relu()), options); }),
                 "flag.bad_value", "tpu");
}

TEST_F(BuildingErrors, TacticFiltersThatAreNoneOrLeaveNone) {
  BuildOptions options = quick();
  options.tactics = {"dnnl.conv"};
  expect_problem(problems_of_action([&] { ingot::build(model(relu()), options); }),
                 "flag.bad_value", "--tactics");
  options.tactics = {"-*"};
  expect_problem(problems_of_action([&] { ingot::build(model(relu()), options); }),
                 "tune.no_tactic", "switched off by --tactics");
}

TEST_F(BuildingErrors, DumpsIntoWhatIsNoFolder) {
  BuildOptions options = quick();
  options.dump_passes_directory = write("a_file", "text") + "/dumps";
  expect_problem(problems_of_action([&] { ingot::build(model(relu()), options); }),
                 "passes.dump_failed", "a_file/dumps");
}

TEST_F(BuildingErrors, ATimingCacheThatCannotBeLocked) {
  fs::create_directory(folder_ / "cache.lock");
  BuildOptions options = quick();
  options.timing_cache_path = folder_ / "cache";
  expect_problem(problems_of_action([&] { ingot::build(model(relu()), options); }),
                 "file.lock_failed", "cache.lock");
}

TEST_F(BuildingErrors, SlowStepsAreTold) {
  const Bytes graph = GraphWriter().input("x", {64, 512}).node("Hardmax", {"x"}, {"y"}).output("y");
  BuildOptions options = quick();
  options.optimization_level = 3;
  const BuildResult built = ingot::build(model(graph), options);
  ASSERT_TRUE(warning_named(built.warnings, "build.slow_reference"));
  EXPECT_NE(warning_named(built.warnings, "build.slow_reference")->what.find("Hardmax"),
            std::string::npos);
}

TEST_F(BuildingErrors, SixteenBitsWhereThereAreNone) {
  if (cpu_info().avx512_bf16 || cpu_info().amx_bf16) GTEST_SKIP() << "this CPU has BF16";
  BuildOptions options = quick();
  options.allow_fp16 = true;
  const BuildResult built = ingot::build(model(relu()), options);
  EXPECT_TRUE(warning_named(built.warnings, "precision.not_available"));
}

TEST_F(BuildingErrors, NaNWeightsAreToldAndComputedWith) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto loaded = engine(GraphWriter()
                                 .input("x", {3})
                                 .initializer(floats("w", {3}, {1, nan, 2}))
                                 .node("Add", {"x", "w"}, {"y"})
                                 .output("y"));
  EXPECT_TRUE(warning_named(Model::from_file(folder_ / "model.onnx").warnings(),
                            "onnx.non_finite_weights"));
  Context context(loaded);
  float x[3] = {1, 1, 1}, y[3] = {};
  ASSERT_TRUE(context.set_address("x", x).ok());
  ASSERT_TRUE(context.set_address("y", y).ok());
  ASSERT_TRUE(context.run().ok());
  EXPECT_EQ(y[0], 2);
  EXPECT_TRUE(y[1] != y[1]);
  EXPECT_EQ(y[2], 3);
}

}  // namespace
}  // namespace ingot
