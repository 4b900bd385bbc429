// The performance summary: trtexec's definitions and lines.
#include "apps/trtexec/report.h"

#include <gtest/gtest.h>

#include "apps/trtexec/export.h"
#include "apps/trtexec/layer_profile.h"

namespace ingot::apps {
namespace {

RunTimes run_on_a_device(double start, double h2d, double compute, double d2h) {
  RunTimes run;
  run.enqueue_start = run.h2d_start = start;
  run.h2d_end = run.compute_start = start + h2d;
  run.enqueue_end = start + 0.25;
  run.compute_end = run.d2h_start = run.compute_start + compute;
  run.d2h_end = run.d2h_start + d2h;
  return run;
}

InferenceResult two_runs() {
  return {{run_on_a_device(100, 1, 10, 2), run_on_a_device(200, 1, 30, 2)}, 3};
}

TEST(Report, LatencyIsTransfersAndCompute) {
  const Performance p = performance_of(two_runs(), {90});
  EXPECT_DOUBLE_EQ(p.latency.min, 13);
  EXPECT_DOUBLE_EQ(p.latency.max, 33);
  EXPECT_DOUBLE_EQ(p.compute.mean, 20);
  EXPECT_DOUBLE_EQ(p.enqueue.median, 0.25);
}

TEST(Report, WalltimeGoesFromTheFirstInputToTheLastOutput) {
  const Performance p = performance_of(two_runs(), {90});
  EXPECT_DOUBLE_EQ(p.walltime_s, 0.133);
  EXPECT_DOUBLE_EQ(p.throughput_qps, 2 / 0.133);
  EXPECT_DOUBLE_EQ(p.total_compute_s, 0.040);
}

TEST(Report, TheSummaryHasTrtexecsLines) {
  const std::vector<std::string> lines = summary_lines(performance_of(two_runs(), {90}), {90});
  ASSERT_EQ(lines.size(), 9U);
  EXPECT_EQ(lines[0], "=== Performance summary ===");
  EXPECT_EQ(lines[1], "Throughput: 15.0376 qps");
  EXPECT_EQ(lines[2],
            "Latency: min = 13 ms, max = 33 ms, mean = 23 ms, median = 23 ms, "
            "percentile(90%) = 33 ms");
  EXPECT_TRUE(lines[3].starts_with("Enqueue Time: min = 0.25 ms"));
  EXPECT_TRUE(lines[4].starts_with("H2D Latency: min = 1 ms"));
  EXPECT_TRUE(lines[5].starts_with("GPU Compute Time: min = 10 ms"));
  EXPECT_TRUE(lines[6].starts_with("D2H Latency: min = 2 ms"));
  EXPECT_EQ(lines[7], "Total Host Walltime: 0.133 s");
  EXPECT_EQ(lines[8], "Total GPU Compute Time: 0.04 s");
}

TEST(Report, TheTraceAveragesWholeGroupsOnly) {
  InferenceResult result;
  for (int i = 0; i < 5; ++i) result.runs.push_back(run_on_a_device(i * 10, 0, i, 0));
  const std::vector<std::string> lines = trace_lines(result, 2);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1], "Trace averages of 2 runs:");
  EXPECT_EQ(lines[2],
            "Average on 2 runs - GPU latency: 0.5 ms - Host latency: 0.5 ms (enqueue "
            "0.25 ms)");
}

TEST(Report, OfALongTraceTheEndsAreShown) {
  InferenceResult result;
  for (int i = 0; i < 1000; ++i) result.runs.push_back(run_on_a_device(i, 0, i, 0));
  const std::vector<std::string> lines = trace_lines(result, 1);
  ASSERT_EQ(lines.size(), 2U + 401U);
  EXPECT_EQ(lines[202], "... Omitting 600 lines");
  EXPECT_NE(lines[203].find("GPU latency: 800 ms"), std::string::npos);
  EXPECT_NE(lines.back().find("GPU latency: 999 ms"), std::string::npos);
}

TEST(Report, UnsteadyTimesAreDoubted) {
  const Performance p = performance_of(two_runs(), {90});
  const auto lines = performance_warnings(p, 1, true);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "GPU compute time is unstable, with coefficient of variance = 50%.");
}

TEST(Report, OnAGpuTransfersAndEnqueueingMayBeTheLimit) {
  InferenceResult result{{run_on_a_device(0, 20, 0.3, 20)}, 0};
  const auto lines = performance_warnings(performance_of(result, {90}), 1, false);
  EXPECT_EQ(lines.size(), 6U);
  EXPECT_TRUE(performance_warnings(performance_of(result, {90}), 1, true).empty());
}

TEST(Report, SeveralStreamsMakeLatenciesDoubtful) {
  InferenceResult result{{run_on_a_device(0, 0, 5, 0)}, 0};
  EXPECT_NE(performance_warnings(performance_of(result, {90}), 2, true)[0].find("Multiple"),
            std::string::npos);
}

TEST(Export, TimesHaveTrtexecsFields) {
  EXPECT_EQ(times_json({{run_on_a_device(100, 1, 10, 2)}, 0}),
            "[\n  { \"startEnqMs\" : 100, \"endEnqMs\" : 100.25, \"startH2dMs\" : 100, "
            "\"endH2dMs\" : 101, \"startComputeMs\" : 101, \"endComputeMs\" : 111, "
            "\"startD2hMs\" : 111, \"endD2hMs\" : 113, \"h2dMs\" : 1, \"computeMs\" : 10, "
            "\"d2hMs\" : 2, \"latencyMs\" : 13 }\n]\n");
}

TEST(Export, OutputsComeWithNameDimensionsAndValues) {
  HostTensor tensor;
  tensor.info = {"out\"put", DType::kI64, {1, 2}, {}, false};
  tensor.shape = {1, 2};
  int64_t values[] = {3, -4};
  tensor.data = reinterpret_cast<std::byte*>(values);
  tensor.bytes = sizeof values;
  std::vector<HostTensor> outputs;
  outputs.push_back(std::move(tensor));
  EXPECT_EQ(outputs_json(outputs),
            "[\n  { \"name\" : \"out\\\"put\"\n  , \"dimensions\" : \"1x2\"\n"
            "  , \"values\" : [ 3, -4 ]\n  }\n]\n");
  EXPECT_EQ(outputs_text(outputs), "Output Tensors:\nout\"put: (1x2)\n3 -4\n");
}

std::vector<StepTime> step_times() {
  return {{"conv", "t", {1, 2, 3}}, {"view", "t", {0, 0, 0}}, {"relu", "t", {2, 2, 2}}};
}

TEST(LayerProfile, SumsStreamsAndLeavesOutWhatTakesNoTime) {
  const LayerProfile profile = profile_of({step_times(), step_times()});
  EXPECT_EQ(profile.iterations, 6);
  ASSERT_EQ(profile.layers.size(), 2U);
  EXPECT_DOUBLE_EQ(profile.layers[0].total_ms, 12);
  EXPECT_DOUBLE_EQ(profile.layers[0].median_ms, 2);
  EXPECT_DOUBLE_EQ(profile.layers[0].percentage, 50);
  EXPECT_DOUBLE_EQ(profile.total.total_ms, 24);
}

TEST(LayerProfile, TheTableEndsWithATotal) {
  const std::string table = profile_table(profile_of({step_times()}));
  EXPECT_TRUE(table.starts_with("=== Profile (3 iterations ) ===\n")) << table;
  EXPECT_NE(table.find("6.00       2.0000       2.0000      50.0   conv\n"), std::string::npos)
      << table;
  EXPECT_TRUE(table.ends_with("100.0   Total\n")) << table;
}

TEST(LayerProfile, TheDocumentBeginsWithTheCount) {
  const std::string json = profile_json(profile_of({step_times()}));
  EXPECT_TRUE(json.starts_with("[\n  { \"count\" : 3 }\n, { \"name\" : \"conv\", \"timeMs\" : 6, "))
      << json;
}

}  // namespace
}  // namespace ingot::apps
