// Transposed convolution by cuDNN, as the gradient of the convolution that slides over the output.
#include "runtime/cuda/cudnn/convolution.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return prepare_cudnn_convolution(context, transposed_geometry(context));
}

}  // namespace

extern const StepDef kCudnnDeconv = {
    .kind = "cudnn.deconv",
    .summary = "Transposed convolution with bias and epilogue by cuDNN.",
    .prepare = prepare,
};

}  // namespace ingot
