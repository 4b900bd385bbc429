// libFuzzer target: any bytes given as an ONNX model end in a graph or in an Error, never in a crash.
//
// Built with clang 19 over the sources of core, ops, compiler/graph and compiler/onnx, all compiled with
// -fsanitize=fuzzer,address,undefined; seeds are small models. It takes the place of main().
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "compiler/onnx/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of its own, so that reads beyond the end are seen.
  const std::shared_ptr<std::byte[]> copy(new std::byte[size]);
  for (size_t i = 0; i < size; ++i) copy[i] = std::byte{data[i]};
  try {
    const ingot::Graph graph = ingot::import_onnx(
        {.bytes = {copy.get(), size}, .owner = copy, .name = "fuzz.onnx", .directory = {}},
        nullptr);
    ingot::verify(graph);
  } catch (const ingot::Error&) {
    return 0;  // refused with a reason
  }
  return 0;
}
