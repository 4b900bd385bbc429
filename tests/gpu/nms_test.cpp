// NonMaxSuppression on the GPU, in whole engines, since the run decides how large its output is:
// against the reference, with ties, limits and classes in which nothing stays.
#include <gtest/gtest.h>

#include <random>

#include "compiler/driver/model.h"
#include "compiler/graph/interpret.h"
#include "ingot/engine.h"
#include "tests/gpu/emulation/use_emulated_gpu.h"
#include "tests/gpu/gpu_step_test.h"
#include "tests/gpu/kernel_list.h"

namespace ingot {
namespace {

class NmsOnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (listing_kernels()) GTEST_SKIP() << "NmsTacticOnGpu lists the kernel";
    use_emulated_gpu();
  }

  /// Builds `text`, whose inputs are boxes and scores, and runs it on these three times; on the CPU
  /// as well, which has a kernel of its own.
  void check(const std::string& text, const Tensor& boxes, const Tensor& scores) {
    check_on("0", "\"jit.nms/", text, boxes, scores);
    check_on("cpu", "\"cpu.nms/", text, boxes, scores);
  }

  void check_on(const std::string& device, const std::string& tactic, const std::string& text,
                const Tensor& boxes, const Tensor& scores) {
    auto state = std::make_shared<Model::State>();
    state->path = "test";
    state->graph = parse_graph(text);
    BuildOptions options;
    options.device = device;
    options.optimization_level = 1;
    const auto plan = build(Model(state), options).plan;
    const auto engine = Engine::load(std::span(*plan));
    ASSERT_NE(engine->explain_json().find(tactic), std::string::npos) << text;
    Context context(engine);
    const Tensor wanted = interpret(state->graph, {boxes, scores})[0];
    ASSERT_TRUE(context.set_address("b", const_cast<void*>(boxes.data())).ok());
    ASSERT_TRUE(context.set_address("s", const_cast<void*>(scores.data())).ok());
    for (int run = 0; run < 3; ++run) {
      const Status status = context.run();
      ASSERT_TRUE(status.ok()) << status.message();
      Shape shape;
      ASSERT_TRUE(context.shape("y", &shape).ok());
      ASSERT_EQ(shape, wanted.shape()) << text;
      const auto* got = static_cast<const int64_t*>(context.output_data("y"));
      const std::vector<int64_t> expected = wanted.to_integers();
      for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(got[i], expected[i]) << text << i;
    }
  }

  /// Corners in [0, 10), sides to 4.
  Tensor boxes(int64_t batches, int64_t count) {
    Tensor tensor = Tensor::allocate(DType::kF32, {batches, count, 4});
    std::uniform_real_distribution<float> place(0, 10), side(0, 4);
    const auto numbers = tensor.mutable_view().as<float>();
    for (size_t i = 0; i < numbers.size(); i += 4) {
      numbers[i] = place(generator_);
      numbers[i + 1] = place(generator_);
      numbers[i + 2] = numbers[i] + side(generator_) - 1;  // corners in any order
      numbers[i + 3] = numbers[i + 1] + side(generator_);
    }
    return tensor;
  }

  /// In steps of 1/50, so that many are equal.
  Tensor scores(const Shape& shape) {
    Tensor tensor = Tensor::allocate(DType::kF32, shape);
    for (float& x : tensor.mutable_view().as<float>()) {
      x = static_cast<float>(generator_() % 50) / 50;
    }
    return tensor;
  }

  std::mt19937 generator_{11};
};

std::string graph(int64_t batches, int64_t classes, int64_t count, const std::string& limit,
                  const std::string& overlap, const std::string& score,
                  const std::string& attributes = "{}") {
  const auto text = [](int64_t n) { return std::to_string(n); };
  return "b: f32[" + text(batches) + "," + text(count) + ",4]\ns: f32[" + text(batches) + "," +
         text(classes) + "," + text(count) + "]\nm: const i64[1] = {" + limit +
         "}\no: const f32[1] = {" + overlap + "}\nt: const f32[1] = {" + score +
         "}\ny = NonMaxSuppression(b, s, m, o, t) " + attributes;
}

TEST_F(NmsOnGpu, PicksTheBoxesOfTheReference) {
  check(graph(2, 3, 77, "20", "0.4", "0.3"), boxes(2, 77), scores({2, 3, 77}));
  check(graph(1, 5, 33, "1000", "0", "0.5"), boxes(1, 33), scores({1, 5, 33}));
  check(graph(1, 1, 1, "3", "0.5", "0"), boxes(1, 1), scores({1, 1, 1}));
  check(graph(1, 9, 40, "30", "0.99", "-1"), boxes(1, 40), scores({1, 9, 40}));  // more than 256
  check(graph(1, 1, 1200, "7", "0.2", "0.1"), boxes(1, 1200), scores({1, 1, 1200}));
}

TEST_F(NmsOnGpu, TakesBoxesByTheirCentres) {
  check(graph(1, 2, 130, "50", "0.3", "0.2", "{center_point_box=1}"), boxes(1, 130),
        scores({1, 2, 130}));
}

TEST_F(NmsOnGpu, MayKeepNothing) {
  check(graph(1, 2, 40, "50", "0.3", "2"), boxes(1, 40), scores({1, 2, 40}));
  check(graph(1, 2, 40, "0", "0.3", "0"), boxes(1, 40), scores({1, 2, 40}));
}

TEST_F(NmsOnGpu, FeedsStepsOnTheHostThatFollow) {
  check(
      "b: f32[1,90,4]\ns: f32[1,2,90]\nm: const i64[1] = {9}\no: const f32[1] = {0.5}\n"
      "r = Relu(b)\nu = Sigmoid(s)\n"
      "p = NonMaxSuppression(r, u, m, o)\none: const i64[1] = {1}\ny = Add(p, one)",
      boxes(1, 90), scores({1, 2, 90}));
}

class NmsTacticOnGpu : public GpuStepTest {};

TEST_F(NmsTacticOnGpu, ProposesOneCandidateAndSaysWhyNot) {
  const GpuInput limit = constant(Tensor::from_integers(std::vector<int64_t>{3}));
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    const std::vector<GpuInput> inputs = {random({1, 9, 4}, dtype), random({1, 2, 9}, dtype),
                                          limit};
    const GpuCheck options = {.tactic = "jit.nms"};
    if (listing_kernels()) {
      check("NonMaxSuppression", "{}", inputs, options);
    } else {
      EXPECT_EQ(candidates("NonMaxSuppression", {}, inputs, options).size(), 1U);
    }
  }
  expect_no("NonMaxSuppression", "{}", {random({1, 9, 4}), random({1, 2, 9}), limit.tensor},
            "jit.nms", "computed at run time");
  expect_no("NonMaxSuppression", "{}", {random({1, 9, 4}, DType::kF64), random({1, 2, 9}), limit},
            "jit.nms", "boxes and scores of f64");
}

}  // namespace
}  // namespace ingot
