// The table of environment variables.
#include "core/base/environment.h"

#include <cstdlib>
#include <string_view>

#include "core/base/error.h"

namespace ingot {
namespace {

constexpr EnvironmentVariable kVariables[] = {
    {"INGOT_CACHE_DIR", "folder of what is kept between builds; by default ~/.cache/ingot"},
    {"INGOT_CUDA_PATH",
     "folders, separated by colons, in which NVIDIA's libraries are looked for first"},
    {"INGOT_ISA", "generic or avx2: holds our own CPU kernels back from wider instruction sets"},
    {"INGOT_SYNCHRONOUS",
     "1: wait after each step on a GPU, so that a fault names its step (slow)"},
    {"INGOT_THREADS", "threads of a context or build; by default the cores of the process"},
};

}  // namespace

std::span<const EnvironmentVariable> environment_variables() { return kVariables; }

std::string environment_value(const char* name) {
  bool known = false;
  for (const EnvironmentVariable& variable : kVariables) {
    known = known || std::string_view(variable.name) == name;
  }
  INGOT_CHECK(known);  // every variable that is read stands in the table
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace ingot
