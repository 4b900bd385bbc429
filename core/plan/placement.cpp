// Placing buffers in one arena: greedy best fit in several orders, then a few moves of the buffers
// that define the peak. The lower bound (most bytes alive at one step) says when to stop.
#include <algorithm>
#include <numeric>

#include "core/plan/plan.h"

namespace ingot {
namespace {

constexpr size_t kAlignment = 64;
constexpr int kImprovements = 24;     // tries to move a buffer of the peak to the front
constexpr size_t kMaxImproved = 300;  // buffers beyond which only greedy orders are tried

struct Problem {
  std::vector<size_t> sizes;  // aligned; 0: not placed
  std::span<const Lifetime> lifetimes;

  bool together(int a, int b) const {
    const Lifetime &x = lifetimes[static_cast<size_t>(a)], &y = lifetimes[static_cast<size_t>(b)];
    return x.first <= y.last && y.first <= x.last;
  }
};

// Each buffer in turn goes into the smallest gap that holds it, else at the lowest free place.
Placement place_in_order(const Problem& problem, std::span<const int> order) {
  Placement placement;
  placement.offsets.assign(problem.sizes.size(), 0);
  std::vector<int> placed;  // by offset
  placed.reserve(order.size());
  for (const int buffer : order) {
    const size_t size = problem.sizes[static_cast<size_t>(buffer)];
    size_t end = 0, best = SIZE_MAX, best_gap = SIZE_MAX;
    for (const int other : placed) {
      if (!problem.together(buffer, other)) continue;
      const size_t begin = placement.offsets[static_cast<size_t>(other)];
      if (begin >= end + size && begin - end < best_gap) {
        best = end;
        best_gap = begin - end;
      }
      end = std::max(end, begin + problem.sizes[static_cast<size_t>(other)]);
    }
    const size_t offset = best == SIZE_MAX ? end : best;
    placement.offsets[static_cast<size_t>(buffer)] = offset;
    placement.total = std::max(placement.total, offset + size);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), offset,
                                   [&](size_t at, int other) {
                                     return at < placement.offsets[static_cast<size_t>(other)];
                                   }),
                  buffer);
  }
  return placement;
}

size_t lower_bound_bytes(const Problem& problem, std::span<const int> buffers) {
  int steps = 0;
  for (const int i : buffers)
    steps = std::max(steps, problem.lifetimes[static_cast<size_t>(i)].last + 1);
  std::vector<size_t> grown(static_cast<size_t>(steps) + 1), shrunk(grown.size());
  for (const int i : buffers) {
    const Lifetime& lifetime = problem.lifetimes[static_cast<size_t>(i)];
    grown[static_cast<size_t>(lifetime.first)] += problem.sizes[static_cast<size_t>(i)];
    shrunk[static_cast<size_t>(lifetime.last) + 1] += problem.sizes[static_cast<size_t>(i)];
  }
  size_t alive = 0, most = 0;
  for (size_t step = 0; step < grown.size(); ++step) {
    alive = alive + grown[step] - shrunk[step];
    most = std::max(most, alive);
  }
  return most;
}

}  // namespace

Placement place_buffers(std::span<const size_t> sizes, std::span<const Lifetime> lifetimes) {
  Problem problem{{}, lifetimes};
  std::vector<int> buffers;
  for (size_t i = 0; i < sizes.size(); ++i) {
    problem.sizes.push_back((sizes[i] + kAlignment - 1) / kAlignment * kAlignment);
    if (problem.sizes[i] > 0 && lifetimes[i].first >= 0) buffers.push_back(static_cast<int>(i));
  }
  const auto size_of = [&](int i) { return problem.sizes[static_cast<size_t>(i)]; };
  const auto life_of = [&](int i) { return lifetimes[static_cast<size_t>(i)]; };
  const auto length = [&](int i) {
    return static_cast<size_t>(life_of(i).last - life_of(i).first + 1);
  };

  const size_t bound = lower_bound_bytes(problem, buffers);
  Placement best;
  best.offsets.assign(sizes.size(), 0);
  best.total = buffers.empty() ? 0 : SIZE_MAX;
  std::vector<int> best_order;
  const auto attempt = [&](std::span<const int> order) {
    Placement placement = place_in_order(problem, order);
    if (placement.total >= best.total) return false;
    best = std::move(placement);
    best_order.assign(order.begin(), order.end());
    return true;
  };
  const auto attempt_by = [&](auto&& key) {
    if (best.total <= bound) return;
    std::vector<int> order = buffers;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return key(a) > key(b); });
    attempt(order);
  };
  attempt_by([&](int i) { return std::pair(size_of(i), length(i)); });
  attempt_by([&](int i) { return std::pair(length(i), size_of(i)); });
  attempt_by([&](int i) { return std::pair(size_of(i) * length(i), size_of(i)); });
  attempt_by([&](int i) { return std::pair(-life_of(i).first, size_of(i)); });
  attempt_by([&](int i) { return std::pair(life_of(i).last, size_of(i)); });

  for (int i = 0; i < kImprovements && best.total > bound && buffers.size() <= kMaxImproved; ++i) {
    // Of the buffers that reach the top, the i-th goes to the front of the order.
    std::vector<int> order = best_order;
    std::vector<int> top;
    for (const int buffer : order) {
      if (best.offsets[static_cast<size_t>(buffer)] + size_of(buffer) == best.total)
        top.push_back(buffer);
    }
    const int moved = top[static_cast<size_t>(i) % top.size()];
    const auto at = std::find(order.begin(), order.end(), moved);
    const auto to = order.begin() + (at - order.begin()) * (i % 3) / 3;
    std::rotate(to, at, at + 1);
    if (attempt(order)) i = -1;
  }
  return best;
}

}  // namespace ingot
