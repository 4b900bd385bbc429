// Lifetimes of a plan's values, in steps.
#include <algorithm>

#include "core/plan/plan.h"
#include "core/plan/validate.h"

namespace ingot {

std::vector<Lifetime> value_lifetimes(const Plan& plan) {
  const int last_step = static_cast<int>(plan.steps.size()) - 1;
  std::vector<Lifetime> lifetimes(plan.values.size());
  const auto has_memory = [&](int value) {
    const Storage storage = plan.values[static_cast<size_t>(value)].storage;
    return storage == Storage::kArena || storage == Storage::kDynamic ||
           storage == Storage::kOutput;
  };
  const auto use = [&](int value, int step) {
    if (value < 0) return;
    const int root = root_of(plan, value);
    if (!has_memory(root)) return;
    Lifetime& lifetime = lifetimes[static_cast<size_t>(root)];
    lifetime.first = lifetime.first < 0 ? step : std::min(lifetime.first, step);
    lifetime.last = std::max(lifetime.last, step);
  };
  for (int step = 0; step <= last_step; ++step) {
    for (const int input : plan.steps[static_cast<size_t>(step)].inputs) use(input, step);
    for (const int output : plan.steps[static_cast<size_t>(step)].outputs) use(output, step);
  }
  for (const PlanTensor& output : plan.outputs) {
    if (last_step >= 0) use(output.value, last_step);
  }
  for (size_t i = 0; i < plan.values.size(); ++i) {
    const int taken = plan.values[i].in_place_of;
    if (taken < 0 || lifetimes[i].first < 0) continue;
    Lifetime& before = lifetimes[static_cast<size_t>(root_of(plan, taken))];
    if (before.first >= 0) before.last = std::max(before.first, lifetimes[i].first);
  }
  return lifetimes;
}

}  // namespace ingot
