// Running bound primitives: see the header.
#include "runtime/cpu/dnnl/primitive.h"

namespace ingot {

BoundPrimitive::~BoundPrimitive() { delete spare_.load(); }

void BoundPrimitive::bind_input(int argument, const dnnl::memory::desc& desc, int input) {
  bindings_.push_back({argument, desc, Source::kInput, input});
}
void BoundPrimitive::bind_output(int argument, const dnnl::memory::desc& desc, int output) {
  bindings_.push_back({argument, desc, Source::kOutput, output});
}
void BoundPrimitive::bind_constant(int argument, const dnnl::memory::desc& desc, const void* data) {
  bindings_.push_back({argument, desc, Source::kConstant, 0, data});
}
void BoundPrimitive::bind_scratch(int argument, const dnnl::memory::desc& desc, size_t offset) {
  bindings_.push_back({argument, desc, Source::kScratch, 0, nullptr, offset});
}

std::unique_ptr<BoundPrimitive::Arguments> BoundPrimitive::make_arguments() const {
  auto arguments = std::make_unique<Arguments>();
  for (const Binding& binding : bindings_) {
    arguments->memories.push_back(dnnl::memory(binding.desc, dnnl_engine(), DNNL_MEMORY_NONE));
    arguments->list.push_back({binding.argument, arguments->memories.back().get()});
    if (binding.source == Source::kConstant) {
      arguments->memories.back().set_data_handle(const_cast<void*>(binding.data));
    }
  }
  return arguments;
}

void BoundPrimitive::run(const StepMemory& memory) {
  // Contexts may share this object: whoever finds the spare set taken makes another.
  std::unique_ptr<Arguments> arguments(spare_.exchange(nullptr, std::memory_order_acquire));
  if (!arguments) arguments = make_arguments();
  for (size_t i = 0; i < bindings_.size(); ++i) {
    const Binding& binding = bindings_[i];
    void* address = nullptr;
    switch (binding.source) {
      case Source::kInput:
        address = const_cast<void*>(memory.inputs[binding.index]);
        break;
      case Source::kOutput:
        address = memory.outputs[binding.index];
        break;
      case Source::kScratch:
        address = static_cast<char*>(memory.scratch) + binding.offset;
        break;
      case Source::kConstant:
        continue;
    }
    dnnl_memory_set_data_handle(arguments->memories[i].get(), address);
  }
  const dnnl_status_t status =
      dnnl_primitive_execute(primitive_.get(), dnnl_stream().get(),
                             static_cast<int>(arguments->list.size()), arguments->list.data());
  delete spare_.exchange(arguments.release(), std::memory_order_release);
  if (status != dnnl_success) throw dnnl::error(status, "a oneDNN primitive failed to run");
}

}  // namespace ingot
