// Convolution (dense, grouped, dilated, 1 to 3 spatial axes) by cuDNN.
#include "runtime/cuda/cudnn/convolution.h"

namespace ingot {
namespace {

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return prepare_cudnn_convolution(context, convolution_geometry(context));
}

}  // namespace

extern const StepDef kCudnnConv = {
    .kind = "cudnn.conv",
    .summary = "Convolution with bias and epilogue by cuDNN.",
    .prepare = prepare,
};

}  // namespace ingot
