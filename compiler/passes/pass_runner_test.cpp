// The runner: what it skips, reports, dumps, and how it finds the pass that broke a graph.
#include "compiler/passes/pass_runner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/base/file.h"

namespace ingot {
namespace {

constexpr const char* kText = R"(
  x: f32[2,3]
  a = Identity(x)
  y = Relu(a)
  return y
)";

Graph leave(Graph graph, PassContext&) { return graph; }

Graph drop_identities(Graph graph, PassContext& pass) {
  for (NodeId id : graph.nodes("Identity")) {
    pass.near_miss(graph, id, "twice");
    pass.near_miss(graph, id, "twice");
    graph.replace(id, graph.node(id).inputs[0]);
  }
  return graph;
}

Graph break_type(Graph graph, PassContext&) {
  // The runner infers types anew, so only wiring can be broken: a cycle.
  const NodeId relu = graph.nodes("Relu")[0];
  graph.set_input(relu, 0, graph.node(relu).outputs[0]);
  return graph;
}

constexpr Pass kLeave = {"leave", "for tests", leave};
constexpr Pass kDrop = {"drop_identities", "for tests", drop_identities};
constexpr Pass kBreak = {"break_type", "for tests", break_type};

PassReport run(std::span<const Pass> passes, const RunnerOptions& runner) {
  PassReport report;
  run_passes(parse_graph(kText), passes, {}, runner, &report);
  return report;
}

TEST(PassRunner, ReportsWhichPassesChangedTheGraph) {
  const Pass passes[] = {kLeave, kDrop, kDrop};
  const PassReport report = run(passes, {});
  ASSERT_EQ(report.runs.size(), 3U);
  EXPECT_FALSE(report.runs[0].changed);
  EXPECT_TRUE(report.runs[1].changed);
  EXPECT_FALSE(report.runs[2].changed);
  EXPECT_GE(report.runs[1].seconds, 0.0);
}

TEST(PassRunner, TellsEachNearMissOnce) {
  const Pass passes[] = {kDrop};
  const PassReport report = run(passes, {});
  ASSERT_EQ(report.near_misses.size(), 1U);
  EXPECT_EQ(report.near_misses[0].pass, "drop_identities");
  EXPECT_EQ(report.near_misses[0].node, "a");
}

TEST(PassRunner, SkipsEveryRunOfADisabledPass) {
  const Pass passes[] = {kDrop, kLeave, kDrop};
  const PassReport report = run(passes, {.disabled = {"drop_identities"}});
  EXPECT_TRUE(report.runs[0].skipped);
  EXPECT_FALSE(report.runs[1].skipped);
  EXPECT_TRUE(report.runs[2].skipped);
  EXPECT_FALSE(report.runs[0].changed);
}

TEST(PassRunner, SuggestsTheNearestNameForAnUnknownPass) {
  const Pass passes[] = {kLeave, kDrop};
  try {
    run(passes, {.disabled = {"drop_identity"}});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.problems()[0].id, "passes.unknown");
    EXPECT_NE(std::string(error.what()).find("drop_identities"), std::string::npos);
  }
}

TEST(PassRunner, DumpsTheGraphAfterEveryPass) {
  const std::string directory =
      testing::TempDir() + "ingot_pass_dump." + std::to_string(::getpid());
  std::filesystem::remove_all(directory);
  const Pass passes[] = {kLeave, kDrop};
  run(passes, {.dump_directory = directory});
  EXPECT_NE(read_text_file(directory + "/00_input.txt").find("Identity"), std::string::npos);
  EXPECT_EQ(read_text_file(directory + "/01_leave.txt"), "(unchanged)\n");
  const std::string last = read_text_file(directory + "/02_drop_identities.txt");
  EXPECT_EQ(last.find("Identity"), std::string::npos);
  EXPECT_NE(last.find("Relu"), std::string::npos);
}

TEST(PassRunner, NamesThePassThatLeftABrokenGraph) {
  const std::string directory =
      testing::TempDir() + "ingot_pass_broken." + std::to_string(::getpid());
  std::filesystem::remove_all(directory);
  const Pass passes[] = {kDrop, kBreak};
  try {
    run(passes, {.dump_directory = directory, .verify = true});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.problems()[0].id, "passes.broke_graph");
    EXPECT_NE(error.problems()[0].what.find("break_type"), std::string::npos);
    EXPECT_NE(error.problems()[0].where.find("01_drop_identities.txt"), std::string::npos);
  }
}

TEST(PassRunner, TellsProgressBeforeEachPass) {
  const Pass passes[] = {kLeave, kDrop};
  std::string seen;
  run(passes, {.on_progress = [&](std::string_view pass, int done, int total) {
        seen += std::string(pass) + std::to_string(done) + "/" + std::to_string(total) + " ";
      }});
  EXPECT_EQ(seen, "leave0/2 drop_identities1/2 ");
}

}  // namespace
}  // namespace ingot
