// ingot bench model.plan: median latency and throughput. With --chunks it is a worker: it prints
// `ready {"load_ms": ...}` and answers each line of stdin, a number of seconds, with one line
// {"ms": [latency of each inference in that time]}, so that others can measure it beside theirs.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "apps/common/console.h"
#include "apps/common/statistics.h"
#include "apps/ingot/command.h"
#include "apps/ingot/session.h"

namespace ingot::apps {
namespace {

using Clock = std::chrono::steady_clock;

struct BenchFlags : SessionFlags {
  int iterations = 10;
  double duration_s = 3, warm_up_ms = 200;
  bool chunks = false;
};

std::vector<Flag> flags_of(BenchFlags* options) {
  std::vector<Flag> flags;
  add_session_flags(options, &flags);
  flags.push_back({"--iterations", "N", "at least N runs (default 10)",
                   set_integer("--iterations", &options->iterations, 1)});
  flags.push_back({"--duration", "s", "run at least so long (default 3)",
                   set_number("--duration", &options->duration_s, 0)});
  flags.push_back({"--warmUp", "ms", "warm-up before measuring (default 200)",
                   set_number("--warmUp", &options->warm_up_ms, 0)});
  flags.push_back({"--chunks", "", "worker: a line of seconds on stdin, latencies on stdout",
                   set_true(&options->chunks)});
  return flags;
}

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Runs until both have passed; latencies in ms.
std::vector<double> measure(Context* context, int iterations, double duration_ms) {
  std::vector<double> times;
  const Clock::time_point start = Clock::now();
  do {
    const Clock::time_point begin = Clock::now();
    check(context->run());
    times.push_back(ms_since(begin));
  } while (static_cast<int>(times.size()) < iterations || ms_since(start) < duration_ms);
  return times;
}

void serve(Context* context, double load_ms) {
  print_text(fmt::format("ready {{\"load_ms\": {:.3f}}}\n", load_ms));
  char line[128];
  while (std::fgets(line, sizeof line, stdin)) {
    std::string text;
    for (double ms : measure(context, 1, std::strtod(line, nullptr) * 1000)) {
      text += fmt::format("{}{:.4f}", text.empty() ? "" : ", ", ms);
    }
    print_text(fmt::format("{{\"ms\": [{}]}}\n", text));
  }
}

int run(const std::vector<std::string>& arguments) {
  BenchFlags options;
  std::vector<std::string> words;
  parse_flags(arguments, flags_of(&options), &words);
  const Clock::time_point start = Clock::now();
  Session session = open_session(only_word(words, "an engine file"), options);
  const double load_ms = ms_since(start);
  if (options.chunks) {
    constexpr int kWarmUpRuns = 3;
    measure(session.context.get(), kWarmUpRuns, 0);
    serve(session.context.get(), load_ms);
    return 0;
  }
  if (options.warm_up_ms > 0) measure(session.context.get(), 1, options.warm_up_ms);
  const Clock::time_point measured_from = Clock::now();
  std::vector<double> times =
      measure(session.context.get(), options.iterations, options.duration_s * 1000);
  const double wall_ms = ms_since(measured_from);
  std::sort(times.begin(), times.end());
  print_text(fmt::format(
      "load       {:.1f} ms\nmedian     {:.4f} ms\np90        {:.4f} ms\n"
      "p99        {:.4f} ms\nmin        {:.4f} ms\nthroughput {:.2f} runs/s "
      "({} runs in {:.2f} s)\n",
      load_ms, median(times), percentile(times, 90), percentile(times, 99), times.front(),
      1000 * static_cast<double>(times.size()) / wall_ms, times.size(), wall_ms / 1000));
  return 0;
}

std::string help() {
  BenchFlags options;
  return flags_help(flags_of(&options));
}

}  // namespace

const Command kBenchCommand = {"bench", "model.plan [flags]",
                               "Measures an engine's latency and throughput.", run, help};

}  // namespace ingot::apps
