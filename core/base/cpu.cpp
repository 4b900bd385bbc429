// The processor through cpuid, and the limits of the process through affinity and cgroups.
#include "core/base/cpu.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "core/base/environment.h"
#include "core/base/log.h"

namespace ingot {
namespace {

#if defined(__x86_64__)

struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(uint32_t leaf, uint32_t subleaf = 0) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

bool bit(uint64_t word, int index) { return (word >> index) & 1; }

/// Which register states the operating system saves; an instruction set without is not usable.
uint64_t saved_states() {
  uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
}

void read_instruction_sets(CpuInfo& info) {
  const Registers basic = cpuid(1);
  if (!bit(basic.ecx, 27)) return;  // OSXSAVE: xgetbv is there
  const uint64_t saved = saved_states();
  const bool ymm = (saved & 0x6) == 0x6;
  const bool zmm = ymm && (saved & 0xe0) == 0xe0;
  const bool tiles = (saved & 0x60000) == 0x60000;
  const Registers extended = cpuid(7);
  const Registers more = cpuid(7, 1);
  const bool fma = bit(basic.ecx, 12), f16c = bit(basic.ecx, 29);
  info.avx2 = ymm && fma && f16c && bit(extended.ebx, 5);
  info.avx512 = zmm && info.avx2 && bit(extended.ebx, 16) && bit(extended.ebx, 17) &&
                bit(extended.ebx, 30) && bit(extended.ebx, 31);
  info.avx512_vnni = info.avx512 && bit(extended.ecx, 11);
  info.avx2_vnni = info.avx2 && bit(more.eax, 4);
  info.avx512_bf16 = info.avx512 && bit(more.eax, 5);
  info.amx_bf16 = tiles && bit(extended.edx, 24) && bit(extended.edx, 22);
  info.amx_int8 = tiles && bit(extended.edx, 24) && bit(extended.edx, 25);
}

std::string brand() {
  if (cpuid(0x80000000).eax < 0x80000004) return "x86-64 processor";
  char text[49] = {};
  for (uint32_t i = 0; i < 3; ++i) {
    const Registers r = cpuid(0x80000002 + i);
    std::memcpy(text + 16 * i, &r, 16);
  }
  // Processors pad their names with blanks, some in front.
  std::istringstream words(text);
  std::string name, word;
  while (words >> word) name += (name.empty() ? "" : " ") + word;
  return name;
}

#else

void read_instruction_sets(CpuInfo&) {}
std::string brand() { return "processor"; }

#endif

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// "32K", "1M" as the kernel writes cache sizes; 0 if it is none.
size_t size_from_text(const std::string& text) {
  char* end = nullptr;
  size_t size = std::strtoull(text.c_str(), &end, 10);
  if (*end == 'K') size <<= 10;
  if (*end == 'M') size <<= 20;
  return size;
}

void read_caches(CpuInfo& info) {
  for (int index = 0; index < 8; ++index) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", index);
    if (first_line(folder + "type") == "Instruction") continue;
    const std::string level = first_line(folder + "level");
    const size_t size = size_from_text(first_line(folder + "size"));
    if (size == 0) continue;
    if (level == "1") info.l1_bytes = size;
    if (level == "2") info.l2_bytes = size;
    if (level == "3") info.l3_bytes = size;
  }
}

/// Cores that a cgroup's quota pays for, rounded down (a started fraction would be throttled).
double quota(const std::string& folder) {
  double limit = std::numeric_limits<double>::infinity();
  std::istringstream version2(first_line(folder + "/cpu.max"));
  double used = 0, period = 0;
  if (version2 >> used >> period && period > 0) limit = used / period;  // "max" is no number
  std::istringstream version1(first_line(folder + "/cpu.cfs_quota_us") + " " +
                              first_line(folder + "/cpu.cfs_period_us"));
  if (version1 >> used >> period && used > 0 && period > 0) limit = std::min(limit, used / period);
  return limit;
}

/// The tightest quota on the way from this process's cgroup up to the root.
double cgroup_cores() {
  double limit = std::numeric_limits<double>::infinity();
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "0::/path" or "4:cpu,cpuacct:/path"
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool version2 = controllers == ",,";
    if (!version2 && controllers.find(",cpu,") == std::string::npos) continue;
    const std::string root = version2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    for (std::string path = line.substr(second + 1); !path.empty();) {
      if (path != "/") limit = std::min(limit, quota(root + path));
      path.resize(std::min(path.find_last_of('/'), path.size() - 1));
    }
    limit = std::min(limit, quota(root));
  }
  return limit;
}

int usable_cores() {
  int cores = static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  // The set has room for 1024 processors; a larger machine needs a larger set.
  for (int capacity = 1024; capacity <= (1 << 16); capacity *= 4) {
    cpu_set_t* set = CPU_ALLOC(static_cast<size_t>(capacity));
    const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(capacity));
    const bool known = ::sched_getaffinity(0, bytes, set) == 0;
    if (known) cores = std::max(1, CPU_COUNT_S(bytes, set));
    CPU_FREE(set);
    if (known) break;
  }
  return static_cast<int>(std::max(1.0, std::min<double>(cores, cgroup_cores())));
}

CpuInfo read_cpu() {
  CpuInfo info;
  info.model = brand();
  read_instruction_sets(info);
  read_caches(info);
  info.cores = usable_cores();
  return info;
}

}  // namespace

std::string CpuInfo::isa() const {
  if (amx_bf16 || amx_int8) return "amx";
  if (avx512_bf16) return "avx512_bf16";
  if (avx512) return "avx512";
  return avx2 ? "avx2" : "sse";
}

const CpuInfo& cpu_info() {
  static const CpuInfo info = read_cpu();
  return info;
}

int default_thread_count() {
  const std::string text = environment_value("INGOT_THREADS");
  if (text.empty()) return cpu_info().cores;
  char* end = nullptr;
  const long threads = std::strtol(text.c_str(), &end, 10);
  if (*end != 0 || threads < 1 || threads > 4096) {
    log_warning("INGOT_THREADS=\"{}\" is not a number from 1 to 4096; using {} threads", text,
                cpu_info().cores);
    return cpu_info().cores;
  }
  return static_cast<int>(threads);
}

}  // namespace ingot
