// MatMul by cuBLASLt. Attributes, beside the operator's own:
//   residual, bias    extras of the epilogue (1, 2, ...) that are added first; 0: none
//   activation        "", "relu", "gelu_tanh": then this
//   tail              an Expression that a kernel of ours does then over the output
//   rank              which of cuBLASLt's algorithms
//   implementation    the algorithm itself, as `implementation()` gave it; instead of rank
//   workspace_limit   bytes;  allow_tf32   0: f32 stays f32
//   pack_b            1: B is a constant that is transposed
//   sums              the type of the products where the tail makes the output of them
#include <algorithm>
#include <limits>

#include "runtime/cuda/cublaslt/matmul.h"
#include "runtime/cuda/epilogue_tail.h"
#include "runtime/cuda/transposed_weights.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr int kFirstExtra = 2;  ///< A, B stand before the epilogue's inputs
/// More is not known to help.
constexpr int64_t kMaxWorkspace = int64_t{32} << 20;
constexpr size_t kScratchStep = 256;  ///< its parts begin at multiples of this

CublasLtProblem problem_of(const StepContext& context) {
  const StepTensor& a = context.inputs()[0];
  const StepTensor& b = context.inputs()[1];
  const Attributes& attributes = context.attributes();
  if (!a.dense() || !b.dense() || !context.outputs()[0].dense()) {
    unsupported(context, "a window of a matrix");
  }
  CublasLtProblem problem;
  // Vectors have nothing to transpose.
  problem.transpose_a = attributes.integer("transpose_a") != 0 && a.shape.rank() > 1;
  problem.transpose_b = attributes.integer("transpose_b") != 0 && b.shape.rank() > 1;
  const auto sizes = MatMulBatches::of(a.shape, b.shape, problem.transpose_a, problem.transpose_b);
  if (!sizes) unsupported(context, "operands that broadcast along some of the batch's axes");
  if (sizes->count > std::numeric_limits<int32_t>::max()) unsupported(context, "2^31 batches");
  problem.sizes = *sizes;
  if (attributes.integer("pack_b") != 0) problem.transpose_b = true;
  // Of u8 the compiler gives only numbers to 127, which are the same bytes as i8.
  problem.dtype = a.dtype == DType::kU8 ? DType::kI8 : a.dtype;
  problem.allow_tf32 = attributes.integer("allow_tf32", 1) != 0;
  problem.has_c = attributes.integer("residual") > 0;
  problem.has_bias = attributes.integer("bias") > 0;
  const std::string activation = attributes.text("activation");
  if (activation == "relu") {
    problem.activation = CUBLASLT_EPILOGUE_RELU;
  } else if (activation == "gelu_tanh") {
    problem.activation = CUBLASLT_EPILOGUE_GELU;
  } else if (!activation.empty()) {
    unsupported(context, "cuBLASLt has no activation " + activation);
  }
  return problem;
}

/// kUndefined: the products are the output.
DType sums_type(const StepContext& context) {
  const DType* sums = context.attributes().find_as<DType>("sums");
  return sums ? *sums : DType::kUndefined;
}

class MatmulStep : public PreparedStep {
 public:
  explicit MatmulStep(const StepContext& context)
      : matmul_(context.device(), problem_of(context)),
        tail_(context, kFirstExtra, sums_type(context)) {
    const Attributes& attributes = context.attributes();
    if (attributes.integer("pack_b") != 0) packed_b_ = transposed_weights(context);
    const DType sums = sums_type(context);
    if (sums != DType::kUndefined) {
      const size_t bytes = dense_bytes(sums, context.outputs()[0].shape);
      sum_bytes_ = (bytes + kScratchStep - 1) / kScratchStep * kScratchStep;
    }
    residual_ = input_of_extra(attributes.integer("residual"));
    bias_ = input_of_extra(attributes.integer("bias"));
    const int64_t limit = attributes.integer("workspace_limit", kMaxWorkspace);
    const auto workspace = static_cast<size_t>(std::clamp<int64_t>(limit, 0, kMaxWorkspace));
    const std::string chosen = attributes.text("implementation");
    // An algorithm was chosen for one shape; others may need another, which implementation() tells.
    if (!chosen.empty() && matmul_.choose(chosen, workspace)) return;
    matmul_.choose(chosen.empty() ? static_cast<int>(attributes.integer("rank")) : 0, workspace);
  }

  size_t scratch_bytes() const override { return sum_bytes_ + matmul_.workspace_bytes(); }
  std::string implementation() const override { return matmul_.algorithm_text(); }

  void run(const StepMemory& memory) override {
    CublasLtOperands operands;
    operands.a = memory.inputs[0];
    operands.b = packed_b_ ? packed_b_ : memory.inputs[1];
    operands.c = residual_ < 0 ? nullptr : memory.inputs[residual_];
    operands.bias = bias_ < 0 ? nullptr : memory.inputs[bias_];
    // The sums come first in the scratch memory, then the library's workspace.
    operands.y = sum_bytes_ == 0 ? memory.outputs[0] : memory.scratch;
    matmul_.run(memory.stream, operands, static_cast<char*>(memory.scratch) + sum_bytes_);
    tail_.run(memory, sum_bytes_ == 0 ? nullptr : memory.scratch);
  }

 private:
  static int input_of_extra(int64_t extra) {
    return extra > 0 ? static_cast<int>(kFirstExtra - 1 + extra) : -1;
  }

  CublasLtMatmul matmul_;
  EpilogueTail tail_;
  int residual_ = -1, bias_ = -1;
  const void* packed_b_ = nullptr;
  size_t sum_bytes_ = 0;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<MatmulStep>(context);
}

}  // namespace

extern const StepDef kCublasltMatmul = {
    .kind = "cublaslt.matmul",
    .summary = "Matmul with bias, residual and activation by cuBLASLt.",
    .prepare = prepare,
};

}  // namespace ingot
