// Placing: conversions, views, concats in place, dead memory.
#include "compiler/schedule/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/tensor/views.h"

namespace ingot {
namespace {

/// Every node in one layout, by a step family that copes with windows or does not.
ScheduledPlan schedule_all(const Graph& graph, Layout layout, bool windows, int in_place = -1) {
  std::vector<ScheduledNode> nodes;
  for (NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    ScheduledNode scheduled;
    scheduled.node = id;
    scheduled.is_view = node.op->traits.is_view;
    scheduled.kind = "test";
    scheduled.tactic = "test";
    scheduled.attributes = node.attributes;
    scheduled.attributes.set("op", std::string(node.op->name));
    scheduled.inputs.assign(node.inputs.size(), layout);
    scheduled.outputs.assign(node.outputs.size(), layout);
    scheduled.reads_windows = scheduled.writes_windows = windows;
    scheduled.in_place_input = in_place;
    nodes.push_back(std::move(scheduled));
  }
  return schedule(graph, nodes);
}

int count_kind(const Plan& plan, std::string_view kind) {
  return static_cast<int>(std::count_if(plan.steps.begin(), plan.steps.end(),
                                        [&](const PlanStep& step) { return step.kind == kind; }));
}

const PlanValue& value_named(const Plan& plan, std::string_view name) {
  const auto found = std::find_if(plan.values.begin(), plan.values.end(),
                                  [&](const PlanValue& value) { return value.name == name; });
  EXPECT_NE(found, plan.values.end()) << name;
  return *found;
}

constexpr std::string_view kConcat = R"(
  x: f32[2,8,4,4]
  a = Relu(x)
  b = Sigmoid(x)
  c = Concat(a, b) {axis=1}
  y = Tanh(c)
)";

TEST(Schedule, ConvertsWhereLayoutsMeetAndOnlyThere) {
  const ScheduledPlan result = schedule_all(parse_graph(kConcat), Layout::kChannelsLast, false);
  // The input comes plain, the output goes plain; both readers of x share one conversion.
  EXPECT_EQ(count_kind(result.plan, "cpu.copy"), 2);
}

TEST(Schedule, WritesThePiecesOfAConcatWhereTheyBelong) {
  const Plan plan = schedule_all(parse_graph(kConcat), Layout::kPlain, true).plan;
  EXPECT_EQ(plan.steps.size(), 3U);
  const PlanValue& second = value_named(plan, "b");
  EXPECT_EQ(second.storage, Storage::kView);
  EXPECT_EQ(second.axis, 1);
  EXPECT_EQ(plan.dims[static_cast<size_t>(second.offset)], Dim(8));
}

TEST(Schedule, KeepsTheConcatWhoseMakersCannotWriteWindows) {
  const Plan plan = schedule_all(parse_graph(kConcat), Layout::kPlain, false).plan;
  EXPECT_EQ(plan.steps.size(), 4U);
  EXPECT_EQ(value_named(plan, "a").storage, Storage::kArena);
}

TEST(Schedule, WindowsThatLieInOnePieceNeedNoSupport) {
  const Plan plan = schedule_all(parse_graph(R"(
    x: f32[1,8,4,4]
    a = Relu(x)
    b = Sigmoid(x)
    c = Concat(a, b) {axis=1}
    y = Tanh(c)
  )"),
                                 Layout::kPlain, false)
                        .plan;
  EXPECT_EQ(value_named(plan, "a").storage, Storage::kView);
}

TEST(Schedule, BlocksOfChannelsAreNotCut) {
  const Plan plan = schedule_all(parse_graph(R"(
    x: f32[1,12,4,4]
    a = Relu(x)
    b = Sigmoid(x)
    c = Concat(a, b) {axis=1}
    y = Tanh(c)
  )"),
                                 Layout::kBlocked8, true)
                        .plan;
  EXPECT_EQ(value_named(plan, "b").storage, Storage::kArena);
}

TEST(Schedule, ReadsThePiecesOfASplitWhereTheyLie) {
  const Plan plan = schedule_all(parse_graph(R"(
    x: f32[2,8,4,4]
    r = Relu(x)
    a, b = Split(r) {axis=1, num_outputs=2}
    y = Add(a, b)
  )"),
                                 Layout::kPlain, true)
                        .plan;
  EXPECT_EQ(plan.steps.size(), 2U);
  EXPECT_EQ(value_named(plan, "b").storage, Storage::kView);
}

TEST(Schedule, AReshapedOutputOwnsTheMemory) {
  const Plan plan = schedule_all(parse_graph(R"(
    x: f32[2,8]
    s: const i64[1] = {16}
    a = Relu(x)
    y = Reshape(a, s)
  )"),
                                 Layout::kPlain, false)
                        .plan;
  EXPECT_EQ(plan.steps.size(), 1U);
  EXPECT_EQ(value_named(plan, "y").storage, Storage::kOutput);
  EXPECT_EQ(value_named(plan, "a").storage, Storage::kView);
}

TEST(Schedule, APieceOfASplitThatIsAReshapedOutputIsWritten) {
  const Plan plan = schedule_all(parse_graph(R"(
    x: f32[1,8]
    flat: const i64[2] = {2, 2}
    e = Exp(x)
    a, b = Split(e) {axis=1, num_outputs=2}
    r = Reshape(a, flat)
    y = Tanh(b)
    return r, y
  )"),
                                 Layout::kPlain, true)
                        .plan;
  EXPECT_EQ(value_named(plan, "r").storage, Storage::kOutput);
  const PlanValue& piece = value_named(plan, "a");
  ASSERT_EQ(piece.storage, Storage::kView);
  EXPECT_LT(piece.axis, 0) << "it is the output under another shape";
  EXPECT_EQ(count_kind(plan, "cpu.copy"), 1) << "from its window of the whole";
  EXPECT_GE(value_named(plan, "b").axis, 0) << "the other piece is read where it lies";
}

TEST(Schedule, ATransposeThatTheLayoutHasDoneIsAView) {
  const Graph graph = parse_graph(R"(
    x: f32[2,5,6,3]
    a = Transpose(x) {perm=[0,3,1,2]}
    b = Relu(a)
    y = Transpose(b) {perm=[0,2,3,1]}
  )");
  std::vector<ScheduledNode> nodes;
  for (const NodeId id : graph.nodes()) {
    const bool first = nodes.empty(), last = nodes.size() == 2;
    ScheduledNode node{.node = id, .kind = "test", .tactic = "test"};
    node.inputs = {first ? Layout::kPlain : Layout::kChannelsLast};
    node.outputs = {last ? Layout::kPlain : Layout::kChannelsLast};
    node.same_bytes = first || last;
    nodes.push_back(std::move(node));
  }
  const Plan plan = schedule(graph, nodes).plan;
  EXPECT_EQ(plan.steps.size(), 1U);
  EXPECT_EQ(value_named(plan, "a").storage, Storage::kView);
  EXPECT_EQ(value_named(plan, "y").storage, Storage::kOutput);
  EXPECT_EQ(value_named(plan, "b").storage, Storage::kView);
}

TEST(Schedule, OnlyAxesBehindTheChannelsMayBeCountedOtherwise) {
  const Dim n = Dim::symbol("n");
  EXPECT_TRUE(keeps_channels({n, 64, 8, 8}, {n, 64, 64}));
  EXPECT_TRUE(keeps_channels({2, 64, 64}, {2, 64, 4, 16}));
  EXPECT_FALSE(keeps_channels({2, 64, 8, 8}, {2, 4, 16, 64}));
  EXPECT_FALSE(keeps_channels({2, 64, 8, 8}, {2, 4096}));
}

TEST(Schedule, AViewThatKeepsTheChannelsStaysInTheirLayout) {
  const Plan plan = schedule_all(parse_graph(R"(
    x: f32[2,5,6,3]
    s: const i64[3] = {2,5,18}
    a = Relu(x)
    b = Reshape(a, s)
    y = Relu(b)
  )"),
                                 Layout::kChannelsLast, false)
                        .plan;
  EXPECT_EQ(value_named(plan, "b").storage, Storage::kView);
  EXPECT_EQ(value_named(plan, "b").layout, Layout::kChannelsLast);
  EXPECT_EQ(count_kind(plan, "cpu.copy"), 2);  // the graph's input and output
}

TEST(Schedule, AnInputThatIsAnOutputIsCopied) {
  const Plan plan = schedule_all(parse_graph("x: f32[4]\nreturn x\n"), Layout::kPlain, false).plan;
  EXPECT_EQ(count_kind(plan, "cpu.copy"), 1);
}

TEST(Schedule, TakesOverTheMemoryOfAnInputThatDies) {
  const Plan plan = schedule_all(parse_graph(R"(
    x: f32[4]
    a = Relu(x)
    b = Sigmoid(a)
    y = Tanh(b)
  )"),
                                 Layout::kPlain, false, 0)
                        .plan;
  EXPECT_GE(value_named(plan, "b").in_place_of, 0);
}

TEST(Schedule, DoesNotTakeOverWhatIsReadLater) {
  const Plan plan = schedule_all(parse_graph(R"(
    x: f32[4]
    a = Relu(x)
    b = Sigmoid(a)
    y = Add(b, a)
  )"),
                                 Layout::kPlain, false, 0)
                        .plan;
  EXPECT_LT(value_named(plan, "b").in_place_of, 0);
}

}  // namespace
}  // namespace ingot
