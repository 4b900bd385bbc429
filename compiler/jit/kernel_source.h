// A kernel to be compiled: a file of kernels/, and generated code that stands before it.
#pragma once

#include <string>
#include <string_view>

namespace ingot {

struct KernelSource {
  std::string file;  ///< below kernels/: "ops/softmax.cuh"
  /// C++ that specialises it: types, constants, an epilogue function; includes of kernels/ too.
  std::string preamble;

  friend bool operator==(const KernelSource&, const KernelSource&) = default;
};

/// Preamble and file with everything that they include in one text. Throws Error ("jit.no_source").
std::string kernel_text(const KernelSource& source);

/// Name of the cubin that `source` becomes on `architecture`: a hash of everything that it is made
/// of. Equal for equal code; 32 hexadecimal digits. Throws Error ("jit.no_source").
std::string kernel_key(const KernelSource& source, std::string_view architecture);

}  // namespace ingot
