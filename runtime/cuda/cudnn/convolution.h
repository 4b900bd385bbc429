// Convolutions by cuDNN, forward and transposed: what the steps cudnn.conv and cudnn.deconv share.
#pragma once

#include <memory>

#include "runtime/cuda/cudnn/graph.h"
#include "runtime/engine/step.h"

namespace ingot {

/// Of a step of Conv, and of one of ConvTranspose.
CudnnConvolution convolution_geometry(const StepContext& context);
CudnnConvolution transposed_geometry(const StepContext& context);

/// Attributes of the step, beside the operator's own:
///   residual, bias    extras of the epilogue (1, 2, ...) that are added, in this order; 0: none
///   relu              1: then ReLU
///   fused             an Expression that cuDNN does then: in0 is the value so far, in1... extras
///   tail, tail_bias   what a kernel of ours does then over the output (epilogue_tail.h); the bias
///                     is left out of the graph if the tail has it
///   rank              which of cuDNN's configurations
///   implementation    the configuration itself, as `implementation()` gave it; instead of rank
///   workspace_limit   bytes; without it there is no limit
///   allow_tf32        0: f32 stays f32
std::unique_ptr<PreparedStep> prepare_cudnn_convolution(const StepContext& context,
                                                        const CudnnConvolution& geometry);

/// The graph of the step alone, for tests: `properties` describe the GPU.
CudnnGraph cudnn_convolution_graph(const StepContext& context, const CudnnConvolution& geometry,
                                   const CudnnTarget& target);

}  // namespace ingot
