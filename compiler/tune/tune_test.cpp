// Choice of layouts, timing cache, names and filters of tactics.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "compiler/tune/choose_layouts.h"
#include "compiler/tune/one_step_plan.h"
#include "compiler/tune/timing_cache.h"
#include "core/base/file.h"

namespace ingot {
namespace {

NodeTuning tuning(NodeId id, std::vector<std::pair<Layout, double>> times) {
  NodeTuning result;
  result.node = id;
  for (const auto& [layout, us] : times) {
    TimedCandidate timed;
    timed.candidate.inputs = {layout};
    timed.candidate.outputs = {layout};
    timed.us = us;
    result.candidates.push_back(timed);
  }
  return result;
}

Graph chain() {
  return parse_graph(R"(
    x: f32[1,64,56,56]
    a = Relu(x)
    b = Sigmoid(a)
    c = Tanh(b)
    y = GlobalAveragePool(c)
  )");
}

std::vector<Layout> chosen(const std::vector<NodeTuning>& nodes) {
  std::vector<Layout> result;
  for (const NodeTuning& node : nodes) result.push_back(node.choice().candidate.outputs[0]);
  return result;
}

TEST(ChooseLayouts, KeepsAChainInOneLayoutWhenAConversionCostsMoreThanItSaves) {
  const Graph graph = chain();
  std::vector<NodeTuning> nodes;
  for (NodeId id : graph.nodes()) {
    nodes.push_back(tuning(id, {{Layout::kChannelsLast, 100}, {Layout::kBlocked8, 100}}));
  }
  nodes[1] = tuning(nodes[1].node, {{Layout::kChannelsLast, 100}, {Layout::kBlocked8, 95}});
  nodes[2] = tuning(nodes[2].node, {{Layout::kChannelsLast, 80}, {Layout::kBlocked8, 100}});
  choose_layouts(graph, Target(), &nodes);
  EXPECT_EQ(chosen(nodes), std::vector<Layout>(4, Layout::kChannelsLast));
}

TEST(ChooseLayouts, ConvertsWhereItPays) {
  const Graph graph = chain();
  std::vector<NodeTuning> nodes;
  for (NodeId id : graph.nodes()) {
    nodes.push_back(tuning(id, {{Layout::kChannelsLast, 1000}, {Layout::kBlocked8, 5000}}));
  }
  nodes[3] = tuning(nodes[3].node, {{Layout::kChannelsLast, 9000}, {Layout::kBlocked8, 10}});
  choose_layouts(graph, Target(), &nodes);
  EXPECT_EQ(chosen(nodes)[2], Layout::kChannelsLast);
  EXPECT_EQ(chosen(nodes)[3], Layout::kBlocked8);
}

TEST(ChooseLayouts, LooksThroughViewsThatKeepTheChannels) {
  const Graph graph = parse_graph(R"(
    x: f32[1,64,56,56]
    s: const i64[3] = {1,64,3136}
    a = Relu(x)
    b = Reshape(a, s)
    y = Tanh(b)
  )");
  std::vector<NodeTuning> nodes;
  for (NodeId id : graph.nodes()) {
    nodes.push_back(tuning(id, {{Layout::kPlain, 50}, {Layout::kChannelsLast, 50}}));
  }
  nodes[1].is_view = true;
  nodes[1].candidates.clear();
  // Each alone is a little faster in its own layout, which is not worth a conversion between them.
  nodes[0].candidates[0].us = 51;
  nodes[2].candidates[1].us = 51;
  choose_layouts(graph, Target(), &nodes);
  EXPECT_EQ(nodes[0].choice().candidate.outputs[0], nodes[2].choice().candidate.inputs[0]);
}

TEST(TacticNode, TellsTheNodeThatDecidesASizeFromThoseAfterIt) {
  const Graph graph = parse_graph(R"(
    x: f32[2,8]
    n = NonZero(x)
    f = Cast(n) {to=f32}
    y = Relu(f)
    return y
  )");
  const std::vector<NodeId> nodes = graph.nodes();
  EXPECT_FALSE(TacticNode(graph, nodes[0]).output_size_known());
  EXPECT_TRUE(TacticNode(graph, nodes[1]).output_size_known());
  EXPECT_TRUE(TacticNode(graph, nodes[2]).output_size_known());
}

class TimingCacheFile : public ::testing::Test {
 protected:
  void TearDown() override {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + ".lock");
  }
  std::string path_ = ::testing::TempDir() + "timing_cache_test." + std::to_string(::getpid());
  std::string key_ = "0123456789abcdef0123456789abcdef";
  std::string other_key_ = "f123456789abcdef0123456789abcdef";
};

TEST_F(TimingCacheFile, GivesBackWhatWasSaved) {
  TimingCache cache;
  cache.add(key_, {12.5, "brgconv:avx2", 4096});
  cache.save(path_);
  TimingCache read;
  read.load(path_);
  ASSERT_TRUE(read.find(key_));
  EXPECT_EQ(read.find(key_)->us, 12.5);
  EXPECT_EQ(read.find(key_)->implementation, "brgconv:avx2");
  EXPECT_EQ(read.find(key_)->scratch_bytes, 4096);
}

TEST_F(TimingCacheFile, KeepsWhatOthersWroteMeanwhile) {
  TimingCache first, second;
  first.add(key_, {1, "a"});
  second.add(other_key_, {2, "b"});
  first.save(path_);
  second.save(path_);
  TimingCache read;
  read.load(path_);
  EXPECT_EQ(read.size(), 2U);
}

TEST_F(TimingCacheFile, DropsMalformedLinesAndKeepsTheRest) {
  write_file_atomically(path_, std::string_view("# ingot timing cache 2\nrubbish\n"
                                                "0123456789abcdef0123456789abcdef 3.5 64 x\n"
                                                "0123456789abcdef0123456789abcdeg 1 0 y\n"));
  TimingCache read;
  read.load(path_);
  EXPECT_EQ(read.size(), 1U);
}

TEST(CandidateSignature, DependsOnShapesAndNotOnNames) {
  const auto signature = [](std::string_view text) {
    const Graph graph = parse_graph(text);
    const TacticNode node(graph, graph.nodes()[0]);
    Candidate candidate;
    candidate.inputs = {Layout::kPlain};
    candidate.outputs = {Layout::kPlain};
    return candidate_signature(node, candidate);
  };
  EXPECT_EQ(signature("x: f32[2,3]\ny = Relu(x)"), signature("a: f32[2,3]\nb = Relu(a)"));
  EXPECT_NE(signature("x: f32[2,3]\ny = Relu(x)"), signature("x: f32[3,2]\ny = Relu(x)"));
}

TEST(TacticFilters, ApplyInOrderToNamesAndFamilies) {
  EXPECT_TRUE(tactic_allowed("dnnl.conv/f32/avx2/nhwc", {}));
  EXPECT_FALSE(tactic_allowed("dnnl.conv/f32/avx2/nhwc", {"-dnnl.*"}));
  EXPECT_TRUE(tactic_allowed("dnnl.conv/f32/avx2/nhwc", {"-dnnl.*", "+dnnl.conv"}));
  EXPECT_FALSE(tactic_allowed("dnnl.conv/f32/avx2/c8", {"-*/c8"}));
}

TEST(Tactics, EndWithTheReferenceAndHaveUniqueNames) {
  std::vector<std::string_view> names;
  for (const TacticDef* tactic : all_tactics()) {
    EXPECT_EQ(std::count(names.begin(), names.end(), tactic->name), 0) << tactic->name;
    names.push_back(tactic->name);
  }
  EXPECT_EQ(names.back(), "ref");
}

}  // namespace
}  // namespace ingot
