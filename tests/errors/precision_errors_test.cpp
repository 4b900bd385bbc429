// Precisions that are asked for and not to be had, and checks of the accuracy that fail.
#include "core/base/cpu.h"
#include "tests/errors/error_fixture.h"

namespace ingot {
namespace {

using namespace onnx::writing;  // NOLINT: models are written all over this file

using PrecisionErrors = ErrorTest;

/// Two convolutions "first" and "second" with a Relu "between".
GraphWriter convolutions() {
  std::vector<float> weights;
  for (int i = 0; i < 16; ++i) weights.push_back(0.1F * static_cast<float>(i * i % 7 - 3));
  return GraphWriter()
      .input("x", {1, 4, 8, 8})
      .initializer(floats("w", {4, 4, 1, 1}, weights))
      .node("Conv", {"x", "w"}, {"a"}, {}, {.name = "first"})
      .node("Relu", {"a"}, {"b"}, {}, {.name = "between"})
      .node("Conv", {"b", "w"}, {"y"}, {}, {.name = "second"})
      .output("y");
}

TEST_F(PrecisionErrors, WishesForLayersThatAreNoneBringTheNearestNames) {
  BuildOptions options = quick();
  options.precision_constraints = PrecisionConstraints::kObey;
  options.layer_precisions = {{"frist", DType::kF32}};
  const auto problems = problems_of_action([&] { ingot::build(model(convolutions()), options); });
  expect_problem(problems, "precision.unknown_layer", "frist");
  EXPECT_NE(problems[0].fix.find("first"), std::string::npos);
}

TEST_F(PrecisionErrors, WishesForTypesThatAreNotAllowed) {
  BuildOptions options = quick();
  options.precision_constraints = PrecisionConstraints::kPrefer;
  options.layer_precisions = {{"f*", DType::kI8}};
  expect_problem(problems_of_action([&] { ingot::build(model(convolutions()), options); }),
                 "precision.bad_layer_type", "INT8 is not allowed");
  options.layer_precisions = {{"f*", DType::kF64}};
  expect_problem(problems_of_action([&] { ingot::build(model(convolutions()), options); }),
                 "precision.bad_layer_type", "do not compute in that type");
}

TEST_F(PrecisionErrors, AWrongNumberOfOutputTypes) {
  BuildOptions options = quick();
  options.precision_constraints = PrecisionConstraints::kObey;
  options.layer_output_types = {{"second", {DType::kF32, DType::kF32}}};
  expect_problem(problems_of_action([&] { ingot::build(model(convolutions()), options); }),
                 "precision.output_count", "has 1 outputs");
}

TEST_F(PrecisionErrors, WishesThatNothingObeys) {
  BuildOptions options = quick();
  options.allow_int8 = true;
  options.precision_constraints = PrecisionConstraints::kObey;
  // There are no ranges, so that nothing is quantised.
  options.layer_precisions = {{"second", DType::kI8}};
  expect_problem(problems_of_action([&] { ingot::build(model(convolutions()), options); }),
                 "precision.not_obeyed", "\"second\" computes in FP32, not in INT8");
  options.precision_constraints = PrecisionConstraints::kPrefer;
  const BuildResult built = ingot::build(model(convolutions()), options);
  EXPECT_TRUE(warning_named(built.warnings, "precision.not_obeyed"));
}

TEST_F(PrecisionErrors, WishesWithoutConstraintsHaveNoEffectAndSaySo) {
  BuildOptions options = quick();
  options.layer_precisions = {{"first", DType::kF32}};
  const BuildResult built = ingot::build(model(convolutions()), options);
  EXPECT_TRUE(warning_named(built.warnings, "precision.wishes_unused"));
}

TEST_F(PrecisionErrors, Int8WithoutRangesAndRangesWithoutInt8) {
  BuildOptions options = quick();
  options.allow_int8 = true;
  EXPECT_TRUE(
      warning_named(ingot::build(model(convolutions()), options).warnings, "precision.no_ranges"));
  options.allow_int8 = false;
  options.calibration.scales = {{"x", 0.1F}};
  EXPECT_TRUE(
      warning_named(ingot::build(model(convolutions()), options).warnings, "calibration.not_used"));
}

TEST_F(PrecisionErrors, AlgorithmsThatAreNone) {
  expect_problem(problems_of_action([&] { algorithm_from_name("entropi"); }),
                 "calibration.unknown_algorithm", "entropi");
}

TEST_F(PrecisionErrors, Fp8WhereThereIsNone) {
  BuildOptions options = quick();
  options.allow_fp8 = true;
  EXPECT_TRUE(warning_named(ingot::build(model(convolutions()), options).warnings,
                            "precision.not_available"));
}

TEST_F(PrecisionErrors, SixteenBitsThatNoLayerTakes) {
  if (!cpu_info().avx512_bf16 && !cpu_info().amx_bf16) GTEST_SKIP() << "this CPU has no BF16";
  BuildOptions options = quick();
  options.allow_bf16 = true;
  const Bytes graph = GraphWriter().input("x", {2, 4}).node("Relu", {"x"}, {"y"}).output("y");
  EXPECT_TRUE(warning_named(ingot::build(model(graph), options).warnings, "precision.not_used"));
}

TEST_F(PrecisionErrors, AnEngineThatDiffersTooMuch) {
  BuildOptions options = quick();
  options.allow_int8 = options.force_int8 = true;
  // The result of the first is clipped to a range that is far too small.
  options.calibration.scales = {{"x", 0.01F}, {"b", 1e-5F}};
  options.verify.mode = VerifyMode::kStrict;
  expect_problem(problems_of_action([&] { ingot::build(model(convolutions()), options); }),
                 "accuracy.not_reached", "relative error");
  options.verify.mode = VerifyMode::kAuto;
  const BuildResult built = ingot::build(model(convolutions()), options);
  EXPECT_TRUE(warning_named(built.warnings, "accuracy.not_reached"));
  EXPECT_FALSE(built.accuracy.passed);
}

TEST_F(PrecisionErrors, OnRealDataTheGuardRaisesWhatDiffersTooMuch) {
  BuildOptions options = quick();
  options.allow_int8 = options.force_int8 = true;
  options.calibration.scales = {{"x", 0.01F}, {"b", 1e-5F}};
  std::string data;
  for (int i = 0; i < 4 * 8 * 8; ++i) {
    const float x = static_cast<float>(i % 17 - 8) / 8;
    data.append(reinterpret_cast<const char*>(&x), sizeof x);
  }
  options.verify.inputs = {{"x", write("data", data)}};
  options.verify.mode = VerifyMode::kStrict;
  options.verify.tolerance = 0.1;
  const BuildResult built = ingot::build(model(convolutions()), options);
  EXPECT_TRUE(built.accuracy.passed);
  EXPECT_EQ(built.accuracy.raised, std::vector<std::string>{"second"});
  EXPECT_EQ(built.precision.layers[0], std::pair(std::string("INT8"), 1));
}

TEST_F(PrecisionErrors, RandomDataThatAreNoInputs) {
  // Random indices are 0 or 1, and the table has one row.
  const Bytes graph = GraphWriter()
                          .input("x", {1, 4})
                          .node("NonZero", {"x"}, {"i"})
                          .initializer(floats("table", {1}, {1}))
                          .node("Gather", {"table", "i"}, {"y"})
                          .output("y");
  BuildOptions options = quick();
  options.verify.mode = VerifyMode::kStrict;
  expect_problem(problems_of_action([&] { ingot::build(model(graph), options); }),
                 "verify.run_failed", "--verifyInputs");
  options.verify.mode = VerifyMode::kWarn;
  EXPECT_TRUE(warning_named(ingot::build(model(graph), options).warnings, "verify.run_failed"));
}

TEST_F(PrecisionErrors, InputsOfACheckThatDoNotFit) {
  BuildOptions options = quick();
  options.verify.mode = VerifyMode::kWarn;
  options.verify.inputs = {{"z", write("data", "12345678")}};
  expect_problem(problems_of_action([&] { ingot::build(model(convolutions()), options); }),
                 "input.unknown", "\"z\"");
  options.verify.inputs = {{"x", write("data", "12345678")}};
  expect_problem(problems_of_action([&] { ingot::build(model(convolutions()), options); }),
                 "input.wrong_size", "has 8 bytes");
}

}  // namespace
}  // namespace ingot
