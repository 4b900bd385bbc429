// Reference evaluations as steps.
#include "runtime/engine/ref_step.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "ops/reference.h"
#include "ops/registry.h"
#include "runtime/engine/memory.h"

namespace ingot {
namespace {

constexpr size_t kAlignment = 64;

size_t aligned_bytes(const StepTensor& tensor) {
  return (dense_bytes(tensor.dtype, tensor.shape) + kAlignment - 1) / kAlignment * kAlignment;
}

bool is_window(const StepTensor& tensor) {
  return tensor.present() && tensor.shape_known && !tensor.dense();
}

class RefStep : public PreparedStep {
 public:
  explicit RefStep(const StepContext& context)
      : op_(op_named(context.attributes().text("op"))),
        attributes_(context.attributes()),
        name_(context.name()),
        inputs_(context.inputs()),
        outputs_(context.outputs()) {
    attributes_.erase("op");
    for (const auto* side : {&inputs_, &outputs_}) {
      for (const StepTensor& tensor : *side) {
        if (!tensor.present()) continue;
        if (!is_row_major(tensor.layout)) {
          fail({"step.unsupported",
                fmt::format("{}: the reference evaluation wants plain tensors, not {}", op_.name,
                            layout_name(tensor.layout)),
                "", "choose another tactic, or a reorder before it"});
        }
        decides_shapes_ = decides_shapes_ || !tensor.shape_known;
        if (is_window(tensor)) scratch_bytes_ += aligned_bytes(tensor);
      }
    }
  }

  size_t scratch_bytes() const override { return scratch_bytes_; }
  std::string implementation() const override { return "ref"; }

  void run(const StepMemory& memory) override {
    auto* scratch = static_cast<std::byte*>(memory.scratch);
    const auto dense_view = [&](const StepTensor& tensor, void* data) {
      TensorView view{tensor.dtype, tensor.shape, data};
      if (is_window(tensor)) {
        view.data = scratch;
        scratch += aligned_bytes(tensor);
      }
      return view;
    };
    std::vector<TensorView> inputs, outputs;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      // The evaluation reads it only.
      inputs.push_back(dense_view(inputs_[i], const_cast<void*>(memory.inputs[i])));
      if (is_window(inputs_[i])) {
        gather_window(memory.inputs[i], inputs_[i].strides, inputs_[i].shape,
                      dtype_bytes(inputs_[i].dtype), inputs[i].data);
      }
    }
    for (size_t i = 0; i < outputs_.size(); ++i) {
      outputs.push_back(dense_view(outputs_[i], memory.outputs[i]));
    }
    const auto allocate = [&](int output, DType dtype, const Shape& shape) {
      const auto i = static_cast<size_t>(output);
      // A tactic's plan may know the size of what the operator thinks only data decides.
      if (i < outputs_.size() && outputs_[i].shape_known && outputs_[i].shape == shape) {
        return outputs[i];
      }
      return TensorView{dtype, shape, (*memory.allocate)(output, dtype, shape)};
    };
    if (decides_shapes_) decide_shapes(inputs, &outputs, allocate);
    Reference reference(op_, attributes_, inputs, outputs, allocate);
    op_.evaluate(reference);
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (!is_window(outputs_[i])) continue;
      scatter_window(outputs[i].data, outputs_[i].strides, outputs_[i].shape,
                     dtype_bytes(outputs_[i].dtype), memory.outputs[i]);
    }
  }

 private:
  // Now that the inputs' contents are known, the shape rule may know the outputs' sizes (Reshape
  // to a computed shape); what it does not know, the evaluation allocates itself (NonZero).
  template <typename Allocate>
  void decide_shapes(const std::vector<TensorView>& inputs, std::vector<TensorView>* outputs,
                     Allocate&& allocate) const {
    std::vector<ValueType> types(inputs.size());
    std::vector<const ValueType*> present;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorView& input = inputs[i];
      if (input.dtype == DType::kUndefined) {
        present.push_back(nullptr);
        continue;
      }
      types[i].dtype = input.dtype;
      types[i].dims.assign(input.shape.begin(), input.shape.end());
      types[i].constant = Tensor(input.dtype, input.shape, input.data, nullptr);
      types[i].contents = contents_of(types[i].constant);
      present.push_back(&types[i]);
    }
    const auto results =
        infer_types(op_, attributes_, present, static_cast<int>(outputs->size()), name_);
    for (size_t i = 0; i < outputs->size(); ++i) {
      TensorView& output = (*outputs)[i];
      if (output.dtype == DType::kUndefined || outputs_[i].shape_known) continue;
      output = {output.dtype, Shape(), nullptr};
      if (!is_static(results[i].dims)) continue;
      Shape shape;
      for (const Dim& dim : results[i].dims) shape.push_back(dim.constant());
      output = allocate(static_cast<int>(i), output.dtype, shape);
    }
  }

  const OpDef& op_;
  Attributes attributes_;
  std::string name_;
  std::vector<StepTensor> inputs_, outputs_;
  size_t scratch_bytes_ = 0;
  bool decides_shapes_ = false;
};

}  // namespace

const StepDef& ref_step() {
  static const StepDef definition = {
      "ref", "the reference evaluation of any operator: correct, not fast",
      [](const StepContext& context) -> std::unique_ptr<PreparedStep> {
        return std::make_unique<RefStep>(context);
      },
      /*on_host=*/true};
  return definition;
}

}  // namespace ingot
