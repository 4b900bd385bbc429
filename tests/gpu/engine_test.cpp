// Whole builds and runs for a GPU: emulated here, the machine's own with INGOT_TEST_GPU=1. What an
// engine on it gives is compared with the reference evaluation of the graph.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "compiler/driver/model.h"
#include "compiler/graph/interpret.h"
#include "ingot/engine.h"
#include "tests/gpu/emulation/use_emulated_gpu.h"

namespace ingot {
namespace {

Model model_of(std::string_view graph_text) {
  auto state = std::make_shared<Model::State>();
  state->path = "test";
  state->graph = parse_graph(graph_text);
  return Model(state);
}

class GpuEngine : public testing::Test {
 protected:
  void SetUp() override {
    use_emulated_gpu();
    options_.device = "0";
    options_.optimization_level = 1;
  }

  std::shared_ptr<const Engine> build_engine(std::string_view graph_text) {
    model_.emplace(model_of(graph_text));
    plan_ = build(*model_, options_).plan;
    return Engine::load(std::span(*plan_));
  }

  Tensor random(const Shape& shape) {
    Tensor tensor = Tensor::allocate(DType::kF32, shape);
    std::normal_distribution<float> normal;
    for (float& x : tensor.mutable_view().as<float>()) x = normal(generator_);
    return tensor;
  }

  /// Runs with these inputs in host memory and compares output 0 with the reference.
  void check_run(const std::shared_ptr<const Engine>& engine, Context* context,
                 const std::vector<Tensor>& inputs, float tolerance = 1e-4F) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const std::string& name = engine->inputs()[i].name;
      ASSERT_TRUE(context->set_shape(name, inputs[i].shape()).ok());
      ASSERT_TRUE(context->set_address(name, const_cast<void*>(inputs[i].data())).ok());
    }
    const Status status = context->run();
    ASSERT_TRUE(status.ok()) << status.message();
    const std::string& name = engine->outputs()[0].name;
    Shape shape;
    ASSERT_TRUE(context->shape(name, &shape).ok());
    const Tensor wanted = interpret(model_->state().graph, inputs)[0];
    ASSERT_EQ(shape, wanted.shape());
    const auto* got = static_cast<const float*>(context->output_data(name));
    ASSERT_NE(got, nullptr);
    for (int64_t i = 0; i < wanted.elements(); ++i) {
      const float expected = wanted.as<float>()[static_cast<size_t>(i)];
      ASSERT_NEAR(got[i], expected, tolerance * std::max(1.0F, std::abs(expected))) << i;
    }
  }

  BuildOptions options_;
  std::optional<Model> model_;
  std::shared_ptr<const std::vector<std::byte>> plan_;
  std::mt19937 generator_{5};
};

TEST_F(GpuEngine, GivesTheReferencesResultTwiceThenFromARecording) {
  const auto engine = build_engine(
      "x: f32[2,8,5,7]\ns: const f32[8,1,1]\na = Mul(x, s)\n"
      "b = Softmax(a) {axis=-1}\ny = Relu(b)");
  EXPECT_TRUE(engine->on_gpu());
  Context context(engine);
  for (int i = 0; i < 3; ++i) check_run(engine, &context, {random({2, 8, 5, 7})});
}

TEST_F(GpuEngine, TakesAnyShapeOfItsProfileAndGoesBack) {
  options_.profiles = {{{"x", {.min = {1, 4, 6}, .opt = {2, 4, 6}, .max = {5, 4, 6}}}}};
  const auto engine = build_engine("x: f32[n,4,6]\na = Softmax(x) {axis=1}\ny = Sigmoid(a)");
  Context context(engine);
  for (const int64_t n : {2, 5, 1, 2, 5}) check_run(engine, &context, {random({n, 4, 6})});
}

TEST_F(GpuEngine, RunsOnTheHostWhatDataDecides) {
  const auto engine = build_engine(
      "x: f32[3,4]\na = Relu(x)\nk = NonZero(a)\nt = Transpose(k) {perm=[1,0]}\n"
      "y = GatherND(a, t)");
  Context context(engine);
  for (int i = 0; i < 3; ++i) check_run(engine, &context, {random({3, 4})});
}

TEST_F(GpuEngine, GoesToTheHostAndBackInOneRecording) {
  options_.tactics = {"-jit.softmax", "-cudnn.*"};
  const auto engine = build_engine("x: f32[6,30]\na = Neg(x)\nd = Softmax(a)\ny = Exp(d)");
  Context context(engine);
  for (int i = 0; i < 3; ++i) check_run(engine, &context, {random({6, 30})});
}

TEST_F(GpuEngine, ReplaysTheHostsPartForTheAddressesThatItWasRecordedFor) {
  options_.tactics = {"-jit.softmax", "-cudnn.*"};
  const auto engine = build_engine("x: f32[6,30]\nd = Softmax(x)\ny = Exp(d)");
  Context context(engine);
  const Tensor first = random({6, 30}), second = random({6, 30});
  for (int i = 0; i < 3; ++i) {
    check_run(engine, &context, {first});
    check_run(engine, &context, {second});
  }
}

TEST_F(GpuEngine, RunsTheHostsPartOnDeviceMemoryOfTheCaller) {
  options_.tactics = {"-jit.softmax", "-cudnn.*"};
  const auto engine = build_engine("x: f32[6,30]\nd = Softmax(x)\ny = Exp(d)");
  Context context(engine);
  const Tensor x = random({6, 30});
  const auto in = engine->allocate(x.bytes()), out = engine->allocate(x.bytes());
  engine->copy(in.get(), x.data(), x.bytes());
  ASSERT_TRUE(context.set_address("x", in.get()).ok());
  ASSERT_TRUE(context.set_address("y", out.get()).ok());
  const Tensor wanted = interpret(model_->state().graph, {x})[0];
  for (int i = 0; i < 4; ++i) {
    const Status status = i % 2 == 0 ? context.run() : context.enqueue(nullptr);
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_TRUE(context.synchronize().ok());
    std::vector<float> y(180);
    engine->copy(y.data(), out.get(), x.bytes());
    for (size_t k = 0; k < y.size(); ++k) ASSERT_NEAR(y[k], wanted.as<float>()[k], 1e-4) << i;
  }
}

TEST_F(GpuEngine, NamesTheHostStepThatFailed) {
  options_.tactics = {"-jit.*gather*", "-jit.pick", "-jit.index*"};
  const auto engine = build_engine("x: f32[4,3]\ni: i64[2]\ng = Gather(x, i)\ny = Exp(g)");
  Context context(engine);
  const Tensor x = random({4, 3});
  const int64_t indices[] = {1, 77};
  ASSERT_TRUE(context.set_address("x", const_cast<void*>(x.data())).ok());
  ASSERT_TRUE(context.set_address("i", const_cast<int64_t*>(indices)).ok());
  const Status status = context.run();
  EXPECT_EQ(status.code(), StatusCode::kFailed);
  EXPECT_NE(status.message().find("step.failed"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("ref.gather"), std::string::npos) << status.message();
}

TEST_F(GpuEngine, GivesWindowsOfOneTensorAsOutputs) {
  const auto engine = build_engine(
      "x: f32[2,6,5]\na = Relu(x)\np, q = Split(a) {axis=1, num_outputs=2}\nreturn p, q");
  Context context(engine);
  for (int i = 0; i < 3; ++i) check_run(engine, &context, {random({2, 6, 5})});
}

TEST_F(GpuEngine, ChangesShapesWhileRunsAreInFlight) {
  options_.profiles = {{{"x", {.min = {1, 40}, .opt = {2, 40}, .max = {900, 40}}}}};
  const auto engine = build_engine("x: f32[n,40]\ny = Exp(x)");
  Context context(engine);
  for (const int64_t n : {2, 900, 1, 700}) {
    const Tensor x = random({n, 40});
    ASSERT_TRUE(context.set_shape("x", x.shape()).ok());
    ASSERT_TRUE(context.set_address("x", const_cast<void*>(x.data())).ok());
    ASSERT_TRUE(context.submit().ok());
    ASSERT_TRUE(context.submit().ok());
    ASSERT_TRUE(context.wait().ok());
    ASSERT_TRUE(context.wait().ok());
    const auto* y = static_cast<const float*>(context.output_data("y"));
    for (size_t k = 0; k < 40; ++k) ASSERT_NEAR(y[k], std::exp(x.as<float>()[k]), 1e-3);
  }
  const Tensor left = random({2, 40});
  ASSERT_TRUE(context.set_shape("x", left.shape()).ok());
  ASSERT_TRUE(context.set_address("x", const_cast<void*>(left.data())).ok());
  ASSERT_TRUE(context.submit().ok());  // the context ends with it
}

TEST_F(GpuEngine, ReadsAndWritesTheCallersDeviceMemory) {
  const auto engine = build_engine("x: f32[64]\ny = Exp(x)");
  Context context(engine);
  const Tensor x = random({64});
  const auto in = engine->allocate(256), out = engine->allocate(256);
  engine->copy(in.get(), x.data(), 256);
  ASSERT_TRUE(context.set_address("x", in.get()).ok());
  ASSERT_TRUE(context.set_address("y", out.get()).ok());
  for (int i = 0; i < 3; ++i) {
    const Status status = i == 0 ? context.run() : context.enqueue(nullptr);
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_TRUE(context.synchronize().ok());
    std::vector<float> y(64);
    engine->copy(y.data(), out.get(), 256);
    for (size_t k = 0; k < y.size(); ++k) ASSERT_NEAR(y[k], std::exp(x.as<float>()[k]), 1e-4);
  }
}

TEST_F(GpuEngine, RunsOnMoreAddressesThanItKeepsRecordingsFor) {
  const auto engine = build_engine(
      "x: f32[2,6,5]\na = Relu(x)\np, q = Split(a) {axis=1, num_outputs=2}\nr = Exp(q)\n"
      "return p, r");
  Context context(engine);
  std::vector<std::shared_ptr<void>> memory;
  std::vector<Tensor> inputs;
  for (int i = 0; i < 9; ++i) inputs.push_back(random({2, 6, 5}));
  for (const int i : {0, 1, 2, 3, 4, 5, 6, 7, 8, 2, 8, 0}) {
    const Tensor& x = inputs[static_cast<size_t>(i)];
    const std::vector<Tensor> wanted = interpret(model_->state().graph, {x});
    const auto in = engine->allocate(240), p = engine->allocate(120), r = engine->allocate(120);
    memory.insert(memory.end(), {in, p, r});  // so that no address comes again
    engine->copy(in.get(), x.data(), 240);
    ASSERT_TRUE(context.set_address("x", in.get()).ok());
    ASSERT_TRUE(context.set_address("p", p.get()).ok());
    ASSERT_TRUE(context.set_address("r", r.get()).ok());
    const Status status = context.enqueue(nullptr);
    const Status first = status.ok() ? status : context.run();  // prepares, where it is the first
    ASSERT_TRUE(first.ok()) << first.message();
    ASSERT_TRUE(context.synchronize().ok());
    for (size_t output = 0; output < 2; ++output) {
      std::vector<float> y(30);
      engine->copy(y.data(), (output ? r : p).get(), 120);
      for (size_t k = 0; k < y.size(); ++k) {
        ASSERT_NEAR(y[k], wanted[output].as<float>()[k], 1e-3) << i << ' ' << output;
      }
    }
  }
}

TEST_F(GpuEngine, RefusesToEnqueueWithHostMemory) {
  const auto engine = build_engine("x: f32[64]\ny = Exp(x)");
  Context context(engine);
  const Tensor x = random({64});
  ASSERT_TRUE(context.set_address("x", const_cast<void*>(x.data())).ok());
  EXPECT_NE(context.enqueue(nullptr).message().find("enqueue.not_possible"), std::string::npos);
}

TEST_F(GpuEngine, KeepsTwoRunsInFlight) {
  const auto engine = build_engine("x: f32[64]\ny = Exp(x)");
  Context context(engine);
  context.set_timing(true);
  const Tensor x = random({64});
  Tensor y = Tensor::allocate(DType::kF32, {64});
  ASSERT_TRUE(context.set_address("x", const_cast<void*>(x.data())).ok());
  ASSERT_TRUE(context.set_address("y", y.mutable_view().data).ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(context.submit().ok());
  ASSERT_TRUE(context.wait().ok());
  ASSERT_TRUE(context.wait().ok());
  EXPECT_GE(context.last_times().compute_ms, 0);
  for (size_t k = 0; k < 64; ++k) ASSERT_NEAR(y.as<float>()[k], std::exp(x.as<float>()[k]), 1e-4);
}

TEST_F(GpuEngine, ComputesInHalfPrecisionWhereAllowed) {
  options_.allow_fp16 = true;
  const auto engine = build_engine(
      "x: f32[2,8,6,6]\nw: const f32[8,8,3,3]\n"
      "a = Conv(x, w) {pads=[1,1,1,1]}\ny = Relu(a)");
  Context context(engine);
  for (int i = 0; i < 2; ++i) check_run(engine, &context, {random({2, 8, 6, 6})}, 2e-2F);
}

TEST_F(GpuEngine, ProfilesEveryStep) {
  const auto engine = build_engine("x: f32[2,8,5,7]\na = Softmax(x) {axis=-1}\ny = Relu(a)");
  Context context(engine);
  context.set_profiling(true);
  check_run(engine, &context, {random({2, 8, 5, 7})});
  const auto times = context.take_step_times();
  ASSERT_EQ(times.size(), static_cast<size_t>(engine->info().steps));
  for (const StepTime& time : times) EXPECT_EQ(time.times_ms.size(), 1U) << time.name;
}

}  // namespace
}  // namespace ingot
