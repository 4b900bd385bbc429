// Top-1 and top-5: see the header.
#include "apps/ingot/eval/top_k.h"

#include <cmath>

namespace ingot::apps {

void TopK::add(std::span<const double> scores, int64_t label) {
  constexpr int64_t kFive = 5;
  const double own = scores[static_cast<size_t>(label)];
  int64_t better = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const bool earlier = static_cast<int64_t>(i) < label;
    if (scores[i] > own || (earlier && scores[i] == own)) ++better;
  }
  ++samples_;
  if (std::isnan(own)) return;
  first_ += better < 1;
  among_five_ += better < kFive;
}

double TopK::share(int64_t count) const {
  return samples_ ? static_cast<double>(count) / static_cast<double>(samples_) : 0;
}

}  // namespace ingot::apps
