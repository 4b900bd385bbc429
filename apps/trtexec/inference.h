// Running an engine for measurement, as trtexec does: streams, warm-up, iterations and duration.
#pragma once

#include <memory>
#include <vector>

#include "apps/common/tensors.h"
#include "apps/trtexec/options.h"
#include "ingot/engine.h"

namespace ingot::apps {

/// Times of one run in milliseconds since the start of the measurement. Without a device the
/// transfers are empty and enqueueing is the computation.
struct RunTimes {
  double enqueue_start, enqueue_end, compute_start, compute_end;
};

/// One request's state: a context with its memory.
struct Stream {
  std::unique_ptr<Context> context;
  std::unique_ptr<BoundTensors> tensors;
};

struct InferenceResult {
  std::vector<RunTimes> runs;  ///< warm-up excluded, in order of compute start
  int warm_up_runs = 0;
  double walltime_s = 0;
};

/// Contexts with shapes and data. Throws UsageError for shapes that do not fit.
std::vector<Stream> make_streams(const std::shared_ptr<const Engine>& engine,
                                 const TrtexecOptions& options);

/// Runs until both iterations and duration are satisfied. Throws UsageError if a run fails.
InferenceResult run_inference(std::vector<Stream>* streams, const TrtexecOptions& options);

/// Threads for each of the streams.
int threads_per_stream(const TrtexecOptions& options);

}  // namespace ingot::apps
