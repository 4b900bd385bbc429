// Running an engine for measurement: see the header.
#include "apps/trtexec/inference.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "apps/common/console.h"
#include "apps/common/flags.h"
#include "apps/common/names.h"
#include "apps/trtexec/shapes.h"

namespace ingot::apps {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

void pause(double ms) {
  if (ms > 0) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
}

/// One stream's loop. Every stream warms up and stops by its own clock.
struct Loop {
  const TrtexecOptions& options;
  Clock::time_point start;
  std::vector<RunTimes> runs;
  int warm_up_runs = 0;
  std::string failure;

  void run(Context* context) {
    const Clock::time_point measured_from =
        start + std::chrono::duration_cast<Clock::duration>(
                    std::chrono::duration<double, std::milli>(options.warm_up_ms));
    const bool endless = options.duration_s < 0;
    while (true) {
      pause(options.idle_ms);
      const Clock::time_point begin = Clock::now();
      pause(options.sleep_ms);
      const Clock::time_point compute = options.sleep_ms > 0 ? Clock::now() : begin;
      const Status status = context->run();
      const Clock::time_point end = Clock::now();
      if (!status.ok()) {
        failure = status.message();
        return;
      }
      if (compute < measured_from) {
        ++warm_up_runs;
        continue;
      }
      runs.push_back({milliseconds(start, begin), milliseconds(start, end),
                      milliseconds(start, compute), milliseconds(start, end)});
      const bool enough_runs = static_cast<int>(runs.size()) >= options.iterations;
      const bool long_enough = milliseconds(measured_from, end) >= options.duration_s * 1000;
      if (!endless && enough_runs && long_enough) return;
    }
  }
};

}  // namespace

int threads_per_stream(const TrtexecOptions& options) {
  const int all = options.threads > 0 ? options.threads : default_threads();
  return std::max(1, all / options.streams);
}

std::vector<Stream> make_streams(const std::shared_ptr<const Engine>& engine,
                                 const TrtexecOptions& options) {
  const std::map<std::string, std::string> files(options.load_inputs.begin(),
                                                 options.load_inputs.end());
  std::vector<Stream> streams;
  for (int i = 0; i < options.streams; ++i) {
    Stream stream;
    stream.context = std::make_unique<Context>(engine);
    check(stream.context->set_profile(options.profile_index));
    for (const auto& [name, shape] : expand_shapes(options.inference_shapes(), engine->inputs(),
                                                   "--shapes")) {
      check(stream.context->set_shape(name, shape));
    }
    check(stream.context->prepare());
    stream.tensors = std::make_unique<BoundTensors>(stream.context.get(), *engine, files);
    streams.push_back(std::move(stream));
  }
  for (const HostTensor& tensor : streams[0].tensors->inputs()) {
    const auto file = files.find(tensor.info.name);
    info(file == files.end()
             ? fmt::format("Using random values for input {}", tensor.info.name)
             : fmt::format("Using values loaded from {} for input {}", file->second,
                           tensor.info.name));
    info(fmt::format("Input binding for {} with dimensions {} and type {} is created.",
                     tensor.info.name, tensor.shape.to_string(), binding_type(tensor.info.dtype)));
  }
  for (const HostTensor& tensor : streams[0].tensors->outputs()) {
    info(fmt::format("Output binding for {} with dimensions {} and type {} is created.",
                     tensor.info.name, tensor.shape.to_string(), binding_type(tensor.info.dtype)));
  }
  return streams;
}

InferenceResult run_inference(std::vector<Stream>* streams, const TrtexecOptions& options) {
  std::vector<Loop> loops;
  const Clock::time_point start = Clock::now();
  for (size_t i = 0; i < streams->size(); ++i) loops.push_back({options, start, {}, 0, {}});
  if (streams->size() == 1) {
    loops[0].run((*streams)[0].context.get());
  } else {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < streams->size(); ++i) {
      threads.emplace_back([&, i] { loops[i].run((*streams)[i].context.get()); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  InferenceResult result;
  for (const Loop& loop : loops) {
    if (!loop.failure.empty()) throw UsageError(loop.failure);
    result.warm_up_runs += loop.warm_up_runs;
    result.runs.insert(result.runs.end(), loop.runs.begin(), loop.runs.end());
  }
  std::sort(result.runs.begin(), result.runs.end(), [](const RunTimes& a, const RunTimes& b) {
    return a.compute_start < b.compute_start;
  });
  double last = 0;
  for (const RunTimes& run : result.runs) last = std::max(last, run.compute_end);
  result.walltime_s = (last - result.runs.front().enqueue_start) / 1000;
  return result;
}

}  // namespace ingot::apps
