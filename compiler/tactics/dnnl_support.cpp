// What the oneDNN tactics ask of nodes and targets: see the header.
#include "compiler/tactics/dnnl_support.h"

#include <fmt/core.h>

namespace ingot {

Verdict dnnl_computes(DType dtype, const Target& target) {
  if (dtype == DType::kF32) return Verdict::yes();
  if (dtype == DType::kBF16) {
    if (target.cpu.avx512_bf16 || target.cpu.amx_bf16) return Verdict::yes();
    return Verdict::no(fmt::format("this CPU ({}) has no BF16 arithmetic", target.cpu.isa()));
  }
  return Verdict::no(fmt::format("oneDNN has no kernel for {} here", dtype_name(dtype)));
}

std::vector<Layout> dnnl_layouts(const Target& target) {
  return {Layout::kChannelsLast, target.cpu.avx512 ? Layout::kBlocked16 : Layout::kBlocked8};
}

}  // namespace ingot
