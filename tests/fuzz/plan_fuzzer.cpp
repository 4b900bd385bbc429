// libFuzzer target: any bytes given as a plan end in a Plan or in an Error, never in a crash.
//
// The bytes are read twice: as a whole file, and as the metadata of a file around them whose
// checksums are right, which is the only way past the container for a mutated input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/plan/container.h"
#include "core/plan/reader.h"
#include "core/plan/writer.h"

namespace {

// Reads the plan as every program that shows one does.
void read(const std::vector<std::byte>& file) {
  // A copy of its own, so that reads beyond the end are seen.
  const std::shared_ptr<std::byte[]> copy(new std::byte[file.size()]);
  std::copy(file.begin(), file.end(), copy.get());
  try {
    const ingot::Plan plan = ingot::read_plan({copy.get(), file.size()}, copy, "fuzz.plan");
    ingot::dump_plan(plan);
  } catch (const ingot::Error&) {
    return;  // refused with a reason
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  read({bytes, bytes + size});

  // A whole plan among the seeds: its metadata is what the next inputs are made of.
  std::vector<std::byte> metadata(bytes, bytes + size);
  constexpr size_t kWeights = size_t{1} << 16;
  static const std::vector<std::byte> kernel(256);
  read(ingot::write_container("0.0.0", "fuzz",
                              {{.name = "metadata", .size = size, .parts = {{0, metadata}}},
                               {.name = "weights", .size = kWeights, .parts = {}},
                               {.name = "kernels", .size = kernel.size(), .parts = {{0, kernel}}},
                               {.name = "graph", .size = 0, .parts = {}},
                               {.name = "explain", .size = 0, .parts = {}}}));
  return 0;
}
