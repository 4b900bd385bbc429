// Where a build is: times its stages and tells the user's callback.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingot/builder.h"

namespace ingot {

class Stages {
 public:
  explicit Stages(const BuildOptions& options) : options_(options) {}

  /// A stage that comes again goes on.
  void begin(std::string_view stage) {
    end();
    stage_ = stage;
    stage_start_ = Clock::now();
    progress("", 0, 0);
  }

  void progress(std::string_view item, int done, int total) {
    if (!options_.on_progress) return;
    BuildProgress progress{stage_, item, done, total, seconds(start_), -1};
    // Items of a stage are taken to cost about the same.
    const double spent = seconds(stage_start_);
    if (done > 0) progress.remaining_seconds = spent * (total - done) / done;
    options_.on_progress(progress);
  }

  void end() {
    if (stage_.empty()) return;
    const double spent = seconds(stage_start_);
    for (auto& [name, total] : spent_) {
      if (name != stage_) continue;
      total += spent;
      stage_ = {};
      return;
    }
    spent_.emplace_back(std::string(stage_), spent);
    stage_ = {};
  }

  double elapsed() const { return seconds(start_); }
  std::vector<std::pair<std::string, double>> take() { return std::move(spent_); }

 private:
  using Clock = std::chrono::steady_clock;
  static double seconds(Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
  }
  const BuildOptions& options_;
  Clock::time_point start_ = Clock::now(), stage_start_ = start_;
  std::string_view stage_;
  std::vector<std::pair<std::string, double>> spent_;
};

}  // namespace ingot
