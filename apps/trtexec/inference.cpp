// Running an engine for measurement: see the header.
#include "apps/trtexec/inference.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "apps/common/console.h"
#include "apps/common/program.h"

namespace ingot::apps {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

void pause(double ms) {
  if (ms > 0) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
}

/// One stream's loop. Every stream warms up and stops by the same clock.
struct Loop {
  const TrtexecOptions& options;
  Clock::time_point start;
  std::vector<RunTimes> runs = {};
  int warm_up_runs = 0;
  std::exception_ptr failure = nullptr;

  void run(const Stream& stream) noexcept {
    try {
      if (stream.on_gpu) {
        measure_on_gpu(stream.context.get());
      } else {
        measure(stream.context.get());
      }
    } catch (...) {
      failure = std::current_exception();
    }
  }

 private:
  void measure(Context* context) {
    while (true) {
      pause(options.idle_ms);
      const double enqueue = now_ms();
      pause(options.sleep_ms);
      const double begin = options.sleep_ms > 0 ? now_ms() : enqueue;
      check(context->run());
      const double end = now_ms();
      if (begin < options.warm_up_ms) {
        ++warm_up_runs;
        continue;
      }
      runs.push_back({.enqueue_start = begin,
                      .enqueue_end = end,
                      .h2d_start = begin,
                      .h2d_end = begin,
                      .compute_start = begin,
                      .compute_end = end,
                      .d2h_start = end,
                      .d2h_end = end});
      if (done(end)) return;
    }
  }

  // The next run is queued before the last is waited for, so that the GPU does not wait for the host.
  void measure_on_gpu(Context* context) {
    std::pair<double, double> queued = submit(context);
    while (true) {
      pause(options.idle_ms);
      const auto next = submit(context);
      check(context->wait());
      const auto [begin, end] = std::exchange(queued, next);
      if (begin < options.warm_up_ms) {
        ++warm_up_runs;
        continue;
      }
      const ingot::RunTimes spent = context->last_times();
      RunTimes run{.enqueue_start = begin, .enqueue_end = end, .h2d_start = begin};
      run.h2d_end = run.compute_start = run.h2d_start + static_cast<double>(spent.to_device_ms);
      run.compute_end = run.d2h_start = run.compute_start + static_cast<double>(spent.compute_ms);
      run.d2h_end = run.d2h_start + static_cast<double>(spent.from_device_ms);
      runs.push_back(run);
      if (done(now_ms())) break;
    }
    check(context->wait());
  }

  std::pair<double, double> submit(Context* context) const {
    pause(options.sleep_ms);
    const double begin = now_ms();
    check(context->submit());
    return {begin, now_ms()};
  }

  bool done(double end) const {
    if (options.duration_s < 0) return false;
    return static_cast<int>(runs.size()) >= options.iterations &&
           end - options.warm_up_ms >= options.duration_s * 1000;
  }

  double now_ms() const { return milliseconds(start, Clock::now()); }
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
  set_activity("making the execution contexts");
  const ShapeList shapes = expand_shapes(options.shapes, engine->inputs(), "--shapes");
  std::vector<Stream> streams;
  for (int i = 0; i < options.streams; ++i) {
    Stream stream;
    stream.context = std::make_unique<Context>(engine);
    check(stream.context->set_profile(options.profile_index));
    for (const auto& [name, shape] : shapes) {
      check(stream.context->set_shape(name, shape));
    }
    check(stream.context->prepare());
    stream.tensors =
        std::make_unique<BoundTensors>(stream.context.get(), engine, files, options.no_transfers);
    stream.context->set_timing(engine->on_gpu());
    stream.on_gpu = engine->on_gpu();
    streams.push_back(std::move(stream));
  }
  info(fmt::format("Created execution context with device memory size: {:g} MiB",
                   static_cast<double>(streams[0].context->arena_bytes()) / (1 << 20)));
  for (const HostTensor& tensor : streams[0].tensors->inputs()) {
    const auto file = files.find(tensor.info.name);
    info(file == files.end() ? fmt::format("Using random values for input {}", tensor.info.name)
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
  set_activity("running the engine");
  std::vector<Loop> loops;
  const Clock::time_point start = Clock::now();
  for (size_t i = 0; i < streams->size(); ++i) loops.push_back({options, start});
  if (streams->size() == 1) {
    loops[0].run((*streams)[0]);
  } else {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < streams->size(); ++i) {
      threads.emplace_back([&, i] { loops[i].run((*streams)[i]); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  InferenceResult result;
  for (const Loop& loop : loops) {
    if (loop.failure) std::rethrow_exception(loop.failure);
    result.warm_up_runs += loop.warm_up_runs;
    result.runs.insert(result.runs.end(), loop.runs.begin(), loop.runs.end());
  }
  std::sort(result.runs.begin(), result.runs.end(),
            [](const RunTimes& a, const RunTimes& b) { return a.compute_start < b.compute_start; });
  return result;
}

}  // namespace ingot::apps
