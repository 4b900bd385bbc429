// A graph of operations for cuDNN: tensors, one convolution, pointwise operations.
#pragma once

#include <optional>
#include <vector>

#include "core/node/expression.h"
#include "core/tensor/dtype.h"
#include "runtime/cuda/cudnn/descriptor.h"
#include "runtime/engine/step.h"

namespace ingot {

/// What plans are made for: a GPU that is there (a handle), or one that is described (device
/// properties: no driver is needed then, and nothing can be executed).
struct CudnnTarget {
  cudnnHandle_t handle = nullptr;
  const CudnnDescriptor* properties = nullptr;
};

/// A tensor of a graph, by its place in the graph's list.
struct CudnnTensor {
  int index = -1;
};

/// Geometry of a convolution, one entry per spatial axis.
struct CudnnConvolution {
  std::vector<int64_t> strides, dilations, begin_pads, end_pads;
  /// The gradient with respect to the input: what ConvTranspose computes.
  bool backward = false;
};

class CudnnGraph {
 public:
  /// Dims and strides as cuDNN wants them: batch, channels, spatial axes (two at least).
  CudnnTensor tensor(DType dtype, std::vector<int64_t> dims, std::vector<int64_t> strides);
  /// A number, known now.
  CudnnTensor scalar(float value);

  /// `result` is of the dims and strides of the graph's output; in registers unless it is given to
  /// `output`: float, or i32 of an image of i8.
  CudnnTensor convolve(const CudnnConvolution& geometry, CudnnTensor image, CudnnTensor weights,
                       const std::vector<int64_t>& dims, const std::vector<int64_t>& strides);
  CudnnTensor add(CudnnTensor a, CudnnTensor b);
  CudnnTensor relu(CudnnTensor x);
  /// Operations of `expression`; inputs[i] is its input i. Throws Error ("step.unsupported") for
  /// operations that cuDNN has not.
  CudnnTensor apply(const Expression& expression, const std::vector<CudnnTensor>& inputs);

  /// The result, stored in this type.
  void output(CudnnTensor result, DType dtype);
  /// Makes cuDNN's own graph; nothing can be added then. Throws Error ("step.unsupported").
  void finish(const CudnnTarget& target);

  const CudnnDescriptor& descriptor() const { return *graph_; }
  /// What a variant pack calls a tensor.
  static int64_t id(CudnnTensor tensor) { return tensor.index + 1; }
  /// The scalars, to be given at execution.
  struct Scalar {
    CudnnTensor tensor;
    float value;
  };
  const std::vector<Scalar>& scalars() const { return scalars_; }

 private:
  struct TensorInfo {
    cudnnDataType_t type;
    std::vector<int64_t> dims, strides;
    bool is_virtual = false, by_value = false;
  };
  struct Pointwise {
    cudnnPointwiseMode_t mode;
    std::vector<std::pair<cudnnBackendAttributeName_t, double>> options;
  };
  struct Operation {
    std::optional<CudnnConvolution> convolution;  ///< else pointwise
    Pointwise pointwise;
    CudnnTensor a, b, result;
  };

  CudnnTensor result_like_output(DType dtype = DType::kF32);
  CudnnTensor pointwise(Pointwise operation, CudnnTensor a, CudnnTensor b = {});
  CudnnTensor apply_node(const ExpressionNode& node, const std::vector<CudnnTensor>& nodes,
                         const Expression& expression);
  CudnnDescriptor describe(const Operation& operation);

  std::vector<TensorInfo> tensors_;
  std::vector<Operation> operations_;
  std::vector<Scalar> scalars_;
  std::vector<int64_t> dims_, strides_;  ///< of results
  std::vector<CudnnDescriptor> tensor_descriptors_, parts_, operation_descriptors_;
  std::optional<CudnnDescriptor> graph_;
};

/// True if cuDNN's engines have all operations of this expression.
bool cudnn_has_operations(const Expression& expression);

cudnnDataType_t cudnn_type(DType dtype);

}  // namespace ingot
