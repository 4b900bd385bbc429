// Engines: loading, packed weights, what they say about themselves, timing of steps.
#include "ingot/engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/plan/writer.h"
#include "runtime/engine/step_timer.h"
#include "runtime/engine/test_support.h"

namespace ingot {
namespace {

using test::counters;
using test::PlanBuilder;

void expect_ok(const Status& status) { EXPECT_TRUE(status.ok()) << status.message(); }

std::string problem_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// y = x * weights, which lie in `format`.
Plan scale_plan(const std::string& format, std::vector<float> stored) {
  PlanBuilder b;
  const int x = b.input("x", {4});
  const int w = b.constant({4}, std::move(stored), format);
  b.step("test.scale", {x, w}, {b.output("y", {4})});
  return b.plan;
}

std::vector<float> run(Context* context) {
  std::vector<float> x = {1, 2, 3, 4}, y(4);
  expect_ok(context->set_address("x", x.data()));
  expect_ok(context->set_address("y", y.data()));
  expect_ok(context->run());
  return y;
}

const std::vector<float> kScaled = {10, 40, 90, 160};

TEST(Engine, LoadsFromAFileAndFromMemory) {
  const auto bytes = write_plan(scale_plan("", {10, 20, 30, 40}));
  const std::string path = testing::TempDir() + "engine_test." + std::to_string(::getpid());
  write_file_atomically(path, bytes);
  const auto from_file = Engine::load(path);
  EXPECT_EQ(from_file->info().plan_bytes, bytes.size());
  EXPECT_EQ(from_file->info().weight_bytes, 16U);
  EXPECT_EQ(from_file->inputs()[0].name, "x");
  EXPECT_EQ(from_file->profiles()[0].inputs[0].max, Shape{4});
  Context context(from_file);
  EXPECT_EQ(run(&context), kScaled);
  Context other(Engine::load(bytes));
  EXPECT_EQ(run(&other), kScaled);
}

TEST(Engine, NamesTheBackendThatIsMissingAndWhereItLooked) {
  Plan plan = scale_plan("", {1, 2, 3, 4});
  plan.device = "nosuch device, 2 threads";
  const std::string problem = problem_of([&] { load_engine(plan); });
  EXPECT_NE(problem.find("backend.not_found"), std::string::npos) << problem;
  EXPECT_NE(problem.find("/libingot_nosuch.so"), std::string::npos) << problem;
}

TEST(Engine, NamesTheStepThatItsBackendDoesNotHave) {
  Plan plan = scale_plan("", {1, 2, 3, 4});
  plan.steps[0].kind = "test.nosuch";
  const std::string problem = problem_of([&] { load_engine(plan); });
  EXPECT_NE(problem.find("plan.unknown_step"), std::string::npos) << problem;
  EXPECT_NE(problem.find("\"step0\""), std::string::npos) << problem;
}

TEST(Engine, ChecksPlansThatComeFromMemoryToo) {
  Plan plan = scale_plan("", {1, 2, 3, 4});
  plan.steps[0].inputs[0] = 99;
  EXPECT_NE(problem_of([&] { load_engine(plan); }).find("plan.malformed"), std::string::npos);
}

TEST(PackedWeights, AreMadeOnceForAllContexts) {
  const auto engine = load_engine(scale_plan("", {10, 20, 30, 40}));
  const int before = counters().packed;
  Context first(engine), second(engine);
  EXPECT_EQ(run(&first), kScaled);
  EXPECT_EQ(run(&second), kScaled);
  EXPECT_EQ(counters().packed - before, 1);
  const auto packed = packed_constants(*engine);
  ASSERT_EQ(packed.size(), 1U);
  EXPECT_EQ(packed.begin()->first, std::pair(0, 1));
  EXPECT_EQ(packed.begin()->second.format, "f32 dims=4 padded=4 strides=1");
  EXPECT_EQ(packed.begin()->second.bytes.size(), 16U);
}

TEST(PackedWeights, ComeStraightFromAPlanThatHasThem) {
  const auto engine = load_engine(scale_plan("f32 dims=4 padded=4 strides=1", {10, 20, 30, 40}));
  const int before = counters().packed;
  Context context(engine);
  EXPECT_EQ(run(&context), kScaled);
  EXPECT_EQ(counters().packed, before);
  EXPECT_TRUE(packed_constants(*engine).empty());
}

TEST(Engine, DescribesAFileThatCannotRunHere) {
  Plan plan = scale_plan("", {10, 20, 30, 40});
  plan.device = "nosuch Device 9000 arch_1, driver 3";
  plan.graph_text = "the graph";
  const std::string path = testing::TempDir() + "engine_elsewhere." + std::to_string(::getpid());
  write_file_atomically(path, write_plan(plan));
  EXPECT_NE(problem_of([&] { Engine::load(path); }).find("backend.not_found"), std::string::npos);
  const EngineDescription file = Engine::describe(path);
  EXPECT_EQ(file.info.device, plan.device);
  EXPECT_EQ(file.info.steps, 1);
  ASSERT_EQ(file.inputs.size(), 1U);
  EXPECT_EQ(file.inputs[0].dims, std::vector<int64_t>{4});
  EXPECT_EQ(file.outputs.at(0).name, "y");
  EXPECT_EQ(file.profiles.at(0).inputs.at(0).opt, Shape{4});
  EXPECT_EQ(file.graph_text, "the graph");
  EXPECT_NE(file.explain_json.find("step0"), std::string::npos) << file.explain_json;
  std::remove(path.c_str());
}

TEST(PackedWeights, OfAnotherFormatAreRepacked) {
  const auto engine =
      load_engine(scale_plan("f32 dims=4 padded=4 strides=2", {10, -1, 20, -1, 30, -1, 40}));
  Context context(engine);
  EXPECT_EQ(run(&context), kScaled);
  EXPECT_EQ(packed_constants(*engine).size(), 1U);
}

TEST(Engine, TellsWhichMachineAPlanWasBuiltForWhenAStepCannotBeDoneHere) {
  PlanBuilder b;
  const int x = b.input("x", {4});
  Attributes attributes;
  attributes.set("unsupported", int64_t{1});
  b.step("test.fail", {x}, {b.output("y", {4})}, attributes);
  b.plan.device = "test Some Other CPU avx9, 2 threads";
  Context context(load_engine(b.plan));
  const Status status = context.prepare();
  EXPECT_EQ(status.code(), StatusCode::kFailed);
  for (const char* word : {"it never is", "Some Other CPU avx9", "step 0 \"step0\"", "rebuild"}) {
    EXPECT_NE(status.message().find(word), std::string::npos) << status.message();
  }
}

TEST(LayerInformation, FollowsTheVerbosityOfTheBuild) {
  Plan plan = scale_plan("", {1, 2, 3, 4});
  const auto layers = [&](const std::string& explain) {
    plan.explain_json = explain;
    return nlohmann::json::parse(load_engine(plan)->layer_information_json());
  };
  const auto none = layers("");
  EXPECT_TRUE(none["Layers"].empty());
  EXPECT_EQ(none["Bindings"], (nlohmann::json{"x", "y"}));
  EXPECT_EQ(layers(R"({"detailed": false})")["Layers"], nlohmann::json{"step0"});
  const auto layer = layers(R"({"detailed": true})")["Layers"][0];
  EXPECT_EQ(layer["Name"], "step0");
  EXPECT_EQ(layer["TacticName"], "test.scale/f32");
  EXPECT_EQ(layer["Inputs"][0]["Dimensions"], nlohmann::json{4});
  EXPECT_EQ(layer["Inputs"][0]["Format/Datatype"], "Row major linear FP32");
  EXPECT_EQ(layer["Inputs"].size(), 1U);  // weights are no input
  EXPECT_EQ(layer["Metadata"], "[ONNX Layer: /node0]");
}

TEST(LayerInformation, DescribesConvolutions) {
  PlanBuilder b;
  const int x = b.input("x", {1, 2, 8, 8});
  const int w = b.constant({4, 2, 3, 3}, std::vector<float>(72));
  const int bias = b.constant({4}, std::vector<float>(4));
  Attributes attributes;
  attributes.set("op", std::string("Conv"));
  attributes.set("pads", std::vector<int64_t>{1, 1, 1, 1});
  attributes.set("strides", std::vector<int64_t>{2, 2});
  b.step("ref", {x, w, bias}, {b.output("y", {1, 4, 4, 4})}, attributes);
  b.plan.explain_json = R"({"detailed": true})";
  const auto document = nlohmann::json::parse(load_engine(b.plan)->layer_information_json());
  const auto& layer = document["Layers"][0];
  EXPECT_EQ(layer["LayerType"], "Convolution");
  EXPECT_EQ(layer["Kernel"], (nlohmann::json{3, 3}));
  EXPECT_EQ(layer["Stride"], (nlohmann::json{2, 2}));
  EXPECT_EQ(layer["Dilation"], (nlohmann::json{1, 1}));
  EXPECT_EQ(layer["OutMaps"], 4);
  EXPECT_EQ(layer["Weights"]["Count"], 72);
  EXPECT_EQ(layer["HasBias"], 1);
}

TEST(StepTimer, MeasuresAStepAndNamesItsImplementation) {
  const StepTiming timing =
      StepTrial(scale_plan("", {1, 2, 3, 4}), {.threads = 1}).measure(1, 5, 1.0);
  EXPECT_GT(timing.best_us, 0);
  EXPECT_GE(timing.median_us, timing.best_us);
  EXPECT_EQ(timing.implementation, "test");
}

TEST(StepTimer, ThrowsTheReasonOfAStepThatIsNotSupported) {
  PlanBuilder b;
  const int x = b.input("x", {4});
  Attributes attributes;
  attributes.set("unsupported", int64_t{1});
  b.step("test.fail", {x}, {b.output("y", {4})}, attributes);
  EXPECT_NE(problem_of([&] { StepTrial(b.plan, {.threads = 1}); }).find("step.unsupported"),
            std::string::npos);
}

TEST(StepTimer, GivesTheWordsOfALibraryThatRefuses) {
  PlanBuilder b;
  const int x = b.input("x", {4});
  Attributes attributes;
  attributes.set("refused", int64_t{1});
  b.step("test.fail", {x}, {b.output("y", {4})}, attributes);
  const std::string problem = problem_of([&] { StepTrial(b.plan, {.threads = 1}); });
  for (const char* word : {"step.unsupported", "could not create a primitive", "step0"}) {
    EXPECT_NE(problem.find(word), std::string::npos) << problem;
  }
}

TEST(EnvironmentReport, HasALineForProcessorThreadsAndBackend) {
  std::string text;
  for (const std::string& line : environment_report()) text += line + "\n";
  for (const char* word : {"Ingot ", "CPU: ", "threads: ", "backend cpu: ", "GPU"}) {
    EXPECT_NE(text.find(word), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace ingot
