// Lists GPUs, and finds the one that a UUID names.
#include "runtime/cuda/driver/devices.h"

#include <fmt/format.h>

#include <vector>

#include "core/base/error.h"
#include "runtime/cuda/open_device.h"

namespace ingot {
namespace {

[[noreturn]] void not_available(const std::string& what, const std::string& fix) {
  fail({"device.not_available", what, "", fix});
}

}  // namespace

int device_count() {
  int count = 0;
  return cuda().cuDeviceGetCount(&count) == CUDA_SUCCESS ? count : 0;
}

std::string device_name(CUdevice device) {
  char name[256] = "";
  cuda().cuDeviceGetName(name, sizeof name, device);
  return name;
}

std::string device_uuid(CUdevice device) {
  CUuuid uuid{};
  if (cuda().cuDeviceGetUuid(&uuid, device) != CUDA_SUCCESS) return "";
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(uuid.bytes[i]));
  }
  return text;
}

std::string all_devices() {
  std::vector<std::string> names;
  for (int i = 0; i < device_count(); ++i) {
    CUdevice device = 0;
    if (cuda().cuDeviceGet(&device, i) != CUDA_SUCCESS) continue;
    names.push_back(fmt::format("{} ({}, {})", i, device_name(device), device_uuid(device)));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void require_a_device() {
  const std::string cpu_needs_none =
      "install NVIDIA's driver, or leave --device out or give --device=cpu: the CPU needs none";
  if (!cuda().usable()) not_available(cuda().missing, cpu_needs_none);
  if (device_count() == 0) {
    not_available("the NVIDIA driver sees no GPU (CUDA_VISIBLE_DEVICES may hide them)",
                  cpu_needs_none);
  }
}

int find_cuda_device(std::string_view uuid) {
  require_a_device();
  std::vector<int> found;
  for (int i = 0; i < device_count(); ++i) {
    CUdevice device = 0;
    if (cuda().cuDeviceGet(&device, i) != CUDA_SUCCESS) continue;
    if (device_uuid(device).starts_with(uuid)) found.push_back(i);
  }
  if (found.size() == 1) return found[0];
  not_available(fmt::format("{} GPU has the UUID \"{}\"; there is {}",
                            found.empty() ? "no" : "more than one", uuid, all_devices()),
                "give --device an index, a whole UUID, or cpu");
}

}  // namespace ingot
