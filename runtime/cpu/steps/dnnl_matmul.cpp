// Batched matmul of two tensors by oneDNN, transposed operands read through their strides.
#include <algorithm>

#include "core/base/error.h"
#include "runtime/cpu/dnnl/fused.h"

namespace ingot {
namespace {

using dnnl::memory;

/// The operand with `rank` axes and, where asked, the last two swapped.
memory::desc operand_desc(const StepTensor& tensor, int rank, bool transposed) {
  const memory::desc desc = dnnl_desc(tensor, rank);
  if (!transposed) return desc;
  std::vector<int> permutation(static_cast<size_t>(rank));
  for (size_t i = 0; i < permutation.size(); ++i) permutation[i] = static_cast<int>(i);
  std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  return desc.permute_axes(permutation);
}

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& a = context.inputs()[0];
  const StepTensor& b = context.inputs()[1];
  const StepTensor& y = context.outputs()[0];
  const int rank = y.shape.rank();
  if (a.shape.rank() < 2 || b.shape.rank() < 2) {
    fail({"step.unsupported", "matmul of a vector", context.name(), "use the reference tactic"});
  }
  const bool integers = b.dtype == DType::kI8;
  auto step = integers ? std::make_unique<FusedPrimitive>(
                             context, 2, y, FusedPrimitive::Integers{1 << (rank - 1), rank - 1, -1})
                       : std::make_unique<FusedPrimitive>(context, 2, y);
  memory::desc bias;
  if (integers) {
    Shape row(std::vector<int64_t>(static_cast<size_t>(rank), 1));
    row[rank - 1] = y.shape[rank - 1];
    bias = step->integer_bias_desc(row);
  }
  const Attributes& attributes = context.attributes();
  const dnnl::matmul::primitive_desc primitive(
      dnnl_engine(), operand_desc(a, rank, attributes.integer("transpose_a") != 0),
      operand_desc(b, rank, attributes.integer("transpose_b") != 0), bias, step->result_desc(y),
      step->attributes());
  BoundPrimitive& bound = step->bound();
  bound.bind_input(DNNL_ARG_SRC, primitive.src_desc(), 0);
  bound.bind_input(DNNL_ARG_WEIGHTS, primitive.weights_desc(), 1);
  if (integers) step->bind_integers(bias);
  step->finish(dnnl::matmul(primitive), primitive.dst_desc(), primitive.scratchpad_desc(),
               primitive.impl_info_str());
  return step;
}

}  // namespace

extern const StepDef kDnnlMatmul = {
    .kind = "dnnl.matmul",
    .summary = "Batched matmul with epilogue by oneDNN.",
    .prepare = prepare_dnnl<prepare>,
};

}  // namespace ingot
