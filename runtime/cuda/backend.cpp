// What libingot_cuda.so exports: the table of CUDA steps and the GPUs.
#include "runtime/cuda/open_device.h"
#include "runtime/cuda/step_table.h"
#include "runtime/engine/ref_step.h"

namespace ingot {
namespace {

const StepDef* find_step(std::string_view kind) {
  for (const StepDef* step : all_cuda_steps()) {
    if (step->kind == kind) return step;
  }
  if (kind == ref_step().kind) return &ref_step();
  return nullptr;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const Backend* ingot_backend() {
  static const Backend backend = {
      .name = "cuda",
      .version = cuda_driver_text(),
      .find_step = find_step,
      .set_threads = [](int) {},  // its steps run on the GPU
      .open_device = open_cuda_device,
      .find_device = find_cuda_device,
      .report = cuda_report,
  };
  return &backend;
}

}  // namespace ingot
