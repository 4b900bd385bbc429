// Facts of cuDNN and cuBLASLt, in builds with their headers and in builds without.
#include "runtime/cuda/library.h"

#ifdef INGOT_HAVE_CUDNN
#include "runtime/cuda/cudnn/functions.h"
#endif
#ifdef INGOT_HAVE_CUBLASLT
#include "runtime/cuda/cublaslt/functions.h"
#endif

namespace ingot {

LibraryFacts cudnn_facts() {
#ifdef INGOT_HAVE_CUDNN
  return {cudnn_library().version, cudnn_library().missing};
#else
  return {"", "the backend was built without cudnn.h"};
#endif
}

LibraryFacts cublaslt_facts() {
#ifdef INGOT_HAVE_CUBLASLT
  return {cublaslt_library().version, cublaslt_library().missing};
#else
  return {"", "the backend was built without cublasLt.h"};
#endif
}

}  // namespace ingot
