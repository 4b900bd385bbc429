// Matmul by a constant matrix: A[M,K] * B[K,N] with bias and epilogue. oneDNN offers three ways to
// do it, which differ per processor and shape; attribute "as" says which: "inner_product",
// "convolution" (1x1, channels last) or "matmul".
#include "core/base/error.h"
#include "runtime/cpu/dnnl/fused.h"

namespace ingot {
namespace {

using dnnl::memory;

struct Problem2d {
  int64_t m, k, n;
};

/// Rows and columns as the primitive sees them, for an output of [m, n] elements.
StepTensor merged_output(const StepTensor& y, const Problem2d& size, bool as_convolution) {
  StepTensor merged = y;
  merged.shape = as_convolution ? Shape{1, size.n, size.m, 1} : Shape{size.m, size.n};
  merged.buffer_shape = merged.shape;
  merged.strides = as_convolution ? Shape{size.m * size.n, 1, size.n, size.n} : Shape{size.n, 1};
  merged.layout = Layout::kPlain;
  return merged;
}

template <typename Primitive>
void bind_arguments(FusedPrimitive* step, const StepContext& context, const Primitive& primitive,
                    const memory::desc& plain_weights, const std::vector<int>& order,
                    const memory::desc& bias) {
  BoundPrimitive& bound = step->bound();
  bound.bind_input(DNNL_ARG_SRC, primitive.src_desc(), 0);
  bound.bind_constant(DNNL_ARG_WEIGHTS, primitive.weights_desc(),
                      pack_weights(context, 1, primitive.weights_desc(), plain_weights, order));
  if (context.inputs()[1].dtype == DType::kI8) {
    step->bind_integers(bias);
  } else if (const int input = step->bias_input(); input >= 0) {
    bound.bind_constant(DNNL_ARG_BIAS, bias, context.inputs()[static_cast<size_t>(input)].constant);
  }
}

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& a = context.inputs()[0];
  const StepTensor& b = context.inputs()[1];
  const StepTensor& y = context.outputs()[0];
  const std::string as = context.attributes().text("as", "inner_product");
  const bool transposed = context.attributes().integer("transpose_b") != 0;
  const Problem2d size{a.elements() / a.shape[a.shape.rank() - 1], a.shape[a.shape.rank() - 1],
                       b.shape[transposed ? 0 : 1]};
  const memory::data_type type = dnnl_type(a.dtype), weights_type = dnnl_type(b.dtype);
  const bool as_convolution = as == "convolution";
  const StepTensor merged = merged_output(y, size, as_convolution);
  const bool integers = b.dtype == DType::kI8;
  const int columns_mask = as == "matmul" ? 2 : 1;
  auto step = integers ? std::make_unique<FusedPrimitive>(
                             context, 2, merged,
                             FusedPrimitive::Integers{columns_mask, y.shape.rank() - 1, -1})
                       : std::make_unique<FusedPrimitive>(context, 2, merged, 1);
  const memory::desc output = step->result_desc(merged);
  const auto bias_of = [&](const Shape& shape) {
    if (integers) return step->integer_bias_desc(shape);
    const int input = step->bias_input();
    if (input < 0) return memory::desc();
    return plain_desc(context.inputs()[static_cast<size_t>(input)].dtype, shape);
  };
  // Strides of B as [N, K], whichever way it is stored.
  const memory::dim n_stride = transposed ? size.k : 1, k_stride = transposed ? 1 : size.n;
  const std::vector<int> order =
      transposed ? std::vector<int>{0, 1} : std::vector<int>{1, 0};  // of axes [N, K]

  if (as == "inner_product") {
    const memory::desc source({size.m, size.k}, type, memory::format_tag::ab);
    const memory::desc any({size.n, size.k}, weights_type, memory::format_tag::any);
    const memory::desc plain({size.n, size.k}, weights_type, memory::dims{n_stride, k_stride});
    const memory::desc bias = bias_of(Shape{size.n});
    const dnnl::inner_product_forward::primitive_desc primitive(
        dnnl_engine(), dnnl::prop_kind::forward_inference, source, any, bias, output,
        step->attributes());
    bind_arguments(step.get(), context, primitive, plain, order, bias);
    step->finish(dnnl::inner_product_forward(primitive), primitive.dst_desc(),
                 primitive.scratchpad_desc(), primitive.impl_info_str());
  } else if (as_convolution) {
    const memory::desc source({1, size.k, size.m, 1}, type,
                              memory::dims{size.m * size.k, 1, size.k, size.k});
    const memory::desc any({size.n, size.k, 1, 1}, weights_type, memory::format_tag::any);
    const memory::desc plain({size.n, size.k, 1, 1}, weights_type,
                             memory::dims{n_stride, k_stride, 1, 1});
    const memory::desc bias = bias_of(Shape{size.n});
    const dnnl::convolution_forward::primitive_desc primitive(
        dnnl_engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
        source, any, bias, output, {1, 1}, {0, 0}, {0, 0}, {0, 0}, step->attributes());
    std::vector<int> with_kernel = order;
    with_kernel.insert(with_kernel.end(), {2, 3});
    bind_arguments(step.get(), context, primitive, plain, with_kernel, bias);
    step->finish(dnnl::convolution_forward(primitive), primitive.dst_desc(),
                 primitive.scratchpad_desc(), primitive.impl_info_str());
  } else {
    const memory::desc source({size.m, size.k}, type, memory::format_tag::ab);
    const memory::desc any({size.k, size.n}, weights_type, memory::format_tag::any);
    const memory::desc plain({size.k, size.n}, weights_type, memory::dims{k_stride, n_stride});
    const memory::desc bias = bias_of(Shape{1, size.n});
    const dnnl::matmul::primitive_desc primitive(dnnl_engine(), source, any, bias, output,
                                                 step->attributes());
    const std::vector<int> own_order = transposed ? std::vector<int>{1, 0} : std::vector<int>{0, 1};
    bind_arguments(step.get(), context, primitive, plain, own_order, bias);
    step->finish(dnnl::matmul(primitive), primitive.dst_desc(), primitive.scratchpad_desc(),
                 primitive.impl_info_str());
  }
  return step;
}

}  // namespace

extern const StepDef kDnnlInnerProduct = {
    .kind = "dnnl.inner_product",
    .summary = "Matmul by a constant matrix, packed, with bias and epilogue by oneDNN.",
    .prepare = prepare_dnnl<prepare>,
};

}  // namespace ingot
