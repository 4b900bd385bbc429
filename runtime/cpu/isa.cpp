// Chooses the instruction set of our own kernels.
#include "runtime/cpu/isa.h"

#include "core/base/cpu.h"
#include "core/base/environment.h"

namespace ingot {
namespace {

Isa choose() {
  const std::string limit = environment_value("INGOT_ISA");
  if (!cpu_info().avx2 || limit == "generic") return Isa::kGeneric;
  return cpu_info().avx512 && limit != "avx2" ? Isa::kAvx512 : Isa::kAvx2;
}

}  // namespace

Isa kernel_isa() {
  static const Isa isa = choose();
  return isa;
}

const char* kernel_isa_name() {
  return kernel_isa() == Isa::kAvx512 ? "avx512" : kernel_isa() == Isa::kAvx2 ? "avx2" : "generic";
}

}  // namespace ingot
