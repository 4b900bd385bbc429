// Queues of work on a GPU.
#include "runtime/cuda/driver/cuda_queue.h"

#include <fmt/format.h>

#include <string>

#include "core/base/error.h"

#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>
#define INGOT_HAVE_NVTX 1
#endif

namespace ingot {

void FirstFailure::keep(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
}

bool FirstFailure::any() const {
  const std::lock_guard lock(mutex_);
  return failure_ != nullptr;
}

void FirstFailure::rethrow_and_forget() {
  std::exception_ptr failure;
  {
    const std::lock_guard lock(mutex_);
    std::swap(failure, failure_);
  }
  if (failure) std::rethrow_exception(failure);
}

/// An instantiated graph.
class CudaQueue::Graph : public Recording {
 public:
  Graph(std::shared_ptr<const CudaDevice> device, GraphPointer graph, RecordedParts parts,
        CUgraphExec executable, int nodes)
      : device_(std::move(device)),
        graph_(std::move(graph)),
        parts_(std::move(parts)),
        executable_(executable),
        nodes_(nodes) {}
  ~Graph() override { cuda().cuGraphExecDestroy(executable_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  int node_count() const override { return nodes_; }
  CUgraphExec executable() const { return executable_; }
  const RecordedParts& parts() const { return parts_; }

 private:
  std::shared_ptr<const CudaDevice> device_;
  GraphPointer graph_;  // its nodes name those of the executable
  RecordedParts parts_;
  CUgraphExec executable_;
  int nodes_;
};

CudaQueue::CudaQueue(std::shared_ptr<CudaDevice> device) : device_(std::move(device)) {
  const ContextScope scope(*device_);
  // Non-blocking: it does not wait for the default stream of others in this process.
  device_->check(cuda().cuStreamCreate(&own_, CU_STREAM_NON_BLOCKING), "making a stream");
}

CudaQueue::~CudaQueue() {
  if (recording_) abandon_recording();
  name_range({});
  cuda().cuStreamSynchronize(own_);
  for (CUevent event : events_) {
    if (event) cuda().cuEventDestroy(event);
  }
  cuda().cuStreamDestroy(own_);
}

// A recording is made on the own stream: the caller's may be one that cannot record.
void* CudaQueue::stream() const { return given_ && !recording_ ? given_ : own_; }

void CudaQueue::use_stream(void* stream) { given_ = static_cast<CUstream>(stream); }

void CudaQueue::copy(void* to, const void* from, size_t bytes) {
  device_->copy(current(), to, from, bytes);
}

void CudaQueue::run(HostCall* call) {
  // After a failure the data are not what the work expects.
  if (call->failure->any()) return;
  try {
    call->work();
  } catch (...) {
    call->failure->keep(std::current_exception());
  }
}

void CudaQueue::call(std::function<void()> work) {
  const ContextScope scope(*device_);
  auto call = std::make_unique<HostCall>(HostCall{std::move(work), failure_});
  const auto keep = [](void* data) { run(static_cast<HostCall*>(data)); };
  const auto run_once = [](void* data) {
    const std::unique_ptr<HostCall> owned(static_cast<HostCall*>(data));
    run(owned.get());
  };
  device_->check(cuda().cuLaunchHostFunc(current(), recording_ ? +keep : +run_once, call.get()),
                 "queueing work of the host");
  if (recording_) {
    recorded_calls_.push_back(std::move(call));
  } else {
    call.release();
  }
}

void CudaQueue::synchronize() {
  const ContextScope scope(*device_);
  device_->check(cuda().cuStreamSynchronize(current()), "waiting for the GPU");
  failure_->rethrow_and_forget();
}

void CudaQueue::begin_recording() {
  INGOT_CHECK(!recording_);
  const ContextScope scope(*device_);
  // Thread-local: what other threads allocate or load meanwhile does not spoil the recording.
  device_->check(cuda().cuStreamBeginCapture(own_, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                 "beginning to record a CUDA graph", "cuda.graph_failed");
  recording_ = true;
  recorded_parts_ = {};
}

void CudaQueue::begin_part(int part) {
  INGOT_CHECK(recording_);
  const ContextScope scope(*device_);
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  CUgraph graph = nullptr;
  device_->check(cuda().stream_capture_info(own_, &status, nullptr, &graph, nullptr, nullptr),
                 "recording a CUDA graph", "cuda.graph_failed");
  recorded_parts_.begin(part, graph);
}

CudaQueue::GraphPointer CudaQueue::end_capture() {
  recording_ = false;
  CUgraph graph = nullptr;
  device_->check(cuda().cuStreamEndCapture(own_, &graph), "recording a CUDA graph",
                 "cuda.graph_failed");
  return GraphPointer(graph);
}

bool CudaQueue::change_parts(Recording& recording, std::span<const int> parts,
                             const std::function<void(int part)>& queue_part) {
  const ContextScope scope(*device_);
  auto& graph = static_cast<Graph&>(recording);
  for (const int part : parts) {
    begin_recording();
    GraphPointer anew;
    try {
      queue_part(part);
      anew = end_capture();
    } catch (...) {
      abandon_recording();
      throw;
    }
    // The host's work holds on to what it calls: that is not exchanged.
    if (!recorded_calls_.empty()) {
      recorded_calls_.clear();
      return false;
    }
    if (!exchange_nodes(graph.executable(), graph.parts().nodes(part), anew.get(),
                        device_->context())) {
      return false;
    }
  }
  return true;
}

std::unique_ptr<Recording> CudaQueue::end_recording() {
  INGOT_CHECK(recording_);
  const ContextScope scope(*device_);
  // Whatever happens next, these live as long as a graph may call them.
  auto calls = std::make_unique<HostCalls>(std::move(recorded_calls_));
  recorded_calls_.clear();
  GraphPointer graph = end_capture();
  recorded_parts_.end(graph.get());
  if (!calls->empty()) {
    CUuserObject object = nullptr;
    device_->check(
        cuda().cuUserObjectCreate(
            &object, calls.get(), [](void* data) { delete static_cast<HostCalls*>(data); }, 1,
            CU_USER_OBJECT_NO_DESTRUCTOR_SYNC),
        "recording work of the host", "cuda.graph_failed");
    calls.release();
    // The graph has the reference now, and hands one on to what is instantiated of it.
    device_->check(
        cuda().cuGraphRetainUserObject(graph.get(), object, 1, CU_GRAPH_USER_OBJECT_MOVE),
        "recording work of the host", "cuda.graph_failed");
  }
  size_t nodes = 0;
  device_->check(cuda().cuGraphGetNodes(graph.get(), nullptr, &nodes), "recording a CUDA graph",
                 "cuda.graph_failed");
  CUgraphExec executable = nullptr;
  device_->check(cuda().cuGraphInstantiateWithFlags(&executable, graph.get(), 0),
                 fmt::format("instantiating a CUDA graph of {} nodes", nodes), "cuda.graph_failed");
  auto recording = std::make_unique<Graph>(device_, std::move(graph), std::move(recorded_parts_),
                                           executable, static_cast<int>(nodes));
  // So that the first replay is as fast as the others.
  device_->check(cuda().cuGraphUpload(executable, own_), "uploading a CUDA graph",
                 "cuda.graph_failed");
  return recording;
}

void CudaQueue::abandon_recording() noexcept {
  if (!recording_) return;
  recording_ = false;
  CUgraph graph = nullptr;
  // An error is expected: what spoiled the recording was reported where it happened.
  if (cuda().cuStreamEndCapture(own_, &graph) == CUDA_SUCCESS && graph) {
    cuda().cuGraphDestroy(graph);
  }
  recorded_calls_.clear();
}

void CudaQueue::replay(Recording& recording) {
  const ContextScope scope(*device_);
  device_->check(cuda().cuGraphLaunch(static_cast<Graph&>(recording).executable(), current()),
                 "replaying a CUDA graph", "cuda.launch_failed");
}

CUevent CudaQueue::event(int number) {
  const auto index = static_cast<size_t>(number);
  if (events_.size() <= index) events_.resize(index + 1, nullptr);
  if (!events_[index]) {
    device_->check(cuda().cuEventCreate(&events_[index], CU_EVENT_DEFAULT), "making an event");
  }
  return events_[index];
}

void CudaQueue::mark(int number) {
  const ContextScope scope(*device_);
  // Plainly recorded, an event would only order the nodes of the graph, and not be set by it.
  const unsigned flags = recording_ ? CU_EVENT_RECORD_EXTERNAL : CU_EVENT_RECORD_DEFAULT;
  device_->check(cuda().cuEventRecordWithFlags(event(number), current(), flags),
                 "queueing a time stamp");
}

void CudaQueue::wait(int mark) {
  const ContextScope scope(*device_);
  device_->check(cuda().cuEventSynchronize(event(mark)), "waiting for the GPU");
  failure_->rethrow_and_forget();
}

float CudaQueue::milliseconds(int from, int to) {
  const ContextScope scope(*device_);
  float result = 0;
  for (const int number : {from, to}) {
    device_->check(cuda().cuEventSynchronize(event(number)), "waiting for a time stamp");
  }
  device_->check(cuda().event_elapsed_time(&result, event(from), event(to)),
                 "reading a time stamp");
  return result;
}

void CudaQueue::name_range(std::string_view name) {
#ifdef INGOT_HAVE_NVTX
  if (range_open_) nvtxRangePop();
  range_open_ = !name.empty();
  if (range_open_) nvtxRangePushA(std::string(name).c_str());
#else
  (void)name;
#endif
}

}  // namespace ingot
