// See the header.
#include "compiler/tactics/gpu_copies.h"

#include <fmt/core.h>

namespace ingot {
namespace {

bool on_host(const PlanValue& value) { return value.layout == Layout::kHost; }

}  // namespace

KernelSource move_source() { return {"ops/move.cuh", ""}; }

std::vector<KernelSource> finish_copies(Plan* plan, const Target& target) {
  if (!target.is_gpu()) return {};
  std::vector<KernelSource> kernels;
  for (PlanStep& step : plan->steps) {
    if (step.kind != "cpu.copy") continue;
    const PlanValue& from = plan->values[static_cast<size_t>(step.inputs[0])];
    const PlanValue& to = plan->values[static_cast<size_t>(step.outputs[0])];
    if (on_host(from) != on_host(to)) {
      step.kind = "cuda.transfer";
    } else if (on_host(from)) {
      step.kind = "host.copy";
    } else {
      step.kind = "jit.copy";
      const KernelSource source = move_source();
      step.attributes.set("cubin", kernel_key(source, target.gpu.architecture));
      if (kernels.empty()) kernels.push_back(source);
    }
    step.tactic = fmt::format("{}/{}/{}/{}.{}", step.kind, dtype_name(from.dtype), target.arch(),
                              layout_name(from.layout), layout_name(to.layout));
  }
  return kernels;
}

}  // namespace ingot
