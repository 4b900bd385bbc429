// Opening cuDNN.
#include "runtime/cuda/cudnn/functions.h"

#include <fmt/core.h>

#include "core/base/nvidia_library.h"

namespace ingot {
namespace {

CudnnLibrary open_cudnn() {
  CudnnLibrary table;
  const NvidiaLibrary library({"libcudnn.so.9"});
  if (!library.loaded()) {
    table.missing = library.missing();
    return table;
  }
#define INGOT_LOOK_UP(name) \
  if (!library.look_up(#name, &table.name, &table.missing)) return table;
  INGOT_CUDNN_FUNCTIONS(INGOT_LOOK_UP)
#undef INGOT_LOOK_UP
  // cuDNN's runtime-compiled engines ask the loader for these by name; a copy that is already open
  // answers, wherever it lies (the folders of wheels are not on the loader's path).
  [[maybe_unused]] const NvidiaLibrary nvrtc({"libnvrtc.so.13", "libnvrtc.so.12"});
  const size_t version = table.cudnnGetVersion();
  table.version = fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
  return table;
}

}  // namespace

const CudnnLibrary& cudnn_library() {
  static const CudnnLibrary library = open_cudnn();
  return library;
}

}  // namespace ingot
