// The few functions of NVRTC that are needed; their declarations stand here, so that its header is
// needed nowhere.
#include "compiler/jit/nvrtc.h"

#include <fmt/format.h>

#include <memory>

#include "core/base/error.h"
#include "core/base/nvidia_library.h"

namespace ingot {
namespace {

using Program = struct _nvrtcProgram*;
using Result = int;

struct Functions {
  Result (*version)(int*, int*) = nullptr;
  const char* (*error_string)(Result) = nullptr;
  Result (*create)(Program*, const char*, const char*, int, const char* const*,
                   const char* const*) = nullptr;
  Result (*destroy)(Program*) = nullptr;
  Result (*compile)(Program, int, const char* const*) = nullptr;
  Result (*log_size)(Program, size_t*) = nullptr;
  Result (*log)(Program, char*) = nullptr;
  Result (*cubin_size)(Program, size_t*) = nullptr;
  Result (*cubin)(Program, char*) = nullptr;
  std::string missing, version_text;
};

Functions load() {
  const NvidiaLibrary library({"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"});
  Functions f;
  if (!library.loaded()) {
    f.missing = library.missing();
    return f;
  }
  const auto find = [&](auto* function, const char* name) {
    *function = library.function<std::remove_pointer_t<decltype(function)>>(name);
    if (!*function && f.missing.empty()) {
      f.missing = fmt::format("{} has no function {}", library.path(), name);
    }
  };
  find(&f.version, "nvrtcVersion");
  find(&f.error_string, "nvrtcGetErrorString");
  find(&f.create, "nvrtcCreateProgram");
  find(&f.destroy, "nvrtcDestroyProgram");
  find(&f.compile, "nvrtcCompileProgram");
  find(&f.log_size, "nvrtcGetProgramLogSize");
  find(&f.log, "nvrtcGetProgramLog");
  find(&f.cubin_size, "nvrtcGetCUBINSize");
  find(&f.cubin, "nvrtcGetCUBIN");
  int major = 0, minor = 0;
  if (f.missing.empty() && f.version(&major, &minor) == 0) {
    f.version_text = fmt::format("{}.{}", major, minor);
  }
  return f;
}

const Functions& nvrtc() {
  static const Functions functions = load();
  return functions;
}

/// The first lines of a log, which tell what is wrong; the rest is what follows from it.
std::string first_lines(const std::string& log, int lines) {
  size_t end = 0;
  for (int i = 0; i < lines && end < log.size(); ++i) {
    const size_t next = log.find('\n', end);
    end = next == std::string::npos ? log.size() : next + 1;
  }
  return log.substr(0, end);
}

std::string log_of(Program program) {
  size_t bytes = 0;
  if (nvrtc().log_size(program, &bytes) != 0 || bytes < 2) return {};
  std::string log(bytes, '\0');
  if (nvrtc().log(program, log.data()) != 0) return {};
  log.resize(bytes - 1);
  return log;
}

}  // namespace

std::string nvrtc_unavailable() { return nvrtc().missing; }

std::string nvrtc_version() { return nvrtc().version_text; }

std::vector<std::byte> nvrtc_compile(const std::string& text, const std::string& name,
                                     const std::string& architecture, std::string* report) {
  const Functions& f = nvrtc();
  if (!f.missing.empty()) {
    fail({"jit.no_nvrtc", "NVIDIA's runtime compiler cannot be used: " + f.missing,
          "compiling " + name,
          "install it (pip install nvidia-cuda-nvrtc, or the CUDA toolkit), or name its folder in "
          "INGOT_CUDA_PATH"});
  }
  const auto check = [&](Result result, Program program) {
    if (result == 0) return;
    const std::string log = program ? log_of(program) : "";
    fail({"jit.failed",
          fmt::format("{} does not compile for {}: {}\n{}", name, architecture,
                      f.error_string(result), first_lines(log, 12)),
          "NVRTC " + f.version_text, "this is a bug of Ingot's: please report it with the log"});
  };
  Program program = nullptr;
  check(f.create(&program, text.c_str(), name.c_str(), 0, nullptr, nullptr), nullptr);
  const std::shared_ptr<void> owner(nullptr, [&](void*) { f.destroy(&program); });
  const std::string gpu = "--gpu-architecture=" + architecture;
  // Functions of kernels/params are the host's too, and say nothing of the device.
  std::vector<const char*> options = {gpu.c_str(), "--std=c++17", "--ftz=true",
                                      "--device-as-default-execution-space"};
  if (report) options.push_back("--ptxas-options=-v");
  check(f.compile(program, static_cast<int>(options.size()), options.data()), program);
  if (report) *report = log_of(program);
  size_t bytes = 0;
  check(f.cubin_size(program, &bytes), program);
  std::vector<std::byte> cubin(bytes);
  check(f.cubin(program, reinterpret_cast<char*>(cubin.data())), program);
  return cubin;
}

}  // namespace ingot
