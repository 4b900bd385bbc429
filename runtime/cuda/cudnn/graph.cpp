// Building cuDNN's graphs from our own words.
#include "runtime/cuda/cudnn/graph.h"

#include <algorithm>

#include "core/base/error.h"
#include "runtime/cuda/library.h"

namespace ingot {

cudnnDataType_t cudnn_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return CUDNN_DATA_FLOAT;
    case DType::kF16:
      return CUDNN_DATA_HALF;
    case DType::kBF16:
      return CUDNN_DATA_BFLOAT16;
    case DType::kI8:
      return CUDNN_DATA_INT8;
    case DType::kI32:
      return CUDNN_DATA_INT32;
    default:
      fail({"step.unsupported", "no such type for cuDNN: " + std::string(dtype_name(dtype)), "",
            "another tactic serves"});
  }
}

CudnnTensor CudnnGraph::tensor(DType dtype, std::vector<int64_t> dims,
                               std::vector<int64_t> strides) {
  tensors_.push_back({cudnn_type(dtype), std::move(dims), std::move(strides)});
  return {static_cast<int>(tensors_.size()) - 1};
}

CudnnTensor CudnnGraph::scalar(float value) {
  for (const Scalar& known : scalars_) {
    if (known.value == value) return known.tensor;
  }
  const std::vector<int64_t> ones(dims_.size(), 1);
  const CudnnTensor made = tensor(DType::kF32, ones, ones);
  tensors_.back().by_value = true;
  scalars_.push_back({made, value});
  return made;
}

CudnnTensor CudnnGraph::result_like_output(DType dtype) {
  const CudnnTensor made = tensor(dtype, dims_, strides_);
  tensors_.back().is_virtual = true;
  return made;
}

CudnnTensor CudnnGraph::convolve(const CudnnConvolution& geometry, CudnnTensor image,
                                 CudnnTensor weights, const std::vector<int64_t>& dims,
                                 const std::vector<int64_t>& strides) {
  dims_ = dims;
  strides_ = strides;
  const bool integers = tensors_[static_cast<size_t>(image.index)].type == CUDNN_DATA_INT8;
  const CudnnTensor result = result_like_output(integers ? DType::kI32 : DType::kF32);
  operations_.push_back({geometry, {}, image, weights, result});
  return result;
}

CudnnTensor CudnnGraph::pointwise(Pointwise operation, CudnnTensor a, CudnnTensor b) {
  const CudnnTensor result = result_like_output();
  operations_.push_back({std::nullopt, std::move(operation), a, b, result});
  return result;
}

CudnnTensor CudnnGraph::add(CudnnTensor a, CudnnTensor b) {
  return pointwise({CUDNN_POINTWISE_ADD, {}}, a, b);
}

CudnnTensor CudnnGraph::relu(CudnnTensor x) { return pointwise({CUDNN_POINTWISE_RELU_FWD, {}}, x); }

void CudnnGraph::output(CudnnTensor result, DType dtype) {
  TensorInfo& info = tensors_[static_cast<size_t>(result.index)];
  INGOT_CHECK(info.is_virtual);
  info.is_virtual = false;
  info.type = cudnn_type(dtype);
}

CudnnDescriptor CudnnGraph::describe(const Operation& operation) {
  const auto tensor = [&](CudnnTensor t) -> const CudnnDescriptor& {
    return tensor_descriptors_[static_cast<size_t>(t.index)];
  };
  if (!operation.convolution) {
    CudnnDescriptor part(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    part.set(CUDNN_ATTR_POINTWISE_MODE, operation.pointwise.mode)
        .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
    for (const auto& [name, value] : operation.pointwise.options) part.set(name, value);
    part.finalize();
    CudnnDescriptor made(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    made.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, part)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensor(operation.a))
        .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensor(operation.result));
    if (operation.b.index >= 0) {
      made.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, tensor(operation.b));
    }
    parts_.push_back(std::move(part));
    return made;
  }
  const CudnnConvolution& geometry = *operation.convolution;
  CudnnDescriptor part(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  const bool integers = tensors_[static_cast<size_t>(operation.a.index)].type == CUDNN_DATA_INT8;
  part.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, integers ? CUDNN_DATA_INT32 : CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
      .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, static_cast<int64_t>(geometry.strides.size()))
      .set_all(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, geometry.strides)
      .set_all(CUDNN_ATTR_CONVOLUTION_DILATIONS, geometry.dilations)
      .set_all(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, geometry.begin_pads)
      .set_all(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, geometry.end_pads)
      .finalize();
  const auto describe_as = [&](cudnnBackendDescriptorType_t type, cudnnBackendAttributeName_t conv,
                               cudnnBackendAttributeName_t alpha, cudnnBackendAttributeName_t beta,
                               cudnnBackendAttributeName_t image,
                               cudnnBackendAttributeName_t weights,
                               cudnnBackendAttributeName_t result) {
    CudnnDescriptor made(type);
    made.set(conv, part)
        .set(alpha, 1.0F)
        .set(beta, 0.0F)
        .set(image, tensor(operation.a))
        .set(weights, tensor(operation.b))
        .set(result, tensor(operation.result));
    return made;
  };
  CudnnDescriptor made =
      geometry.backward ? describe_as(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX)
                        : describe_as(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                                      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y);
  parts_.push_back(std::move(part));
  return made;
}

void CudnnGraph::finish(const CudnnTarget& target) {
  int64_t number = 0;
  for (const TensorInfo& info : tensors_) {
    CudnnDescriptor& made = tensor_descriptors_.emplace_back(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    made.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, ++number)
        .set(CUDNN_ATTR_TENSOR_DATA_TYPE, info.type)
        .set_all(CUDNN_ATTR_TENSOR_DIMENSIONS, info.dims)
        .set_all(CUDNN_ATTR_TENSOR_STRIDES, info.strides)
        .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, int64_t{kLibraryAlignment})
        .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, info.is_virtual);
    if (info.by_value) made.set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, true);
    made.finalize();
  }
  std::vector<cudnnBackendDescriptor_t> raw;
  for (const Operation& operation : operations_) {
    operation_descriptors_.push_back(describe(operation));
    operation_descriptors_.back().finalize();
    raw.push_back(operation_descriptors_.back().get());
  }
  graph_.emplace(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph_->set_all(CUDNN_ATTR_OPERATIONGRAPH_OPS, raw);
  if (target.handle) graph_->set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, target.handle);
  graph_->finalize();
}

}  // namespace ingot
