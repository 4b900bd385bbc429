// The performance summary: see the header.
#include "apps/trtexec/report.h"

#include <fmt/core.h>

#include <algorithm>

namespace ingot::apps {
namespace {

Statistics statistics(const InferenceResult& result, double (RunTimes::*time)() const,
                      const std::vector<double>& percentiles) {
  std::vector<double> times;
  times.reserve(result.runs.size());
  for (const RunTimes& run : result.runs) times.push_back((run.*time)());
  return statistics_of(std::move(times), percentiles);
}

}  // namespace

double InferenceResult::walltime_s() const {
  if (runs.empty()) return 0;
  double first = runs.front().h2d_start, last = runs.front().d2h_end;
  for (const RunTimes& run : runs) {
    first = std::min(first, run.h2d_start);
    last = std::max(last, run.d2h_end);
  }
  return (last - first) / 1000;
}

Performance performance_of(const InferenceResult& result, const std::vector<double>& percentiles) {
  Performance performance;
  performance.latency = statistics(result, &RunTimes::latency, percentiles);
  performance.enqueue = statistics(result, &RunTimes::enqueue, percentiles);
  performance.h2d = statistics(result, &RunTimes::h2d, percentiles);
  performance.compute = statistics(result, &RunTimes::compute, percentiles);
  performance.d2h = statistics(result, &RunTimes::d2h, percentiles);
  const auto queries = static_cast<double>(result.runs.size());
  performance.walltime_s = result.walltime_s();
  if (performance.walltime_s > 0) performance.throughput_qps = queries / performance.walltime_s;
  performance.total_compute_s = performance.compute.mean * queries / 1000;
  return performance;
}

std::vector<std::string> trace_lines(const InferenceResult& result, int runs_per_line) {
  constexpr size_t kLinesAtEachEnd = 200;
  std::vector<std::string> lines{"=== Trace details ===",
                                 fmt::format("Trace averages of {} runs:", runs_per_line)};
  const auto group = static_cast<size_t>(runs_per_line);
  const size_t groups = result.runs.size() / group;
  for (size_t g = 0; g < groups; ++g) {
    if (groups > 2 * kLinesAtEachEnd && g == kLinesAtEachEnd) {
      lines.push_back(fmt::format("... Omitting {} lines", groups - 2 * kLinesAtEachEnd));
      g = groups - kLinesAtEachEnd;
    }
    double compute = 0, latency = 0, enqueue = 0;
    for (size_t i = g * group; i < (g + 1) * group; ++i) {
      compute += result.runs[i].compute() / runs_per_line;
      latency += result.runs[i].latency() / runs_per_line;
      enqueue += result.runs[i].enqueue() / runs_per_line;
    }
    lines.push_back(
        fmt::format("Average on {} runs - GPU latency: {:g} ms - Host latency: {:g} ms "
                    "(enqueue {:g} ms)",
                    runs_per_line, compute, latency, enqueue));
  }
  return lines;
}

std::vector<std::string> summary_lines(const Performance& p, const std::vector<double>& percents) {
  return {"=== Performance summary ===",
          fmt::format("Throughput: {:g} qps", p.throughput_qps),
          "Latency: " + to_text(p.latency, percents),
          "Enqueue Time: " + to_text(p.enqueue, percents),
          "H2D Latency: " + to_text(p.h2d, percents),
          "GPU Compute Time: " + to_text(p.compute, percents),
          "D2H Latency: " + to_text(p.d2h, percents),
          fmt::format("Total Host Walltime: {:g} s", p.walltime_s),
          fmt::format("Total GPU Compute Time: {:g} s", p.total_compute_s)};
}

std::vector<std::string> performance_warnings(const Performance& p, int streams, bool on_cpu) {
  constexpr double kEnqueueShare = 0.8, kStableVariation = 2.5;
  std::vector<std::string> lines;
  const auto add = [&lines](std::string line) { lines.push_back(std::move(line)); };
  // On the CPU enqueueing is the computation, and nothing is transferred.
  if (!on_cpu && p.enqueue.median > kEnqueueShare * p.compute.median) {
    add("Throughput may be bound by Enqueue Time rather than GPU Compute and the GPU may be "
        "under-utilized.");
    add("  If not already in use, --useCudaGraph (utilize CUDA graphs where possible) may increase "
        "the throughput.");
  }
  if (!on_cpu && p.h2d.median >= p.compute.median) {
    add("Throughput may be bound by host-to-device transfers for the inputs rather than GPU "
        "Compute and the GPU may be under-utilized.");
    add("  Add --noDataTransfers flag to disable data transfers.");
  }
  if (!on_cpu && p.d2h.median >= p.compute.median) {
    add("Throughput may be bound by device-to-host transfers for the outputs rather than GPU "
        "Compute and the GPU may be under-utilized.");
    add("  Add --noDataTransfers flag to disable data transfers.");
  }
  if (p.compute.coefficient_of_variation > kStableVariation) {
    add(fmt::format("GPU compute time is unstable, with coefficient of variance = {:g}%.",
                    p.compute.coefficient_of_variation));
    add(on_cpu
            ? "  Other work on the machine may cause it; a longer --duration and the median tell "
              "more than the mean."
            : "  If not already in use, locking GPU clock frequency or adding --useSpinWait may "
              "improve the stability.");
  }
  if (streams > 1) {
    add("Multiple inference streams are used. Latencies may not be accurate since inferences may "
        "run in parallel.");
    add("  Please use \"Throughput\" as the performance metric instead.");
  }
  return lines;
}

std::vector<std::string> explanation_lines() {
  return {
      "=== Explanations of the performance metrics ===",
      "Total Host Walltime: the host walltime from when the first query (after warmups) is "
      "enqueued "
      "to when the last query is completed.",
      "GPU Compute Time: the time to compute a query; on the CPU that of its threads.",
      "Total GPU Compute Time: the summation of the compute time of all the queries. If this is "
      "significantly shorter than Total Host Walltime, there are pauses between the queries.",
      "Throughput: the observed throughput computed by dividing the number of queries by the Total "
      "Host Walltime.",
      "Enqueue Time: the host latency to enqueue a query; on the CPU the computation is part of "
      "it.",
      "H2D Latency: the latency for host-to-device data transfers for input tensors of a query; 0 "
      "on the CPU.",
      "D2H Latency: the latency for device-to-host data transfers for output tensors of a query; 0 "
      "on the CPU.",
      "Latency: the summation of H2D Latency, GPU Compute Time, and D2H Latency."};
}

}  // namespace ingot::apps
