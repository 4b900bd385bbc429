// How often the right class is the best, or among the best five.
#pragma once

#include <cstdint>
#include <span>

namespace ingot::apps {

class TopK {
 public:
  /// One sample. Of equal scores the lower class stands first, as in NumPy's argmax; a score that
  /// is NaN stands behind all. `label` must be the index of a score.
  void add(std::span<const double> scores, int64_t label);

  /// Samples whose class was the best, as a share of all; 0 of none.
  double top1() const { return share(first_); }
  double top5() const { return share(among_five_); }

 private:
  double share(int64_t count) const;

  int64_t samples_ = 0, first_ = 0, among_five_ = 0;
};

}  // namespace ingot::apps
