// The backend of a build that found no CUDA headers: it says so.
#include "core/base/error.h"
#include "runtime/cuda/open_device.h"

namespace ingot {

namespace {

[[noreturn]] void no_cuda() {
  fail({"device.not_available", "this build of Ingot has no CUDA: cuda.h was not found for it", "",
        "use --device=cpu, or build anew where a CUDA toolkit is (INGOT_CUDA_INCLUDE names the "
        "folder of cuda.h)"});
}

}  // namespace

std::shared_ptr<Device> open_cuda_device(int) { no_cuda(); }

int find_cuda_device(std::string_view) { no_cuda(); }

std::vector<std::string> cuda_report(bool) {
  return {"GPU: this build of Ingot has no CUDA: cuda.h was not found for it"};
}

std::string cuda_driver_text() { return "built without CUDA headers"; }

}  // namespace ingot
