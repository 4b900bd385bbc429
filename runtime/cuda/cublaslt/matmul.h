// Matrix products by cuBLASLt: problem, algorithms, execution.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/tensor/dtype.h"
#include "ops/matmul_batches.h"
#include "runtime/cuda/cublaslt/handle.h"

namespace ingot {

/// Y = activation(A * B + C + bias), all row-major. Products of i8 are i32, of 8-bit floats f32: with
/// nothing added, A as it is and B transposed.
struct CublasLtProblem {
  MatMulBatches sizes;
  bool transpose_a = false, transpose_b = false;  ///< A is stored [inner, rows], B [columns, inner]
  DType dtype = DType::kF32;
  bool allow_tf32 = true;
  bool has_c = false;                                         ///< a residual, which lies as Y does
  bool has_bias = false;                                      ///< a vector along the columns
  cublasLtEpilogue_t activation = CUBLASLT_EPILOGUE_DEFAULT;  ///< or RELU, GELU (by tanh)
};

/// Addresses of one product.
struct CublasLtOperands {
  const void *a = nullptr, *b = nullptr, *c = nullptr, *bias = nullptr;
  void* y = nullptr;
};

/// A product made ready. Immutable: threads may run it at the same time.
class CublasLtMatmul {
 public:
  CublasLtMatmul(Device* device, const CublasLtProblem& problem);

  /// Takes the rank-th algorithm that cuBLASLt recommends with at most this workspace. Throws Error
  /// ("step.unsupported") if there are fewer.
  void choose(int rank, size_t max_workspace);
  /// Takes the algorithm that `algorithm_text` gave. False if it does not fit this problem.
  bool choose(std::string_view text, size_t max_workspace);

  size_t workspace_bytes() const { return workspace_bytes_; }
  /// The algorithm, 64 bytes as hexadecimal digits: of the same version of cuBLASLt only.
  std::string algorithm_text() const;

  /// Throws Error ("cuda.cublaslt_failed").
  void run(void* stream, const CublasLtOperands& operands, void* workspace) const;

 private:
  using Description = std::unique_ptr<cublasLtMatmulDescOpaque_t, void (*)(cublasLtMatmulDesc_t)>;
  using Matrix = std::unique_ptr<cublasLtMatrixLayoutOpaque_t, void (*)(cublasLtMatrixLayout_t)>;

  static Matrix matrix(DType dtype, int64_t rows, int64_t columns, int64_t count, int64_t stride);

  std::shared_ptr<CublasLtHandle> handle_;
  CublasLtProblem problem_;
  Description description_;
  Matrix a_, b_, y_;  ///< column-major, as cuBLASLt's own operands: a_ is our B, b_ our A
  cublasLtMatmulAlgo_t algorithm_{};
  size_t workspace_bytes_ = 0;
};

}  // namespace ingot
