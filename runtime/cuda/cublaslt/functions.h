// The functions of cuBLASLt that are used, looked up in the library when it is first needed.
#pragma once

#include <cublasLt.h>

#include <string>

namespace ingot {

#define INGOT_CUBLASLT_FUNCTIONS(X)       \
  X(cublasLtGetVersion)                   \
  X(cublasLtCreate)                       \
  X(cublasLtDestroy)                      \
  X(cublasLtMatmulDescCreate)             \
  X(cublasLtMatmulDescDestroy)            \
  X(cublasLtMatmulDescSetAttribute)       \
  X(cublasLtMatrixLayoutCreate)           \
  X(cublasLtMatrixLayoutDestroy)          \
  X(cublasLtMatrixLayoutSetAttribute)     \
  X(cublasLtMatmulPreferenceCreate)       \
  X(cublasLtMatmulPreferenceDestroy)      \
  X(cublasLtMatmulPreferenceSetAttribute) \
  X(cublasLtMatmulAlgoGetHeuristic)       \
  X(cublasLtMatmulAlgoCheck)              \
  X(cublasLtMatmul)

struct CublasLtLibrary {
#define INGOT_MEMBER(name) decltype(&::name) name = nullptr;
  INGOT_CUBLASLT_FUNCTIONS(INGOT_MEMBER)
#undef INGOT_MEMBER
  std::string version;  ///< "13.1.0"; empty if it cannot be used
  std::string missing;  ///< why
};

/// Opens the library when first called. Thread-safe.
const CublasLtLibrary& cublaslt_library();

}  // namespace ingot
