// Copies of a CUDA plan: kernels on the device, transfers between it and the host.
#include "compiler/tactics/gpu_copies.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/schedule/schedule.h"

namespace ingot {
namespace {

/// The plan of x -> Relu -> Sigmoid -> y, with the first in `before` and the second in `after`.
Plan chain(Layout before, Layout after) {
  const Graph graph = parse_graph(R"(
    x: f32[2,8,4,4]
    a = Relu(x)
    y = Sigmoid(a)
  )");
  std::vector<ScheduledNode> nodes;
  for (const NodeId id : graph.nodes()) {
    const Layout layout = nodes.empty() ? before : after;
    ScheduledNode scheduled;
    scheduled.node = id;
    scheduled.kind = scheduled.tactic = "test";
    scheduled.inputs = scheduled.outputs = {layout};
    nodes.push_back(std::move(scheduled));
  }
  return schedule(graph, nodes).plan;
}

std::vector<std::string> kinds(const Plan& plan) {
  std::vector<std::string> result;
  for (const PlanStep& step : plan.steps) {
    if (step.kind != "test") result.push_back(step.kind);
  }
  return result;
}

Target gpu() {
  Target target;
  target.device = "cuda";
  target.gpu.architecture = "sm_80";
  return target;
}

TEST(GpuCopies, BetweenLayoutsOfTheDeviceIsOneKernelOfThePlan) {
  Plan plan = chain(Layout::kChannelsLast, Layout::kPlain);
  const std::vector<KernelSource> kernels = finish_copies(&plan, gpu());
  EXPECT_EQ(kinds(plan), (std::vector<std::string>{"jit.copy", "jit.copy"}));
  ASSERT_EQ(kernels.size(), 1U);
  const PlanStep& first = plan.steps[0];
  EXPECT_EQ(first.tactic, "jit.copy/f32/sm_80/plain.nhwc");
  EXPECT_EQ(first.attributes.text("cubin"), kernel_key(kernels[0], "sm_80"));
}

TEST(GpuCopies, BetweenHostAndDeviceIsATransfer) {
  Plan plan = chain(Layout::kHost, Layout::kPlain);
  EXPECT_TRUE(finish_copies(&plan, gpu()).empty());
  EXPECT_EQ(kinds(plan), (std::vector<std::string>{"cuda.transfer", "cuda.transfer"}));
  EXPECT_FALSE(plan.steps[0].attributes.has("cubin"));
}

TEST(GpuCopies, BytesCrossToTheHostInPlainOrder) {
  Plan plan = chain(Layout::kChannelsLast, Layout::kHost);
  finish_copies(&plan, gpu());
  EXPECT_EQ(kinds(plan),
            (std::vector<std::string>{"jit.copy", "jit.copy", "cuda.transfer", "cuda.transfer"}));
}

TEST(GpuCopies, PlansForTheCpuStayAsTheyAre) {
  Plan plan = chain(Layout::kChannelsLast, Layout::kPlain);
  EXPECT_TRUE(finish_copies(&plan, Target{}).empty());
  EXPECT_EQ(kinds(plan), (std::vector<std::string>{"cpu.copy", "cpu.copy"}));
}

}  // namespace
}  // namespace ingot
