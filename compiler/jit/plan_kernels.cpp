// Device code of a plan.
#include <algorithm>

#include "compiler/jit/kernel_store.h"
#include "core/base/error.h"

namespace ingot {

void add_kernels(Plan* plan, std::span<const KernelSource> sources, const KernelStore& store) {
  for (const KernelSource& source : sources) {
    const std::string key = kernel_key(source, store.architecture());
    const bool there = std::any_of(plan->kernels.begin(), plan->kernels.end(),
                                   [&](const PlanKernel& kernel) { return kernel.key == key; });
    if (there) continue;
    const Cubin cubin = store.find(key);
    if (!cubin) {
      fail({"jit.failed", store.failure(key), source.file,
            "this is a bug of Ingot's: please report it with the log"});
    }
    plan->kernels.push_back({key, *cubin, cubin});
  }
  // The same plan has the same bytes, whatever the order of its steps' tuning.
  std::sort(plan->kernels.begin(), plan->kernels.end(),
            [](const PlanKernel& a, const PlanKernel& b) { return a.key < b.key; });
}

}  // namespace ingot
