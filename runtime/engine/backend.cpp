// Finds, loads and remembers backends.
#include "runtime/engine/backend.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

#include "core/base/code_folder.h"
#include "core/base/cpu.h"
#include "core/base/error.h"

namespace ingot {
namespace {

struct Table {
  std::mutex mutex;
  std::map<std::string, const Backend*, std::less<>> backends;
};

Table& table() {
  static Table table;
  return table;
}

const Backend* load_backend(std::string_view device) {
  const std::string path = fmt::format(
      "{}/libingot_{}.so", folder_of_code(reinterpret_cast<const void*>(&load_backend)), device);
  const auto not_found = [&](const std::string& what, const std::string& fix) {
    fail({"backend.not_found", fmt::format("the backend \"{}\" cannot be loaded: {}", device, what),
          path, fix});
  };
  if (access(path.c_str(), F_OK) != 0) {
    not_found("there is no such file", "install the backend's library beside libingot_runtime.so");
  }
  bound_openmp_spin();
  // Local: a backend's libraries must not answer the symbols of the host or of another backend.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* why = dlerror();
    not_found(why ? why : "unknown reason",
              "install the library that is missing (oneDNN 3.2: libdnnl.so.3 beside the backend)");
  }
  using Entry = const Backend* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(library, "ingot_backend"));
  const Backend* backend = entry ? entry() : nullptr;
  if (!backend) {
    not_found("it has no entry \"ingot_backend\"", "install the backend of this Ingot's version");
  }
  return backend;
}

}  // namespace

void bound_openmp_spin() {
  // libgomp's own default spins so long that one busy neighbour costs two orders of magnitude.
  constexpr const char* kSpins = "10000";
  if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", kSpins, /*overwrite=*/0);
}

void register_backend(const Backend& backend) {
  const std::lock_guard lock(table().mutex);
  table().backends[std::string(backend.name)] = &backend;
}

const Backend& backend_for(std::string_view device) {
  const std::lock_guard lock(table().mutex);
  auto& backends = table().backends;
  if (const auto found = backends.find(device); found != backends.end()) return *found->second;
  const Backend* backend = load_backend(device);
  backends.emplace(std::string(device), backend);
  return *backend;
}

std::string device_fingerprint(std::string_view device, const DeviceFacts& facts) {
  return fmt::format("{} {} {}, CUDA {}", device, facts.name, facts.architecture, facts.driver);
}

std::shared_ptr<Device> open_device(std::string_view backend, int index) {
  const Backend& found = backend_for(backend);
  if (!found.open_device) return nullptr;
  static std::mutex mutex;
  // Never closed: a device's context is dear to make, and the driver may be gone at exit.
  static auto& open = *new std::map<std::pair<std::string, int>, std::shared_ptr<Device>>;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Device>& known = open[{std::string(backend), index}];
  if (!known) known = found.open_device(index);
  return known;
}

std::string device_fingerprint(std::string_view device, int threads) {
  const Backend& backend = backend_for(device);
  return fmt::format("{} {} {}, {} thread{}, {}", device, cpu_info().model, cpu_info().isa(),
                     threads, threads == 1 ? "" : "s", backend.version);
}

}  // namespace ingot
