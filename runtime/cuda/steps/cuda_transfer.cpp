// Copies between host and GPU, where a step of the one follows a step of the other.
#include "core/base/error.h"
#include "core/tensor/tensor.h"
#include "runtime/engine/step.h"

namespace ingot {
namespace {

class Transfer : public PreparedStep {
 public:
  Transfer(Device* device, size_t bytes) : device_(device), bytes_(bytes) {}
  void run(const StepMemory& memory) override {
    device_->copy(memory.stream, memory.outputs[0], memory.inputs[0], bytes_);
  }

 private:
  Device* device_;
  size_t bytes_;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const bool one_is_host = (x.layout == Layout::kHost) != (y.layout == Layout::kHost);
  if (!one_is_host || !x.dense() || !y.dense() || x.dtype != y.dtype || x.shape != y.shape) {
    fail({"step.unsupported", "a transfer is between equal, dense tensors of host and GPU",
          context.name(), "put a copy before it"});
  }
  return std::make_unique<Transfer>(context.device(), dense_bytes(x.dtype, x.shape));
}

}  // namespace

extern const StepDef kCudaTransfer = {
    .kind = "cuda.transfer",
    .summary = "Copies a tensor between the host's memory and the GPU's.",
    .prepare = prepare,
};

}  // namespace ingot
