// Every candidate of every tactic, as users meet it: scheduled, packed, written, read and run, it
// gives the numbers of the operator's reference. Weights lie packed in such a plan.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "compiler/driver/pack.h"
#include "compiler/graph/interpret.h"
#include "compiler/schedule/schedule.h"
#include "compiler/tactics/tactic.h"
#include "core/plan/writer.h"
#include "ingot/engine.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

constexpr int kThreads = 2;

Target target_here() {
  Target target;
  target.cpu = cpu_info();
  target.threads = kThreads;
  return target;
}

std::vector<Candidate> candidates_of(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result;
  for (const TacticDef* tactic : all_tactics()) {
    if (!serves(*tactic, node, target) || !tactic->supports(node, target).ok) continue;
    for (Candidate& candidate : tactic->candidates(node, target)) {
      result.push_back(std::move(candidate));
    }
  }
  return result;
}

std::vector<std::byte> saved_plan(const Graph& graph, const Candidate& candidate) {
  ScheduledNode scheduled;
  scheduled.node = graph.nodes()[0];
  scheduled.kind = candidate.kind;
  scheduled.tactic = candidate.tactic;
  scheduled.attributes = candidate.attributes;
  scheduled.inputs = candidate.inputs;
  scheduled.outputs = candidate.outputs;
  Plan plan = schedule(graph, {scheduled}).plan;
  plan.device = device_fingerprint("cpu", kThreads);
  pack_constants(&plan, {.threads = kThreads});
  return write_plan(plan);
}

std::vector<Tensor> random_inputs(const Graph& graph) {
  std::minstd_rand random(3);
  std::vector<Tensor> inputs;
  for (ValueId id : graph.inputs()) {
    inputs.push_back(Tensor::allocate(DType::kF32, graph.opt_shape(id)));
    for (float& x : inputs.back().mutable_view().as<float>()) {
      x = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
    }
  }
  return inputs;
}

Tensor run_saved(const std::vector<std::byte>& bytes, const std::vector<Tensor>& inputs) {
  const auto engine = Engine::load(bytes, {.threads = kThreads});
  Context context(engine);
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_TRUE(context.set_address(engine->inputs()[i].name, inputs[i].view().data).ok());
  }
  Shape shape;
  EXPECT_TRUE(context.shape(engine->outputs()[0].name, &shape).ok());
  Tensor output = Tensor::allocate(DType::kF32, shape);
  EXPECT_TRUE(context.set_address(engine->outputs()[0].name, output.mutable_view().data).ok());
  const Status status = context.run();
  EXPECT_TRUE(status.ok()) << status.message();
  return output;
}

void expect_near(const Tensor& got, const Tensor& wanted, const std::string& tactic) {
  ASSERT_EQ(got.shape(), wanted.shape()) << tactic;
  const auto a = got.as<float>(), b = wanted.as<float>();
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(a[i], b[i], 1e-4F * std::max(1.0F, std::abs(b[i]))) << tactic << ", element " << i;
  }
}

/// Runs every candidate that this machine has; returns how many ran.
int check_all(std::string_view text) {
  const Graph graph = parse_graph(text);
  const TacticNode node(graph, graph.nodes()[0]);
  const std::vector<Tensor> inputs = random_inputs(graph);
  const Tensor wanted = interpret(graph, inputs)[0];
  int ran = 0;
  for (const Candidate& candidate : candidates_of(node, target_here())) {
    std::vector<std::byte> bytes;
    try {
      bytes = saved_plan(graph, candidate);
    } catch (const Error& error) {
      // A candidate may find out that it cannot do these shapes; the tuner drops it then.
      EXPECT_EQ(error.problems()[0].id, "step.unsupported") << candidate.tactic;
      continue;
    }
    expect_near(run_saved(bytes, inputs), wanted, candidate.tactic);
    ++ran;
  }
  return ran;
}

TEST(SavedPlans, Convolutions) {
  EXPECT_GE(check_all("x: f32[2,16,9,10]\nw: const f32[24,16,3,3]\nb: const f32[24]\n"
                      "y = Conv(x, w, b) {pads=[1,1,1,1], epilogue=expr(relu(in0))}"),
            2);
  EXPECT_GE(check_all("x: f32[1,3,20,20]\nw: const f32[8,3,5,5]\n"
                      "y = Conv(x, w) {strides=[2,2]}"),
            2);
}

TEST(SavedPlans, DepthwiseConvolutions) {
  EXPECT_GE(check_all("x: f32[2,24,9,10]\nw: const f32[24,1,3,3]\nb: const f32[24]\n"
                      "y = Conv(x, w, b) {pads=[1,1,1,1], group=24}"),
            3);
  EXPECT_GE(check_all("x: f32[1,20,11,7]\nw: const f32[20,1,5,5]\n"
                      "y = Conv(x, w) {pads=[2,2,2,2], strides=[2,2], group=20}"),
            2);
}

TEST(SavedPlans, TransposedConvolutions) {
  EXPECT_GE(check_all("x: f32[1,16,6,5]\nw: const f32[16,8,2,2]\nb: const f32[8]\n"
                      "y = ConvTranspose(x, w, b) {strides=[2,2]}"),
            2);
}

TEST(SavedPlans, MatrixProducts) {
  EXPECT_GE(check_all("x: f32[2,7,32]\nw: const f32[32,24]\nb: const f32[24]\n"
                      "y = MatMul(x, w, b) {epilogue=expr(gelu(add(in0,in1)))}"),
            4);
  EXPECT_GE(check_all("x: f32[5,32]\nw: const f32[24,32]\ny = MatMul(x, w) {transpose_b=1}"), 4);
}

TEST(SavedPlans, PoolsNormsAndResize) {
  EXPECT_GE(check_all("x: f32[2,16,9,10]\ny = GlobalAveragePool(x)"), 3);
  EXPECT_GE(check_all("x: f32[2,16,8,8]\ny = MaxPool(x) {kernel_shape=[2,2], strides=[2,2]}"), 2);
  EXPECT_GE(check_all("x: f32[2,5,48]\ns: const f32[48]\nb: const f32[48]\n"
                      "y = LayerNormalization(x, s, b)"),
            2);
  EXPECT_GE(check_all("x: f32[2,4,16,21]\ny = Softmax(x) {axis=2}"), 2);
  EXPECT_GE(check_all("x: f32[1,8,5,6]\ns: const f32[4] = {1, 1, 2, 2}\n"
                      "y = Resize(x, _, s) {mode=\"nearest\"}"),
            2);
}

}  // namespace
}  // namespace ingot
