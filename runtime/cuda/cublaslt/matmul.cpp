// Row-major products in cuBLASLt's column-major words: Y = A B is Y' = B' A', and a row-major matrix
// read column by column is its transpose already, so that the operands only change places. Its bias
// runs along the rows of Y', which are our columns.
#include "runtime/cuda/cublaslt/matmul.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "runtime/cuda/library.h"

namespace ingot {
namespace {

constexpr int kMaxHeuristics = 16;

[[noreturn]] void unsupported(std::string what) {
  fail({"step.unsupported", std::move(what), "", "another configuration or tactic serves"});
}

cudaDataType data_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return CUDA_R_32F;
    case DType::kF16:
      return CUDA_R_16F;
    case DType::kBF16:
      return CUDA_R_16BF;
    case DType::kI8:
      return CUDA_R_8I;
    case DType::kI32:
      return CUDA_R_32I;
    case DType::kF8E4M3:
      return CUDA_R_8F_E4M3;
    default:
      unsupported(fmt::format("no such type for cuBLASLt: {}", dtype_name(dtype)));
  }
}

template <typename T>
void set(cublasLtMatmulDesc_t description, cublasLtMatmulDescAttributes_t name, const T& value) {
  check_cublaslt(
      cublaslt_library().cublasLtMatmulDescSetAttribute(description, name, &value, sizeof value),
      "a product cannot be described");
}

template <typename T>
void set(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t name, const T& value) {
  check_cublaslt(
      cublaslt_library().cublasLtMatrixLayoutSetAttribute(layout, name, &value, sizeof value),
      "a matrix cannot be described");
}

class Preference {
 public:
  explicit Preference(size_t max_workspace) {
    check_cublaslt(cublaslt_library().cublasLtMatmulPreferenceCreate(&preference_),
                   "no memory for a preference");
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, uint64_t{max_workspace});
    for (const auto name :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
      set(name, uint32_t{kLibraryAlignment});
    }
  }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  ~Preference() { cublaslt_library().cublasLtMatmulPreferenceDestroy(preference_); }
  cublasLtMatmulPreference_t get() const { return preference_; }

 private:
  template <typename T>
  void set(cublasLtMatmulPreferenceAttributes_t name, const T& value) {
    check_cublaslt(cublaslt_library().cublasLtMatmulPreferenceSetAttribute(preference_, name,
                                                                           &value, sizeof value),
                   "a preference cannot be set");
  }
  cublasLtMatmulPreference_t preference_ = nullptr;
};

DType result_type(DType operands) {
  return operands == DType::kI8 ? DType::kI32 : operands == DType::kF8E4M3 ? DType::kF32 : operands;
}

cublasComputeType_t compute_type(const CublasLtProblem& problem) {
  if (problem.dtype == DType::kI8) return CUBLAS_COMPUTE_32I;
  return problem.dtype == DType::kF32 && problem.allow_tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                            : CUBLAS_COMPUTE_32F;
}

}  // namespace

CublasLtMatmul::Matrix CublasLtMatmul::matrix(DType dtype, int64_t rows, int64_t columns,
                                              int64_t count, int64_t stride) {
  const CublasLtLibrary& lt = cublaslt_library();
  cublasLtMatrixLayout_t made = nullptr;
  check_cublaslt(lt.cublasLtMatrixLayoutCreate(&made, data_type(dtype), static_cast<uint64_t>(rows),
                                               static_cast<uint64_t>(columns), rows),
                 "a matrix cannot be described");
  Matrix layout(made, [](cublasLtMatrixLayout_t old) {
    cublaslt_library().cublasLtMatrixLayoutDestroy(old);
  });
  if (count > 1) {
    set(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, static_cast<int32_t>(count));
    set(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
  }
  return layout;
}

CublasLtMatmul::CublasLtMatmul(Device* device, const CublasLtProblem& problem)
    : handle_(CublasLtHandle::of(device)),
      problem_(problem),
      description_(
          nullptr,
          [](cublasLtMatmulDesc_t old) { cublaslt_library().cublasLtMatmulDescDestroy(old); }),
      a_(nullptr, nullptr),
      b_(nullptr, nullptr),
      y_(nullptr, nullptr) {
  const auto& [rows, inner, columns, count, a_stride, b_stride, y_stride] = problem.sizes;
  const DType dtype = problem.dtype;
  a_ = problem.transpose_b ? matrix(dtype, inner, columns, count, b_stride)
                           : matrix(dtype, columns, inner, count, b_stride);
  b_ = problem.transpose_a ? matrix(dtype, rows, inner, count, a_stride)
                           : matrix(dtype, inner, rows, count, a_stride);
  y_ = matrix(result_type(dtype), columns, rows, count, y_stride);

  cublasLtMatmulDesc_t made = nullptr;
  check_cublaslt(cublaslt_library().cublasLtMatmulDescCreate(
                     &made, compute_type(problem), dtype == DType::kI8 ? CUDA_R_32I : CUDA_R_32F),
                 "a product cannot be described");
  description_.reset(made);
  set(made, CUBLASLT_MATMUL_DESC_TRANSA, problem.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(made, CUBLASLT_MATMUL_DESC_TRANSB, problem.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
  auto epilogue = static_cast<uint32_t>(problem.activation);
  if (problem.has_bias) {
    epilogue = problem.activation == CUBLASLT_EPILOGUE_DEFAULT
                   ? static_cast<uint32_t>(CUBLASLT_EPILOGUE_BIAS)
                   : epilogue | CUBLASLT_EPILOGUE_BIAS;
    // The address comes with each run; what is asked before that looks at its alignment.
    const void* somewhere = reinterpret_cast<const void*>(uintptr_t{4096});
    set(made, CUBLASLT_MATMUL_DESC_BIAS_POINTER, somewhere);
  }
  set(made, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
}

void CublasLtMatmul::choose(int rank, size_t max_workspace) {
  const DeviceScope scope(handle_->device());
  const Preference preference(max_workspace);
  std::array<cublasLtMatmulHeuristicResult_t, kMaxHeuristics> found{};
  int count = 0;
  const cublasStatus_t status = cublaslt_library().cublasLtMatmulAlgoGetHeuristic(
      handle_->get(), description_.get(), a_.get(), b_.get(), y_.get(), y_.get(), preference.get(),
      kMaxHeuristics, found.data(), &count);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED) count = 0;
  if (status != CUBLAS_STATUS_NOT_SUPPORTED) check_cublaslt(status, "algorithms are not found");
  int usable = 0;
  for (int i = 0; i < count; ++i) {
    const auto& result = found[static_cast<size_t>(i)];
    if (result.state != CUBLAS_STATUS_SUCCESS || usable++ != rank) continue;
    algorithm_ = result.algo;
    workspace_bytes_ = result.workspaceSize;
    return;
  }
  unsupported(fmt::format("cuBLASLt has only {} algorithms", usable));
}

bool CublasLtMatmul::choose(std::string_view text, size_t max_workspace) {
  cublasLtMatmulAlgo_t algorithm{};
  auto* bytes = reinterpret_cast<unsigned char*>(&algorithm);
  if (text.size() != 2 * sizeof algorithm) return false;
  for (size_t i = 0; i < sizeof algorithm; ++i) {
    const char* digits = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, bytes[i], 16);
    if (error != std::errc() || end != digits + 2) return false;
  }
  const DeviceScope scope(handle_->device());
  cublasLtMatmulHeuristicResult_t result{};
  const cublasStatus_t status =
      cublaslt_library().cublasLtMatmulAlgoCheck(handle_->get(), description_.get(), a_.get(),
                                                 b_.get(), y_.get(), y_.get(), &algorithm, &result);
  if (status != CUBLAS_STATUS_SUCCESS || result.workspaceSize > max_workspace) return false;
  algorithm_ = algorithm;
  workspace_bytes_ = result.workspaceSize;
  return true;
}

std::string CublasLtMatmul::algorithm_text() const {
  std::array<unsigned char, sizeof algorithm_> bytes{};
  std::memcpy(bytes.data(), &algorithm_, sizeof algorithm_);
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

void CublasLtMatmul::run(void* stream, const CublasLtOperands& operands, void* workspace) const {
  const void* addresses[] = {operands.a, operands.b, operands.c, operands.bias, operands.y};
  require_aligned(addresses, std::size(addresses));
  const DeviceScope scope(handle_->device());
  // The bias's address is a part of the description, which threads share: each takes a copy.
  cublasLtMatmulDescOpaque_t description = *description_;
  if (problem_.has_bias) set(&description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, operands.bias);
  const float one = 1, zero = 0;
  const int32_t whole_one = 1, whole_zero = 0;
  const bool integers = problem_.dtype == DType::kI8;
  const void* alpha = integers ? static_cast<const void*>(&whole_one) : &one;
  const void* beta = integers         ? static_cast<const void*>(&whole_zero)
                     : problem_.has_c ? &one
                                      : &zero;
  check_cublaslt(
      cublaslt_library().cublasLtMatmul(
          handle_->get(), &description, alpha, operands.b, a_.get(), operands.a, b_.get(), beta,
          problem_.has_c ? operands.c : operands.y, y_.get(), operands.y, y_.get(), &algorithm_,
          workspace, workspace_bytes_, static_cast<cudaStream_t>(stream)),
      "a product failed");
}

}  // namespace ingot
