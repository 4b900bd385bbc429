// What this installation and machine are, for `ingot env` and bug reports.
#include <fmt/format.h>
#include <unistd.h>

#include "core/base/cpu.h"
#include "core/base/environment.h"
#include "core/base/error.h"
#include "ingot/engine.h"
#include "runtime/engine/backend.h"

namespace ingot {

int default_threads() { return default_thread_count(); }

int find_gpu(std::string_view uuid) { return backend_for("cuda").find_device(uuid); }

std::vector<std::pair<std::string, std::string>> list_environment_variables() {
  std::vector<std::pair<std::string, std::string>> result;
  for (const EnvironmentVariable& variable : environment_variables()) {
    result.emplace_back(variable.name, variable.help);
  }
  return result;
}

std::vector<std::string> environment_report(bool with_libraries) {
  const CpuInfo& cpu = cpu_info();
  const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                        static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 30);
  std::vector<std::string> lines = {
      fmt::format("Ingot {}, plan format {}", version(), kPlanFormatVersion),
      fmt::format("CPU: {}, {} cores, {}", cpu.model, cpu.cores, cpu.isa()),
      fmt::format("caches: L1 {} KiB, L2 {} KiB, L3 {} KiB; memory {:.1f} GiB", cpu.l1_bytes >> 10,
                  cpu.l2_bytes >> 10, cpu.l3_bytes >> 10, memory),
      fmt::format("threads: {}", default_threads())};
  try {
    lines.push_back(fmt::format("backend cpu: {}", backend_for("cpu").version));
  } catch (const Error& error) {
    lines.push_back(fmt::format("backend cpu: {}", error.problems().front().what));
  }
  try {
    const Backend& gpu = backend_for("cuda");
    for (std::string& line : gpu.report(with_libraries)) lines.push_back(std::move(line));
  } catch (const Error& error) {
    lines.push_back(fmt::format("GPU: {}", error.problems().front().what));
  }
  for (const EnvironmentVariable& variable : environment_variables()) {
    const std::string value = environment_value(variable.name);
    if (!value.empty()) lines.push_back(fmt::format("{}={}", variable.name, value));
  }
  return lines;
}

}  // namespace ingot
