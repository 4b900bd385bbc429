// A libcuda for tests where there is no GPU: its device memory is the host's, its streams do at once
// what is put into them, and its one kernel fills an array. It is found through INGOT_CUDA_PATH.
//
// FAKE_CUDA_VERSION and FAKE_CUDA_DEVICES change what it says of itself.
#include <cuda.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/cuda/driver/fake/fake_kernel.h"

namespace {

using Work = std::function<CUresult()>;

struct Fake {
  std::mutex mutex;
  std::map<CUdeviceptr, size_t> allocations;
  size_t used = 0;
  CUresult fault = CUDA_SUCCESS;
};

Fake& fake() {
  static Fake state;
  return state;
}

constexpr size_t kTotalMemory = size_t{1} << 30;

int number(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

std::vector<CUcontext>& contexts() {
  static thread_local std::vector<CUcontext> stack;
  return stack;
}

}  // namespace

struct CUuserObject_st {
  void* data;
  CUhostFn destroy;
  int references;
};

struct CUgraphNode_st {
  CUgraphNodeType type;
  Work work;
  ingot::FakeKernelParams params;  // of kernels
  void* arguments[1] = {&params};
};

struct CUgraph_st {
  std::vector<std::unique_ptr<CUgraphNode_st>> nodes;
  CUgraphNode last_node = nullptr;
  std::vector<std::shared_ptr<CUuserObject_st>> objects;
};

struct CUgraphExec_st {
  std::vector<CUgraphNode> nodes;  // of the graph that it was made of
  std::vector<Work> work;          // one a node
  std::vector<std::shared_ptr<CUuserObject_st>> objects;
};

struct CUstream_st {
  std::unique_ptr<CUgraph_st> capture;
};

struct CUevent_st {
  std::chrono::steady_clock::time_point time;
};

struct CUlib_st {
  std::string text;
};

struct CUkern_st {
  std::string entry;
};

namespace {

Work kernel_work(ingot::FakeKernelParams params) {
  return [params] {
    if (!params.to) return CUDA_ERROR_ILLEGAL_ADDRESS;
    for (int i = 0; i < params.count; ++i) params.to[i] += params.value;
    return CUDA_SUCCESS;
  };
}

CUresult put(CUstream stream, Work work, CUgraphNodeType type = CU_GRAPH_NODE_TYPE_HOST,
             ingot::FakeKernelParams params = {}) {
  if (fake().fault != CUDA_SUCCESS) return fake().fault;
  if (stream->capture) {
    auto node = std::make_unique<CUgraphNode_st>();
    node->type = type;
    node->work = std::move(work);
    node->params = params;
    stream->capture->last_node = node.get();
    stream->capture->nodes.push_back(std::move(node));
    return CUDA_SUCCESS;
  }
  const CUresult result = work();
  // As a GPU's: what a kernel does wrong is seen by a later call.
  if (result != CUDA_SUCCESS) fake().fault = result;
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int* version) {
  *version = number("FAKE_CUDA_VERSION", CUDA_VERSION);
  return CUDA_SUCCESS;
}
CUresult cuGetErrorName(CUresult error, const char** text) {
  *text = error == CUDA_ERROR_ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS" : "CUDA_ERROR";
  return CUDA_SUCCESS;
}
CUresult cuGetErrorString(CUresult, const char** text) {
  *text = "an error of the fake driver";
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  *count = number("FAKE_CUDA_DEVICES", 2);
  return CUDA_SUCCESS;
}
CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  *device = ordinal;
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  std::snprintf(name, static_cast<size_t>(length), "Fake GPU %d", device);
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
  for (int i = 0; i < 16; ++i) uuid->bytes[i] = static_cast<char>(i == 0 ? 0xA0 + device : i);
  return CUDA_SUCCESS;
}
CUresult cuDeviceTotalMem(size_t* bytes, CUdevice) {
  *bytes = kTotalMemory;
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
      *value = 9;
      break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
      *value = 0;
      break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
      *value = 227 << 10;
      break;
    default:
      *value = 132;
  }
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  *context = reinterpret_cast<CUcontext>(static_cast<uintptr_t>(device) + 1);
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease(CUdevice) { return CUDA_SUCCESS; }

CUresult cuCtxGetCurrent(CUcontext* context) {
  *context = contexts().empty() ? nullptr : contexts().back();
  return CUDA_SUCCESS;
}
CUresult cuCtxPushCurrent(CUcontext context) {
  contexts().push_back(context);
  return CUDA_SUCCESS;
}
CUresult cuCtxPopCurrent(CUcontext* context) {
  if (contexts().empty()) return CUDA_ERROR_INVALID_CONTEXT;
  *context = contexts().back();
  contexts().pop_back();
  return CUDA_SUCCESS;
}
CUresult cuCtxSetCurrent(CUcontext context) {
  if (contexts().empty()) contexts().push_back(nullptr);
  contexts().back() = context;
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc(CUdeviceptr* address, size_t bytes) {
  if (contexts().empty()) return CUDA_ERROR_INVALID_CONTEXT;
  const std::lock_guard lock(fake().mutex);
  if (bytes > kTotalMemory - fake().used) return CUDA_ERROR_OUT_OF_MEMORY;
  *address = reinterpret_cast<CUdeviceptr>(std::malloc(bytes));
  fake().allocations[*address] = bytes;
  fake().used += bytes;
  return CUDA_SUCCESS;
}
CUresult cuMemFree(CUdeviceptr address) {
  const std::lock_guard lock(fake().mutex);
  const auto found = fake().allocations.find(address);
  if (found == fake().allocations.end()) return CUDA_ERROR_INVALID_VALUE;
  fake().used -= found->second;
  fake().allocations.erase(found);
  std::free(reinterpret_cast<void*>(address));
  return CUDA_SUCCESS;
}
CUresult cuMemHostAlloc(void** address, size_t bytes, unsigned) {
  *address = std::malloc(bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void* address) {
  std::free(address);
  return CUDA_SUCCESS;
}
CUresult cuMemGetInfo(size_t* free, size_t* total) {
  if (contexts().empty()) return CUDA_ERROR_INVALID_CONTEXT;
  *total = kTotalMemory;
  *free = kTotalMemory - fake().used;
  return CUDA_SUCCESS;
}
CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return put(stream, [=] {
    std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
    return CUDA_SUCCESS;
  });
}
CUresult cuPointerGetAttribute(void* data, CUpointer_attribute, CUdeviceptr address) {
  const std::lock_guard lock(fake().mutex);
  auto next = fake().allocations.upper_bound(address);
  if (next == fake().allocations.begin()) return CUDA_ERROR_INVALID_VALUE;
  const auto& [begin, bytes] = *--next;
  if (address >= begin + bytes) return CUDA_ERROR_INVALID_VALUE;
  *static_cast<unsigned*>(data) = CU_MEMORYTYPE_DEVICE;
  return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream* stream, unsigned) {
  *stream = new CUstream_st;
  return CUDA_SUCCESS;
}
CUresult cuStreamDestroy(CUstream stream) {
  delete stream;
  return CUDA_SUCCESS;
}
CUresult cuStreamSynchronize(CUstream stream) {
  return stream->capture ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : fake().fault;
}
CUresult cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode) {
  stream->capture = std::make_unique<CUgraph_st>();
  return CUDA_SUCCESS;
}
CUresult cuStreamGetCaptureInfo_v2(CUstream stream, CUstreamCaptureStatus* status, cuuint64_t*,
                                   CUgraph* graph, const CUgraphNode** dependencies,
                                   size_t* count) {
  *status = stream->capture ? CU_STREAM_CAPTURE_STATUS_ACTIVE : CU_STREAM_CAPTURE_STATUS_NONE;
  if (!stream->capture) return CUDA_SUCCESS;
  if (graph) *graph = stream->capture.get();
  if (dependencies) *dependencies = &stream->capture->last_node;
  if (count) *count = stream->capture->nodes.empty() ? 0 : 1;
  return CUDA_SUCCESS;
}
CUresult cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType* type) {
  *type = node->type;
  return CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  *graph = stream->capture.release();
  return CUDA_SUCCESS;
}
CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void* data) {
  return put(stream, [=] {
    function(data);
    return CUDA_SUCCESS;
  });
}

CUresult cuEventCreate(CUevent* event, unsigned) {
  *event = new CUevent_st;
  return CUDA_SUCCESS;
}
CUresult cuEventDestroy(CUevent event) {
  delete event;
  return CUDA_SUCCESS;
}
CUresult cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags) {
  if (stream->capture && flags != CU_EVENT_RECORD_EXTERNAL) return CUDA_SUCCESS;
  return put(stream, [=] {
    event->time = std::chrono::steady_clock::now();
    return CUDA_SUCCESS;
  });
}
CUresult cuEventSynchronize(CUevent) { return fake().fault; }
#undef cuEventElapsedTime
CUresult cuEventElapsedTime(float* ms, CUevent from, CUevent to) {
  *ms = std::chrono::duration<float, std::milli>(to->time - from->time).count();
  return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph) {
  delete graph;
  return CUDA_SUCCESS;
}
CUresult cuGraphExecDestroy(CUgraphExec executable) {
  delete executable;
  return CUDA_SUCCESS;
}
CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count) {
  *count = graph->nodes.size();
  // In no particular order, says CUDA: backwards here.
  for (size_t i = 0; nodes && i < *count; ++i) nodes[i] = graph->nodes[*count - 1 - i].get();
  return CUDA_SUCCESS;
}
CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long) {
  *executable = new CUgraphExec_st;
  for (const auto& node : graph->nodes) {
    (*executable)->nodes.push_back(node.get());
    (*executable)->work.push_back(node->work);
  }
  (*executable)->objects = graph->objects;
  return CUDA_SUCCESS;
}
CUresult cuGraphKernelNodeGetParams(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS* params) {
  *params = {};
  params->kernelParams = node->arguments;
  return CUDA_SUCCESS;
}
CUresult cuGraphExecKernelNodeSetParams(CUgraphExec executable, CUgraphNode node,
                                        const CUDA_KERNEL_NODE_PARAMS* params) {
  for (size_t i = 0; i < executable->nodes.size(); ++i) {
    if (executable->nodes[i] != node) continue;
    executable->work[i] =
        kernel_work(*static_cast<const ingot::FakeKernelParams*>(params->kernelParams[0]));
    return CUDA_SUCCESS;
  }
  return CUDA_ERROR_INVALID_VALUE;
}
CUresult cuGraphMemcpyNodeGetParams(CUgraphNode, CUDA_MEMCPY3D*) {
  return CUDA_ERROR_NOT_SUPPORTED;
}
CUresult cuGraphExecMemcpyNodeSetParams(CUgraphExec, CUgraphNode, const CUDA_MEMCPY3D*, CUcontext) {
  return CUDA_ERROR_NOT_SUPPORTED;
}
CUresult cuGraphMemsetNodeGetParams(CUgraphNode, CUDA_MEMSET_NODE_PARAMS*) {
  return CUDA_ERROR_NOT_SUPPORTED;
}
CUresult cuGraphExecMemsetNodeSetParams(CUgraphExec, CUgraphNode, const CUDA_MEMSET_NODE_PARAMS*,
                                        CUcontext) {
  return CUDA_ERROR_NOT_SUPPORTED;
}
CUresult cuGraphUpload(CUgraphExec, CUstream) { return fake().fault; }
CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  return put(stream, [steps = executable->work, kept = executable->objects] {
    for (const Work& work : steps) {
      if (const CUresult result = work(); result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
  });
}
CUresult cuUserObjectCreate(CUuserObject* object, void* data, CUhostFn destroy, unsigned count,
                            unsigned) {
  *object = new CUuserObject_st{data, destroy, static_cast<int>(count)};
  return CUDA_SUCCESS;
}
CUresult cuUserObjectRelease(CUuserObject object, unsigned) {
  object->destroy(object->data);
  delete object;
  return CUDA_SUCCESS;
}
CUresult cuGraphRetainUserObject(CUgraph graph, CUuserObject object, unsigned, unsigned) {
  graph->objects.emplace_back(object, [](CUuserObject last) { cuUserObjectRelease(last, 1); });
  return CUDA_SUCCESS;
}

CUresult cuLibraryLoadData(CUlibrary* library, const void* code, CUjit_option*, void**, unsigned,
                           CUlibraryOption*, void**, unsigned) {
  if (std::strncmp(static_cast<const char*>(code), "cubin", 5) != 0) {
    return CUDA_ERROR_INVALID_IMAGE;
  }
  *library = new CUlib_st{static_cast<const char*>(code)};
  return CUDA_SUCCESS;
}
CUresult cuLibraryUnload(CUlibrary library) {
  delete library;
  return CUDA_SUCCESS;
}
CUresult cuLibraryGetKernel(CUkernel* kernel, CUlibrary library, const char* entry) {
  if (library->text.find(entry) == std::string::npos) return CUDA_ERROR_NOT_FOUND;
  static CUkern_st the_kernel;
  *kernel = &the_kernel;
  return CUDA_SUCCESS;
}
CUresult cuKernelGetFunction(CUfunction* function, CUkernel kernel) {
  *function = reinterpret_cast<CUfunction>(kernel);
  return CUDA_SUCCESS;
}
CUresult cuFuncGetAttribute(int* value, CUfunction_attribute, CUfunction) {
  *value = 0;
  return CUDA_SUCCESS;
}
CUresult cuFuncSetAttribute(CUfunction, CUfunction_attribute, int) { return CUDA_SUCCESS; }
CUresult cuFuncGetParamInfo(CUfunction, size_t, size_t* offset, size_t* bytes) {
  *offset = 0;
  *bytes = sizeof(ingot::FakeKernelParams);
  return CUDA_SUCCESS;
}
CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction, void** arguments, void**) {
  if (config->blockDimX > 1024) return CUDA_ERROR_INVALID_VALUE;
  auto params = *static_cast<const ingot::FakeKernelParams*>(arguments[0]);
  if (config->numAttrs > 0) params.value += ingot::kFakeOverlap;
  return put(config->hStream, kernel_work(params), CU_GRAPH_NODE_TYPE_KERNEL, params);
}
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction, int threads, size_t) {
  *blocks = 2048 / threads;
  return CUDA_SUCCESS;
}

}  // extern "C"
