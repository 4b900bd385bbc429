// Work shared among the threads of OpenMP's pool, which is oneDNN's too.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ingot {

/// How many threads work of this length is worth: waking one costs a few microseconds.
inline int worthwhile_threads(int threads, double nanoseconds) {
  constexpr double kShare = 15000;
  return std::clamp(static_cast<int>(nanoseconds / kShare), 1, std::max(threads, 1));
}

/// Calls body(begin, end) for parts of [0, items) of nearly equal length, one a thread.
template <typename Body>
void parallel_ranges(int threads, int64_t items, const Body& body) {
  threads = static_cast<int>(std::min<int64_t>(threads, items));
  if (threads <= 1) {
    if (items > 0) body(int64_t{0}, items);
    return;
  }
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int part = 0; part < threads; ++part) {
    body(items * part / threads, items * (part + 1) / threads);
  }
}

}  // namespace ingot
