// The search for NVIDIA's libraries.
#include "core/base/nvidia_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <glob.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "core/base/environment.h"

namespace ingot {
namespace {

std::vector<std::string> matching_folders(const std::string& pattern) {
  std::vector<std::string> found;
  glob_t matches{};
  if (glob(pattern.c_str(), GLOB_ONLYDIR, nullptr, &matches) == 0) {
    found.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  }
  globfree(&matches);
  return found;
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

// Folders of INGOT_CUDA_PATH, in its order; of each, the places where libraries usually lie.
std::vector<std::string> given_folders() {
  std::vector<std::string> folders;
  std::string rest = environment_value("INGOT_CUDA_PATH");
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    const std::string folder = rest.substr(0, colon);
    rest = colon == std::string::npos ? std::string() : rest.substr(colon + 1);
    if (folder.empty()) continue;
    for (const char* below : {"", "/lib64", "/lib"}) {
      const auto found = matching_folders(folder + below);
      folders.insert(folders.end(), found.begin(), found.end());
    }
  }
  return folders;
}

// Roots that may have lib/python3.x/site-packages: the active environment, that of the interpreter
// which runs us, and that which this library is installed in.
std::vector<std::string> python_packages() {
  std::vector<std::string> patterns;
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const char* root = std::getenv(variable);
    if (root && *root) patterns.push_back(fmt::format("{}/lib/python3*/site-packages", root));
  }
  char program[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program);
  if (length > 0) {
    const std::string prefix = parent_of(parent_of({program, static_cast<size_t>(length)}));
    for (const char* name : {"site-packages", "dist-packages"}) {
      patterns.push_back(fmt::format("{}/lib/python3*/{}", prefix, name));
      patterns.push_back(fmt::format("{}/local/lib/python3*/{}", prefix, name));
    }
  }
  Dl_info here{};
  if (dladdr(reinterpret_cast<void*>(&nvidia_library_folders), &here) != 0 && here.dli_fname) {
    const std::string path = here.dli_fname;
    for (const std::string name : {"/site-packages/", "/dist-packages/"}) {
      const size_t at = path.rfind(name);
      if (at != std::string::npos) patterns.push_back(path.substr(0, at + name.size() - 1));
    }
  }
  return patterns;
}

std::vector<std::string> installed_folders() {
  std::vector<std::string> patterns;
  for (const std::string& packages : python_packages()) {
    patterns.push_back(packages + "/nvidia/*/lib");
  }
  patterns.push_back("/usr/local/cuda/lib64");
  std::vector<std::string> folders;
  for (const std::string& pattern : patterns) {
    const auto found = matching_folders(pattern);
    folders.insert(folders.end(), found.begin(), found.end());
  }
  // Newest toolkit first.
  auto toolkits = matching_folders("/usr/local/cuda-*/lib64");
  std::reverse(toolkits.begin(), toolkits.end());
  folders.insert(folders.end(), toolkits.begin(), toolkits.end());
  return folders;
}

std::string file_of(void* handle, const std::string& otherwise) {
  struct link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name && *map->l_name) {
    return map->l_name;
  }
  return otherwise;
}

}  // namespace

std::vector<std::string> nvidia_library_folders() {
  std::vector<std::string> folders = given_folders();
  for (std::string& folder : installed_folders()) {
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) {
      folders.push_back(std::move(folder));
    }
  }
  return folders;
}

NvidiaLibrary::NvidiaLibrary(const std::vector<std::string>& names) {
  std::vector<std::string> broken;  // files that are there and do not load
  const auto open = [&](const std::string& path, int flags) {
    handle_ = dlopen(path.c_str(), flags | RTLD_NOW | RTLD_LOCAL);
    if (handle_) path_ = file_of(handle_, path);
    return handle_ != nullptr;
  };
  const auto open_in = [&](const std::vector<std::string>& folders) {
    for (const std::string& folder : folders) {
      for (const std::string& name : names) {
        const std::string path = folder + "/" + name;
        if (access(path.c_str(), F_OK) != 0) continue;
        if (open(path, 0)) return true;
        const char* why = dlerror();
        broken.emplace_back(why ? why : path + " does not load");
      }
    }
    return false;
  };

  if (open_in(given_folders())) return;
  for (const std::string& name : names) {
    if (open(name, RTLD_NOLOAD)) return;
  }
  const std::vector<std::string> folders = installed_folders();
  if (open_in(folders)) return;
  for (const std::string& name : names) {
    if (open(name, 0)) return;
  }
  std::vector<std::string> places = nvidia_library_folders();
  places.emplace_back("the system's library path");
  missing_ =
      fmt::format("{} was not found in {}", fmt::join(names, " or "), fmt::join(places, ", "));
  if (!broken.empty()) missing_ = fmt::format("{}", fmt::join(broken, "; "));
}

void* NvidiaLibrary::symbol(const char* name) const {
  return handle_ ? dlsym(handle_, name) : nullptr;
}

}  // namespace ingot
