// Matrix products by our own kernels, with the epilogue that was generated into them.
#include "runtime/cuda/jit_kernel.h"
#include "runtime/cuda/matrix_product.h"
#include "runtime/cuda/transposed_weights.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

using kernels::MatmulParams;

bool in_pieces(const void* address, bool strides_fit) {
  return strides_fit && reinterpret_cast<uintptr_t>(address) % 16 == 0;
}

class JitMatmulStep : public PreparedStep {
 public:
  explicit JitMatmulStep(const StepContext& context)
      : kernel_(context, context.attributes().text("kernel")) {
    const Attributes& attributes = context.attributes();
    bool transpose_a = attributes.integer("transpose_a") != 0;
    bool transpose_b = attributes.integer("transpose_b") != 0;
    const StepTensor& a = context.inputs()[0];
    const StepTensor& b = context.inputs()[1];
    const StepTensor& y = context.outputs()[0];
    if (a.shape.rank() < 2) transpose_a = false;
    if (b.shape.rank() < 2) transpose_b = true;
    bytes_ = dtype_bytes(a.dtype);
    y_bytes_ = dtype_bytes(y.dtype);
    MatrixProduct product = MatrixProduct::of_matmul(context);
    if (attributes.integer("pack_b") != 0) {
      packed_b_ = transposed_weights(context);
      product.b_inner = 1;
      product.columns.b = product.inner;
      transpose_b = true;
    }
    product.merge_axes(!transpose_a);
    params_.out = matrix_output(context, product);
    for (size_t i = 2; i < context.inputs().size(); ++i) {
      extra_bytes_.push_back(dtype_bytes(context.inputs()[i].dtype));
    }
    params_.inner = static_cast<int>(product.inner);
    params_.a_line = transpose_a ? product.a_inner : product.rows.a;
    params_.b_line = transpose_b ? product.columns.b : product.b_inner;
    const int64_t a_across = transpose_a ? product.rows.a : product.a_inner;
    const int64_t b_across = transpose_b ? product.b_inner : product.columns.b;
    if ((a_across != 1 && (transpose_a ? params_.out.rows : params_.inner) > 1) ||
        (b_across != 1 && (transpose_b ? params_.inner : params_.out.columns) > 1)) {
      unsupported(context, "matrices whose elements do not lie side by side");
    }
    const int64_t piece = 16 / static_cast<int64_t>(bytes_);
    // Kernels that copy pieces compute distances in a tile with 32 bits.
    constexpr int64_t kLongestLine = 1 << 21;
    a_in_pieces_ = params_.a_line % piece == 0 && params_.a_line <= kLongestLine &&
                   (transpose_a ? params_.out.rows : params_.inner) % piece == 0;
    b_in_pieces_ = params_.b_line % piece == 0 && params_.b_line <= kLongestLine &&
                   (transpose_b ? params_.inner : params_.out.columns) % piece == 0;
    const size_t unused = kernels::kMaxMatrixBatchAxes - product.batches.size();
    for (size_t i = 0; i < product.batches.size(); ++i) {
      params_.a_batch[unused + i] = product.batches[i].a;
      params_.b_batch[unused + i] = product.batches[i].b;
      a_in_pieces_ = a_in_pieces_ && product.batches[i].a % piece == 0;
      b_in_pieces_ = b_in_pieces_ && product.batches[i].b % piece == 0;
    }
    launch_ = tile_launch(context, product, params_.out, &params_.row_tiles, &params_.column_tiles);
    empty_ = y.shape.elements() == 0;
  }

  void run(const StepMemory& memory) override {
    if (empty_) return;
    MatmulParams params = params_;
    params.a = memory.inputs[0];
    params.b = packed_b_ ? packed_b_ : memory.inputs[1];
    params.a_aligned = in_pieces(params.a, a_in_pieces_);
    params.b_aligned = in_pieces(params.b, b_in_pieces_);
    set_addresses(&params.out, memory.outputs[0], y_bytes_, memory.inputs + 2, extra_bytes_);
    kernel_.launch(memory, launch_, params);
  }

 private:
  JitKernel<MatmulParams> kernel_;
  MatmulParams params_ = {};
  LaunchShape launch_;
  const void* packed_b_ = nullptr;
  size_t bytes_ = 2, y_bytes_ = 2;  ///< of elements
  std::vector<size_t> extra_bytes_;
  bool a_in_pieces_ = false, b_in_pieces_ = false, empty_ = false;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<JitMatmulStep>(context);
}

}  // namespace

extern const StepDef kJitMatmul = {
    .kind = "jit.matmul",
    .summary = "Matmul with any epilogue by our own kernels.",
    .prepare = prepare,
};

}  // namespace ingot
