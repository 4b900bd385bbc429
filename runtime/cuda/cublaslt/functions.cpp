// Opening cuBLASLt.
#include "runtime/cuda/cublaslt/functions.h"

#include <fmt/core.h>

#include "core/base/nvidia_library.h"

namespace ingot {
namespace {

CublasLtLibrary open_cublaslt() {
  CublasLtLibrary table;
  // The types of the headers are those of their own major version.
  const NvidiaLibrary library({fmt::format("libcublasLt.so.{}", CUBLAS_VER_MAJOR)});
  if (!library.loaded()) {
    table.missing = library.missing();
    return table;
  }
#define INGOT_LOOK_UP(name) \
  if (!library.look_up(#name, &table.name, &table.missing)) return table;
  INGOT_CUBLASLT_FUNCTIONS(INGOT_LOOK_UP)
#undef INGOT_LOOK_UP
  const size_t version = table.cublasLtGetVersion();
  table.version = fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
  return table;
}

}  // namespace

const CublasLtLibrary& cublaslt_library() {
  static const CublasLtLibrary library = open_cublaslt();
  return library;
}

}  // namespace ingot
