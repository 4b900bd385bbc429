// The text of a kernel after emulation/prelude.h, through g++, kept by its hash.
// A run of all tests compiles a thousand kernels that run for milliseconds: the prelude is compiled
// once, and little is optimised.
#include "tests/gpu/emulation/emulated_compiler.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <regex>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/hash.h"

namespace ingot {
namespace {

const std::string kEmulation = INGOT_SOURCE_DIR "/tests/gpu/emulation/";
// The CPU's own instructions: conversions of half floats are slow without.
constexpr const char* kFlags =
    "-std=c++20 -Og -march=native -ffp-contract=off -fPIC -fvisibility=hidden -w -fmax-errors=5";

std::vector<std::byte> read_bytes(const std::string& path) {
  const auto file = MappedFile::open(path);
  return {file->bytes().begin(), file->bytes().end()};
}

/// Dynamic shared memory is an extern array in CUDA; here it is a pointer to the emulation's.
std::string with_dynamic_shared(const std::string& text) {
  static const std::regex declaration(
      R"(extern\s+__shared__\s+(?:(?:alignas|__align__)\s*\(\s*\w+\s*\)\s*)?([\w:\s]+?)\s*(\w+)\s*\[\s*\]\s*;)");
  return std::regex_replace(text, declaration,
                            "$1* const $2 = reinterpret_cast<$1*>(emulated::dynamic_shared);");
}

/// The file that `flags` and the text of `source` make, kept in the build folder by their hash.
std::string compiled(const std::string& name, const std::string& flags, const std::string& source,
                     const std::string& key, const std::string& suffix) {
  const std::filesystem::path folder = std::filesystem::path(INGOT_BINARY_DIR) / "emulated_kernels";
  const std::string object = folder / (key + suffix);
  if (std::filesystem::exists(object)) return object;

  std::filesystem::create_directories(folder);
  static std::atomic<int> count{0};
  const std::string stem = folder / fmt::format("{}.{}.{}", key, getpid(), ++count);
  const std::string text = stem + ".cpp", made = stem + ".made", log = stem + ".log";
  write_file_atomically(text, source);
  const std::string command =
      fmt::format("'{}' {} {} -I'{}' -o '{}' '{}' 2>'{}'", INGOT_HOST_COMPILER, kFlags, flags,
                  INGOT_SOURCE_DIR, made, text, log);
  const int status = std::system(command.c_str());
  std::filesystem::remove(text);
  std::error_code ignored;
  if (status != 0) {
    const std::string lines =
        std::filesystem::file_size(log, ignored) > 0 ? read_text_file(log) : "";
    std::filesystem::remove(log, ignored);
    fail({"jit.failed",
          fmt::format("{} does not compile on the CPU\n{}", name, lines.substr(0, 4000)), command,
          "see tests/gpu/emulation for what kernels may use"});
  }
  std::filesystem::remove(log, ignored);
  std::filesystem::rename(made, object);
  return object;
}

}  // namespace

std::vector<std::byte> compile_emulated(const std::string& text, const std::string& name,
                                        const std::string&) {
  static const std::string prelude = hash128_hex(
      read_text_file(kEmulation + "prelude.h") + read_text_file(kEmulation + "fibers.h") +
      read_text_file(kEmulation + "builtins.h") + kFlags);
  const std::string include = "#include \"tests/gpu/emulation/prelude.h\"\n";
  const std::string header = compiled("the prelude", "-x c++-header", include, prelude, ".gch");
  // Of "-include x" the compiler takes x.gch.
  const auto flags = fmt::format("-x c++ -shared {}-include '{}'", INGOT_HOST_LINKER,
                                 header.substr(0, header.size() - 4));
  return read_bytes(
      compiled(name, flags, with_dynamic_shared(text), hash128_hex(prelude + text), ".so"));
}

}  // namespace ingot
