// Candidates that are made ready to be timed while others are timed. On a GPU the time of a build
// goes into that: libraries choose and compile kernels, weights are packed.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "ingot/engine.h"
#include "runtime/engine/step_timer.h"

namespace ingot {

class Trials {
 public:
  /// `ahead` trials are made at a time, on a thread each; 0: each when it is taken, by the taker.
  Trials(int ahead, EngineOptions options) : ahead_(ahead), options_(options) {}

  /// A candidate that will be taken later, in this order. `make_plan` is called by take().
  void add(const std::string& key, std::function<Plan()> make_plan);

  /// Throws what the making threw.
  std::unique_ptr<StepTrial> take(const std::string& key, const std::function<Plan()>& make_plan);

 private:
  using Future = std::future<std::unique_ptr<StepTrial>>;
  void start_some();

  int ahead_;
  EngineOptions options_;
  std::set<std::string> known_;
  std::deque<std::pair<std::string, std::function<Plan()>>> waiting_;
  std::map<std::string, Future> started_;
};

}  // namespace ingot
