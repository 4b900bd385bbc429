// Times whole engines: see the header.
#include "compiler/driver/engine_timing.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "compiler/driver/samples.h"
#include "core/base/error.h"
#include "runtime/engine/packing.h"

namespace ingot {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One engine that is ready to run.
class Runner {
 public:
  Runner(const Plan& plan, const EngineOptions& options)
      : engine_(load_engine(plan, options)), context_(engine_) {
    buffers_ = bind_random_inputs(*engine_, &context_, 1);
    runs_ = buffers_.has_value() && context_.prepare().ok();
  }

  bool runs() const { return runs_; }

  void run() {
    const auto start = Clock::now();
    if (!context_.run().ok()) runs_ = false;
    times_.push_back(seconds_since(start));
  }

  void forget() { times_.clear(); }
  size_t count() const { return times_.size(); }

  /// Of the tenth that was least disturbed by what else the machine does.
  double typical_us() const {
    if (!runs_ || times_.empty()) return -1;
    std::vector<double> sorted = times_;
    const auto tenth = sorted.begin() + static_cast<ptrdiff_t>(sorted.size() / 10);
    std::nth_element(sorted.begin(), tenth, sorted.end());
    return *tenth * 1e6;
  }

 private:
  std::shared_ptr<const Engine> engine_;
  Context context_;
  std::optional<BoundInputs> buffers_;
  bool runs_ = false;
  std::vector<double> times_;
};

}  // namespace

std::vector<double> time_engines(const std::vector<const Plan*>& plans,
                                 const EngineOptions& options, double seconds) {
  constexpr int kWarmUp = 3;
  constexpr size_t kAtLeast = 5, kAtMost = 1000;
  std::vector<std::unique_ptr<Runner>> runners;
  for (const Plan* plan : plans) runners.push_back(std::make_unique<Runner>(*plan, options));
  for (auto& runner : runners) {
    for (int i = 0; i < kWarmUp && runner->runs(); ++i) runner->run();
    runner->forget();
  }
  const auto start = Clock::now();
  for (size_t round = 0; round < kAtMost; ++round) {
    if (round >= kAtLeast && seconds_since(start) > seconds) break;
    for (auto& runner : runners) {
      if (runner->runs()) runner->run();
    }
  }
  std::vector<double> times;
  for (auto& runner : runners) times.push_back(runner->typical_us());
  return times;
}

}  // namespace ingot
