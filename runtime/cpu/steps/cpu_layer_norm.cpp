// LayerNormalization and RMSNormalization: rows normalised by their own statistics.
#include <cmath>

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/kernels/row_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class RowNormStep : public PreparedStep {
 public:
  explicit RowNormStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& y = context.outputs()[0];
    const std::string op = context.attributes().text("op");
    const NodeAttributes node(op_named(op), context.attributes());
    const int axis = node.axis("axis", x.shape.rank());
    if (!dense_from(x, 0) || !dense_from(y, 0)) unsupported(context, "a window of " + op);
    for (size_t i = 1; i < context.outputs().size(); ++i) {
      if (context.outputs()[i].present()) unsupported(context, "mean and deviation as outputs");
    }
    epsilon_ = node.number("epsilon");
    root_mean_square_ = op == "RMSNormalization";
    for (int i = 0; i < x.shape.rank(); ++i) (i < axis ? rows_ : length_) *= x.shape[i];
    has_bias_ = has_input(context, 2);
    for (int i = 0; i < (has_bias_ ? 3 : 2); ++i) {
      const StepTensor& tensor = context.inputs()[static_cast<size_t>(i)];
      if (tensor.dtype != DType::kF32) unsupported(context, op + " of another type than f32");
      if (i > 0 && (tensor.elements() != length_ || !dense_from(tensor, 0) ||
                    tensor.shape.rank() > x.shape.rank() - axis)) {
        unsupported(context, "scale or bias of another shape than the normalised axes");
      }
    }
  }

  void run(const StepMemory& memory) override {
    const auto* x = static_cast<const float*>(memory.inputs[0]);
    const auto* scale = static_cast<const float*>(memory.inputs[1]);
    const auto* bias = has_bias_ ? static_cast<const float*>(memory.inputs[2]) : nullptr;
    auto* y = static_cast<float*>(memory.outputs[0]);
    const RowTable& table = rows();
    const double cost = static_cast<double>(rows_ * length_) * 0.25;
    parallel_ranges(worthwhile_threads(threads_, cost), rows_, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float* from = x + row * length_;
        Moments2 moments{};
        if (root_mean_square_)
          moments.variance = table.mean_square(from, length_);
        else
          moments = table.moments(from, length_);
        table.normalize(from, y + row * length_, length_, moments.mean,
                        1.0F / std::sqrt(moments.variance + epsilon_), scale, bias);
      }
    });
  }

 private:
  int threads_;
  bool root_mean_square_ = false, has_bias_ = false;
  float epsilon_ = 0;
  int64_t rows_ = 1, length_ = 1;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<RowNormStep>(context);
}

}  // namespace

extern const StepDef kCpuLayerNorm = {
    .kind = "cpu.layer_norm",
    .summary = "LayerNormalization and RMSNormalization over the last axes.",
    .prepare = prepare,
};

}  // namespace ingot
