// Starts threads, as many as OpenMP will, and ends them again: see the header.
#include "runtime/engine/threads.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/base/error.h"

namespace ingot {
namespace {

/// Threads that wait until all of them are there.
class Rehearsal {
 public:
  ~Rehearsal() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    ended_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// False where the system refuses one more.
  bool start_one() {
    try {
      threads_.emplace_back([this] {
        std::unique_lock lock(mutex_);
        ended_.wait(lock, [this] { return over_; });
      });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

std::string limit_text(int resource, const char* name, double unit, const char* unit_name) {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0 ||
      limit.rlim_cur == RLIM_INFINITY) {
    return "";
  }
  return fmt::format("; {} {:.0f}{}", name, static_cast<double>(limit.rlim_cur) / unit, unit_name);
}

}  // namespace

void require_threads(int count) {
  static std::atomic<int> known{1};
  if (count <= known) return;
  Rehearsal rehearsal;
  constexpr double kMiB = 1 << 20;
  for (int started = 1; started < count; ++started) {
    if (rehearsal.start_one()) continue;
    fail(
        {"device.too_many_threads",
         fmt::format("{} threads cannot run at a time here: the system refuses more than {}", count,
                     started),
         "the process's limits" + limit_text(RLIMIT_STACK, "stack of a thread", kMiB, " MiB") +
             limit_text(RLIMIT_AS, "address space", kMiB, " MiB") +
             limit_text(RLIMIT_NPROC, "threads of the user", 1, ""),
         "ask for fewer threads (--threads, INGOT_THREADS), or raise `ulimit -v` and `ulimit -u`"});
  }
  known = count;
}

}  // namespace ingot
