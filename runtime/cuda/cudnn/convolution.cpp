// Graph, weights and execution of a convolution by cuDNN.
#include "runtime/cuda/cudnn/convolution.h"

#include <cstring>

#include "core/base/error.h"
#include "core/tensor/packed_format.h"
#include "runtime/cuda/cudnn/handle.h"
#include "runtime/cuda/cudnn/plan.h"
#include "runtime/cuda/epilogue_tail.h"
#include "runtime/cuda/library.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr int kFirstExtra = 3;  ///< X, W, B stand before the epilogue's inputs

/// Where the memory of one of the graph's tensors comes from.
struct Binding {
  CudnnTensor tensor;
  int input = -1;                 ///< an input of the step,
  const void* address = nullptr;  ///< or memory that stays; neither: the output
};

/// cuDNN has two spatial axes at least: a third-rank tensor gets one of size 1.
std::vector<int64_t> with_height(const Shape& values, int64_t height) {
  if (values.rank() == 3) return {values[0], values[1], height, values[2]};
  return {values.begin(), values.end()};
}

std::vector<int64_t> cudnn_dims(const Shape& shape) { return with_height(shape, 1); }

std::vector<int64_t> cudnn_strides(const Shape& shape, const Shape& strides) {
  return with_height(strides, strides.rank() == 3 ? strides[2] * shape[2] : 0);
}

/// Strides of weights [filters, channels, kernel...] with the channels last.
Shape filter_strides(const Shape& weights) {
  return layout_strides(weights, Layout::kChannelsLast);
}

/// Of u8 the compiler gives only numbers to 127, which are the same bytes as i8.
DType stored_type(DType dtype) { return dtype == DType::kU8 ? DType::kI8 : dtype; }

class Builder {
 public:
  Builder(const StepContext& context, const CudnnConvolution& geometry)
      : context_(context), geometry_(geometry), y_(context.outputs()[0]) {
    if (geometry_.strides.size() == 1) {
      for (auto* values : {&geometry_.strides, &geometry_.dilations}) *values = {1, (*values)[0]};
      for (auto* pads : {&geometry_.begin_pads, &geometry_.end_pads}) *pads = {0, (*pads)[0]};
    }
  }

  void build() {
    const StepTensor& x = context_.inputs()[0];
    const StepTensor& w = context_.inputs()[1];
    const bool last = x.layout == Layout::kChannelsLast;
    const CudnnTensor image = input_tensor(0, x.shape, x.strides);
    const Shape order = last ? filter_strides(w.shape) : layout_strides(w.shape, Layout::kPlain);
    const CudnnTensor weights =
        graph.tensor(w.dtype, cudnn_dims(w.shape), cudnn_strides(w.shape, order));
    packs_weights = last && order_differs(w.shape);
    bindings.push_back({weights, packs_weights ? -1 : 1, nullptr});

    const Attributes& attributes = context_.attributes();
    CudnnTensor value = graph.convolve(geometry_, image, weights, cudnn_dims(y_.shape),
                                       cudnn_strides(y_.shape, y_.strides));
    const auto residual = static_cast<int>(attributes.integer("residual"));
    const auto extra_bias = static_cast<int>(attributes.integer("bias"));
    const bool relu = attributes.integer("relu") != 0;
    if (residual > 0) value = graph.add(value, extra_tensor(residual));
    const bool own_bias = has_input(context_, 2) && attributes.integer("tail_bias") == 0;
    const int bias = own_bias ? 2 : extra_bias > 0 ? kFirstExtra - 1 + extra_bias : -1;
    if (bias >= 0) {
      value = graph.add(value, channel_tensor(bias));
    } else if (residual > 0 || relu) {
      // The engines that are compiled beforehand want a bias.
      zero_bias = CudnnTensor{channel_vector(y_.dtype)};
      bindings.push_back({zero_bias, -1, nullptr});
      value = graph.add(value, zero_bias);
    }
    if (relu) value = graph.relu(value);
    if (const Expression* fused = attributes.expression("fused")) {
      std::vector<CudnnTensor> inputs = {value};
      for (int i = 1; i < fused->input_count(); ++i) {
        inputs.push_back(reads(*fused, i) ? extra_tensor(i) : CudnnTensor{});
      }
      value = graph.apply(*fused, inputs);
    }
    graph.output(value, stored_type(y_.dtype));
    output = value;
  }

  CudnnGraph graph;
  std::vector<Binding> bindings;  ///< of all but the output
  CudnnTensor output, zero_bias;
  bool packs_weights = false;

 private:
  static bool reads(const Expression& expression, int index) {
    for (const ExpressionNode& node : expression.nodes()) {
      if (node.op == ScalarOp::kInput && node.index == index) return true;
    }
    return false;
  }

  /// With one channel, or a kernel of one element, both orders are the same bytes.
  static bool order_differs(const Shape& weights) {
    int64_t kernel = 1;
    for (int axis = 2; axis < weights.rank(); ++axis) kernel *= weights[axis];
    return weights[1] > 1 && kernel > 1;
  }

  CudnnTensor input_tensor(int input, const Shape& shape, const Shape& strides) {
    const StepTensor& tensor = context_.inputs()[static_cast<size_t>(input)];
    const CudnnTensor made =
        graph.tensor(stored_type(tensor.dtype), cudnn_dims(shape), cudnn_strides(shape, strides));
    bindings.push_back({made, input, nullptr});
    return made;
  }

  CudnnTensor channel_vector(DType dtype) {
    Shape shape = y_.shape;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (axis != 1) shape[axis] = 1;
    }
    const Shape strides = layout_strides(shape, Layout::kChannelsLast);
    return graph.tensor(dtype, cudnn_dims(shape), cudnn_strides(shape, strides));
  }

  CudnnTensor channel_tensor(int input) {
    const StepTensor& tensor = context_.inputs()[static_cast<size_t>(input)];
    if (tensor.elements() != y_.shape[1]) unsupported(context_, "a bias of another size");
    const CudnnTensor made = channel_vector(tensor.dtype);
    bindings.push_back({made, input, nullptr});
    return made;
  }

  /// Extra 1, 2, ... of the epilogue, its axes aligned with those of the output from the right.
  CudnnTensor extra_tensor(int extra) {
    for (const auto& [known, tensor] : extras_) {
      if (known == extra) return tensor;
    }
    const int input = kFirstExtra - 1 + extra;
    if (!has_input(context_, input)) unsupported(context_, "an epilogue without its input");
    const StepTensor& tensor = context_.inputs()[static_cast<size_t>(input)];
    Shape shape = tensor.shape, strides = tensor.strides;
    if (shape != y_.shape) {
      shape = Shape{};
      for (int axis = 0; axis < y_.shape.rank() - tensor.shape.rank(); ++axis) shape.push_back(1);
      for (const int64_t dim : tensor.shape) shape.push_back(dim);
      bool spatial = false;
      for (int axis = 2; axis < shape.rank(); ++axis) spatial = spatial || shape[axis] != 1;
      // Without spatial axes both orders are the same bytes, and cuDNN knows this one better.
      strides = layout_strides(shape, spatial ? Layout::kPlain : Layout::kChannelsLast);
    }
    const CudnnTensor made = input_tensor(input, shape, strides);
    extras_.emplace_back(extra, made);
    return made;
  }

  const StepContext& context_;
  CudnnConvolution geometry_;
  const StepTensor& y_;
  std::vector<std::pair<int, CudnnTensor>> extras_;
};

/// The weights with channels last, on the GPU.
const void* pack_filters(const StepContext& context) {
  const StepTensor& w = context.inputs()[1];
  PackedFormat format;
  format.dtype = w.dtype;
  format.dims = format.padded = w.shape;
  format.strides = filter_strides(w.shape);
  const size_t element = dtype_bytes(w.dtype);
  const auto filters = static_cast<size_t>(w.shape[0]), channels = static_cast<size_t>(w.shape[1]);
  const size_t kernel = static_cast<size_t>(w.elements()) / (filters * channels);
  const auto move = [=]<typename Word>(const Word* from, Word* to) {
    for (size_t f = 0; f < filters; ++f) {
      for (size_t k = 0; k < kernel; ++k) {
        for (size_t c = 0; c < channels; ++c) *to++ = from[(f * channels + c) * kernel + k];
      }
    }
  };
  return context.packed_constant(
      1, format.to_string(), format.bytes(), [=](const void* plain, void* packed) {
        if (element == 1) {
          move(static_cast<const uint8_t*>(plain), static_cast<uint8_t*>(packed));
        } else if (element == 2) {
          move(static_cast<const uint16_t*>(plain), static_cast<uint16_t*>(packed));
        } else {
          move(static_cast<const uint32_t*>(plain), static_cast<uint32_t*>(packed));
        }
      });
}

CudnnPlan make_plan(const StepContext& context, const CudnnGraph& graph,
                    const CudnnTarget& target) {
  const Attributes& attributes = context.attributes();
  const std::string chosen = attributes.text("implementation");
  if (!chosen.empty()) {
    try {
      return CudnnPlan::from_text(graph, target, chosen);
    } catch (const Error& error) {
      // The engine was chosen for one shape; others may need another, which implementation() tells.
      if (error.problems()[0].id != "step.unsupported") throw;
    }
  }
  CudnnLimits limits;
  limits.workspace_bytes = attributes.integer("workspace_limit", -1);
  limits.allow_tf32 = attributes.integer("allow_tf32", 1) != 0;
  limits.is_f32 = context.inputs()[0].dtype == DType::kF32;
  const int rank = chosen.empty() ? static_cast<int>(attributes.integer("rank")) : 0;
  return CudnnPlan::ranked(graph, target, limits, rank);
}

class ConvolutionStep : public PreparedStep {
 public:
  ConvolutionStep(const StepContext& context, const CudnnConvolution& geometry)
      : handles_(CudnnHandles::of(context.device())), tail_(context, kFirstExtra) {
    Builder builder(context, geometry);
    builder.build();
    const CudnnPlanning planning(handles_.get());
    const CudnnTarget target{planning.handle(), nullptr};
    graph_ = std::make_unique<CudnnGraph>(std::move(builder.graph));
    graph_->finish(target);
    plan_ = std::make_unique<CudnnPlan>(make_plan(context, *graph_, target));

    bindings_ = std::move(builder.bindings);
    for (Binding& binding : bindings_) {
      if (binding.input >= 0) continue;
      binding.address = binding.tensor.index == builder.zero_bias.index ? make_zeros(context)
                                                                        : pack_filters(context);
    }
    ids_.push_back(CudnnGraph::id(builder.output));
    for (const Binding& binding : bindings_) ids_.push_back(CudnnGraph::id(binding.tensor));
    for (const CudnnGraph::Scalar& scalar : graph_->scalars()) {
      ids_.push_back(CudnnGraph::id(scalar.tensor));
    }
  }

  size_t scratch_bytes() const override { return static_cast<size_t>(plan_->workspace_bytes()); }
  std::string implementation() const override { return plan_->text(); }

  void run(const StepMemory& memory) override {
    std::vector<void*> pointers;
    pointers.reserve(ids_.size());
    pointers.push_back(memory.outputs[0]);
    for (const Binding& binding : bindings_) {
      const void* address = binding.input >= 0 ? memory.inputs[binding.input] : binding.address;
      pointers.push_back(const_cast<void*>(address));
    }
    for (const CudnnGraph::Scalar& scalar : graph_->scalars()) {
      pointers.push_back(const_cast<float*>(&scalar.value));
    }
    require_aligned(pointers.data(), bindings_.size() + 1);
    {
      const CudnnRunning running(handles_.get());
      plan_->execute(running.handle(), memory.stream, ids_, pointers, memory.scratch);
    }
    tail_.run(memory);
  }

 private:
  const void* make_zeros(const StepContext& context) {
    const std::vector<std::byte> zeros(
        dense_bytes(context.outputs()[0].dtype, Shape{context.outputs()[0].shape[1]}));
    zeros_ = context.device()->allocate(zeros.size());
    context.device()->upload(zeros_.get(), zeros.data(), zeros.size());
    return zeros_.get();
  }

  std::shared_ptr<CudnnHandles> handles_;
  EpilogueTail tail_;
  std::unique_ptr<CudnnGraph> graph_;
  std::unique_ptr<CudnnPlan> plan_;
  std::vector<Binding> bindings_;
  std::vector<int64_t> ids_;  ///< output, bindings, scalars
  std::shared_ptr<void> zeros_;
};

}  // namespace

CudnnGraph cudnn_convolution_graph(const StepContext& context, const CudnnConvolution& geometry,
                                   const CudnnTarget& target) {
  Builder builder(context, geometry);
  builder.build();
  builder.graph.finish(target);
  return std::move(builder.graph);
}

std::unique_ptr<PreparedStep> prepare_cudnn_convolution(const StepContext& context,
                                                        const CudnnConvolution& geometry) {
  return std::make_unique<ConvolutionStep>(context, geometry);
}

}  // namespace ingot
