// NVRTC, opened when the first kernel is compiled.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ingot {

/// Why it cannot be used here; empty if it can.
std::string nvrtc_unavailable();

/// "13.0"; empty where there is none.
std::string nvrtc_version();

/// Text to a cubin for `architecture` ("sm_90a"). `name` is the file that its log names. Throws
/// Error ("jit.no_nvrtc", or "jit.failed" with the log). Thread-safe. `report` receives what each
/// entry needs, in the assembler's words: registers, spills, shared memory.
std::vector<std::byte> nvrtc_compile(const std::string& text, const std::string& name,
                                     const std::string& architecture,
                                     std::string* report = nullptr);

}  // namespace ingot
