// Kernels for the CPU: the host's compiler makes a shared object of a kernel's text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ingot {

/// The architecture of a target whose kernels are compiled so.
inline constexpr const char* kEmulated = "emulated";

/// A KernelCompiler: the bytes of a shared object, from the build folder if it is there already.
/// Throws Error ("jit.failed") with the compiler's first lines.
std::vector<std::byte> compile_emulated(const std::string& text, const std::string& name,
                                        const std::string& architecture);

}  // namespace ingot
