// The frame of every program: see the header.
#include "apps/common/program.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <new>
#include <string>

#include "apps/common/console.h"
#include "apps/common/flags.h"
#include "apps/common/tensors.h"

namespace ingot::apps {
namespace {

std::string activity_now = "starting";

Problem out_of_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  std::string sizes =
      fmt::format("the process had up to {} in use; the machine has {}, of which {} are free",
                  bytes_text(static_cast<double>(usage.ru_maxrss) * 1024),
                  bytes_text(static_cast<double>(sysconf(_SC_PHYS_PAGES)) * page),
                  bytes_text(static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) * page));
  if (limit.rlim_cur != RLIM_INFINITY) {
    sizes += fmt::format("; its address space is limited to {}",
                         bytes_text(static_cast<double>(limit.rlim_cur)));
  }
  return {"memory.out_of_memory", "out of memory while " + activity_now, sizes,
          "use smaller shapes or a smaller batch, fewer --infStreams, or a machine with more "
          "memory"};
}

}  // namespace

void set_activity(std::string_view activity) { activity_now = activity; }

bool run_guarded(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const std::bad_alloc&) {
    set_status_line("");
    error(out_of_memory().to_string());
  } catch (const Error& failure) {
    set_status_line("");
    for (const Problem& problem : failure.problems()) error(problem.to_string());
  } catch (const StatusError& failure) {
    set_status_line("");
    error(failure.what());
  } catch (const UsageError& failure) {
    set_status_line("");
    for (const std::string& line : split_list(failure.what(), '\n')) error(line);
  } catch (const std::exception& failure) {
    set_status_line("");
    error(fmt::format("{} while {}; this is a bug of Ingot's: please report it with the model",
                      failure.what(), activity_now));
  }
  return false;
}

std::string bytes_text(double bytes) {
  constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  while (bytes >= 1024 && unit < 4) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} {}", bytes, kUnits[unit])
                   : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

}  // namespace ingot::apps
