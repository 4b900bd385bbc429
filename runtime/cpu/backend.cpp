// What libingot_cpu.so exports: the table of CPU steps, the thread count, the library's version.
#include <fmt/core.h>
#include <omp.h>

#include "runtime/cpu/dnnl/memory_desc.h"
#include "runtime/cpu/step_table.h"
#include "runtime/engine/ref_step.h"

namespace ingot {
namespace {

const StepDef* find_step(std::string_view kind) {
  for (const StepDef* step : all_cpu_steps()) {
    if (step->kind == kind) return step;
  }
  if (kind == ref_step().kind) return &ref_step();
  return nullptr;
}

void set_threads(int threads) {
  // The count belongs to the calling thread; setting it anew costs a few nanoseconds.
  omp_set_num_threads(threads);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const Backend* ingot_backend() {
  static const Backend backend = {
      .name = "cpu",
      .version = fmt::format("oneDNN {}.{}.{}", dnnl_version()->major, dnnl_version()->minor,
                             dnnl_version()->patch),
      .find_step = find_step,
      .set_threads = set_threads,
  };
  return &backend;
}

}  // namespace ingot
