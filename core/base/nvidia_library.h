// NVIDIA's libraries (libcuda, NVML, NVRTC, cuDNN, cuBLASLt), opened when they are first needed:
// none of them is linked, so that one binary runs where they are absent and says what is missing.
//
//   const NvidiaLibrary nvml({"libnvidia-ml.so.1"});
//   if (!nvml.loaded()) return nvml.missing();
//   auto* init = nvml.function<decltype(&::nvmlInit_v2)>("nvmlInit_v2");
#pragma once

#include <string>
#include <vector>

namespace ingot {

/// A shared library that, once open, stays so until the process ends. Copies are cheap.
///
/// Where it is looked for, in this order: the folders of INGOT_CUDA_PATH (and lib64 and lib below
/// them), a copy that the process has already loaded (PyTorch's), the nvidia/*/lib folders of the
/// Python environment, /usr/local/cuda*/lib64, and the system's own path.
class NvidiaLibrary {
 public:
  /// Opens the first of `names` ("libcudnn.so.9") that is found; a folder is tried with all names
  /// before the next folder is.
  explicit NvidiaLibrary(const std::vector<std::string>& names);

  bool loaded() const { return handle_ != nullptr; }
  /// Why it is not there, in a sentence without a full stop that tells where it was looked for.
  const std::string& missing() const { return missing_; }
  /// The file that was opened.
  const std::string& path() const { return path_; }

  /// Null if the library is not loaded or does not have it.
  void* symbol(const char* name) const;
  template <typename Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(symbol(name));
  }
  /// The same into a table of functions; where it is not there, `missing` says so.
  template <typename Function>
  bool look_up(const char* name, Function* function, std::string* missing) const {
    *function = this->function<Function>(name);
    if (!*function) *missing = path_ + " has no function " + name;
    return *function != nullptr;
  }

 private:
  void* handle_ = nullptr;
  std::string path_, missing_;
};

/// The folders that are searched before the system's path, as far as they exist.
std::vector<std::string> nvidia_library_folders();

}  // namespace ingot
