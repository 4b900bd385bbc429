// Facts of cuDNN and cuBLASLt, in builds with their headers and in builds without.
#include "runtime/cuda/library.h"

#include <fmt/format.h>

#include "core/base/error.h"

#ifdef INGOT_HAVE_CUDNN
#include "runtime/cuda/cudnn/functions.h"
#endif
#ifdef INGOT_HAVE_CUBLASLT
#include "runtime/cuda/cublaslt/functions.h"
#endif

namespace ingot {

LibraryFacts nvidia_libraries() {
  LibraryFacts facts;
#ifdef INGOT_HAVE_CUDNN
  facts.cudnn = cudnn_library().version;
  facts.cudnn_missing = cudnn_library().missing;
#else
  facts.cudnn_missing = "the backend was built without cudnn.h";
#endif
#ifdef INGOT_HAVE_CUBLASLT
  facts.cublaslt = cublaslt_library().version;
  facts.cublaslt_missing = cublaslt_library().missing;
#else
  facts.cublaslt_missing = "the backend was built without cublasLt.h";
#endif
  return facts;
}

void require_aligned(const void* const* addresses, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (reinterpret_cast<uintptr_t>(addresses[i]) % kLibraryAlignment == 0) continue;
    fail({"cuda.misaligned",
          fmt::format("the address {} of a tensor is no multiple of {}", fmt::ptr(addresses[i]),
                      kLibraryAlignment),
          "", "give inputs and outputs at addresses that are"});
  }
}

}  // namespace ingot
