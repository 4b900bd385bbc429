// Running an engine for measurement, as trtexec does: streams, warm-up, iterations and duration.
#pragma once

#include <memory>
#include <vector>

#include "apps/common/tensors.h"
#include "apps/trtexec/options.h"
#include "apps/trtexec/report.h"
#include "ingot/engine.h"

namespace ingot::apps {

/// One request's state: a context with its memory.
struct Stream {
  std::unique_ptr<Context> context;
  std::unique_ptr<BoundTensors> tensors;
  bool on_gpu = false;
};

/// Contexts with shapes and data, and the lines that say so. Throws Error or StatusError for
/// shapes and files that do not fit.
std::vector<Stream> make_streams(const std::shared_ptr<const Engine>& engine,
                                 const TrtexecOptions& options);

/// Runs until both iterations and duration are satisfied. Throws StatusError if a run fails.
InferenceResult run_inference(std::vector<Stream>* streams, const TrtexecOptions& options);

/// Threads for each of the streams.
int threads_per_stream(const TrtexecOptions& options);

}  // namespace ingot::apps
