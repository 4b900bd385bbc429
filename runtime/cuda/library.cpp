// Facts of cuDNN and cuBLASLt, in builds with their headers and in builds without.
#include "runtime/cuda/library.h"

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

}  // namespace ingot
