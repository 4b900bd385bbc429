// The performance summary, with trtexec's lines and definitions.
#pragma once

#include <string>
#include <vector>

#include "apps/common/statistics.h"

namespace ingot::apps {

/// Times of one run in milliseconds since the start of the measurement. On the CPU nothing is
/// transferred: both transfers are empty, and enqueueing is the computation.
struct RunTimes {
  double enqueue_start = 0, enqueue_end = 0;
  double h2d_start = 0, h2d_end = 0;
  double compute_start = 0, compute_end = 0;
  double d2h_start = 0, d2h_end = 0;

  double enqueue() const { return enqueue_end - enqueue_start; }
  double h2d() const { return h2d_end - h2d_start; }
  double compute() const { return compute_end - compute_start; }
  double d2h() const { return d2h_end - d2h_start; }
  double latency() const { return h2d() + compute() + d2h(); }
};

struct InferenceResult {
  std::vector<RunTimes> runs;  ///< warm-up excluded, in order of compute start
  int warm_up_runs = 0;

  /// From the start of the first run's input transfer to the end of the last output transfer.
  double walltime_s() const;
};

struct Performance {
  double throughput_qps = 0;
  Statistics latency, enqueue, h2d, compute, d2h;
  double walltime_s = 0, total_compute_s = 0;
};

Performance performance_of(const InferenceResult& result, const std::vector<double>& percentiles);

/// "=== Trace details ===" and averages of `runs_per_line` runs; of a long trace the first and the
/// last 200 lines.
std::vector<std::string> trace_lines(const InferenceResult& result, int runs_per_line);

/// "=== Performance summary ===" to the totals, one line each.
std::vector<std::string> summary_lines(const Performance& performance,
                                       const std::vector<double>& percentiles);

/// What makes the figures doubtful.
std::vector<std::string> performance_warnings(const Performance& performance, int streams,
                                              bool on_cpu);

/// What the figures mean (--verbose).
std::vector<std::string> explanation_lines();

}  // namespace ingot::apps
