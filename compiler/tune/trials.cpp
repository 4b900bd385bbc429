// Trials ahead of time: see the header.
#include "compiler/tune/trials.h"

namespace ingot {

void Trials::add(const std::string& key, std::function<Plan()> make_plan) {
  if (ahead_ == 0 || !known_.insert(key).second) return;
  waiting_.emplace_back(key, std::move(make_plan));
}

// Plans are made here, not on the threads: they look at what the taker changes meanwhile.
void Trials::start_some() {
  while (!waiting_.empty() && std::ssize(started_) < ahead_) {
    auto [key, make_plan] = std::move(waiting_.front());
    waiting_.pop_front();
    try {
      auto plan = std::make_shared<const Plan>(make_plan());
      started_[key] = std::async(std::launch::async, [plan, options = options_] {
        return std::make_unique<StepTrial>(*plan, options);
      });
    } catch (...) {
      std::promise<std::unique_ptr<StepTrial>> failed;
      failed.set_exception(std::current_exception());
      started_[key] = failed.get_future();
    }
  }
}

std::unique_ptr<StepTrial> Trials::take(const std::string& key,
                                        const std::function<Plan()>& make_plan) {
  // Those before it that nobody wanted are left out.
  while (!waiting_.empty() && known_.contains(key) && !started_.contains(key)) {
    start_some();
    if (started_.contains(key)) break;
    for (auto it = started_.begin(); it != started_.end();) it = started_.erase(it);
  }
  known_.erase(key);
  const auto found = started_.find(key);
  if (found == started_.end()) return std::make_unique<StepTrial>(make_plan(), options_);
  Future future = std::move(found->second);
  started_.erase(found);
  start_some();
  return future.get();
}

}  // namespace ingot
