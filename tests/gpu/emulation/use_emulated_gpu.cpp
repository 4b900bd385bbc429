// The emulated GPU as a backend: the steps of runtime/cuda on the device of emulated_device.h.
#include "tests/gpu/emulation/use_emulated_gpu.h"

#include <cstdlib>
#include <string>

#include "compiler/jit/kernel_store.h"
#include "runtime/cuda/step_table.h"
#include "runtime/engine/backend.h"
#include "runtime/engine/ref_step.h"
#include "tests/gpu/emulation/emulated_compiler.h"
#include "tests/gpu/emulation/emulated_device.h"

namespace ingot {

bool use_emulated_gpu() {
  const char* value = std::getenv("INGOT_TEST_GPU");
  if (value && std::string(value) == "1") return false;
  static const Backend backend = {
      .name = "cuda",
      .version = "emulated",
      .find_step = [](std::string_view kind) -> const StepDef* {
        for (const StepDef* step : all_cuda_steps()) {
          if (step->kind == kind) return step;
        }
        return kind == ref_step().kind ? &ref_step() : nullptr;
      },
      .set_threads = [](int) {},
      .open_device = [](int) { return make_emulated_device(); },
  };
  register_backend(backend);
  set_kernel_compiler(kEmulated, compile_emulated);
  return true;
}

}  // namespace ingot
