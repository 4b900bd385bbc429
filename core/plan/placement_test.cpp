// Lifetimes and placement.
#include <gtest/gtest.h>

#include <random>

#include "core/plan/plan.h"

namespace ingot {
namespace {

size_t most_alive(std::span<const size_t> sizes, std::span<const Lifetime> lives) {
  size_t most = 0;
  for (int step = 0; step < 300; ++step) {
    size_t alive = 0;
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (lives[i].first <= step && step <= lives[i].last) alive += (sizes[i] + 63) / 64 * 64;
    }
    most = std::max(most, alive);
  }
  return most;
}

void expect_disjoint(const Placement& placement, std::span<const size_t> sizes,
                     std::span<const Lifetime> lives) {
  for (size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(placement.offsets[i] % 64, 0U);
    if (lives[i].first >= 0) {
      EXPECT_LE(placement.offsets[i] + sizes[i], placement.total);
    }
    for (size_t j = 0; j < i; ++j) {
      if (lives[i].first < 0 || lives[j].first < 0) continue;
      if (lives[i].first > lives[j].last || lives[j].first > lives[i].last) continue;
      EXPECT_TRUE(placement.offsets[i] + sizes[i] <= placement.offsets[j] ||
                  placement.offsets[j] + sizes[j] <= placement.offsets[i])
          << i << " overlaps " << j;
    }
  }
}

TEST(PlaceBuffers, ReusesMemoryOfWhatIsDead) {
  const std::vector<size_t> sizes = {1000, 2000, 1000};
  const std::vector<Lifetime> lives = {{0, 1}, {1, 2}, {2, 3}};
  const Placement placement = place_buffers(sizes, lives);
  EXPECT_EQ(placement.total, 1024U + 2048U);
  expect_disjoint(placement, sizes, lives);
}

TEST(PlaceBuffers, GivesNothingToWhatHasNoMemory) {
  const std::vector<size_t> sizes = {0, 500};
  const std::vector<Lifetime> lives = {{0, 3}, {-1, -1}};
  EXPECT_EQ(place_buffers(sizes, lives).total, 0U);
}

TEST(PlaceBuffers, KeepsRandomBuffersApartAndNearTheLowerBound) {
  std::mt19937 random(3);
  double worst = 1;
  for (int round = 0; round < 30; ++round) {
    std::vector<size_t> sizes;
    std::vector<Lifetime> lives;
    for (int i = 0; i < 120; ++i) {
      const int first = static_cast<int>(random() % 250);
      // Mostly short lives, as between neighbours in a network; some residuals live longer.
      const int length = static_cast<int>(random() % 8 == 0 ? random() % 40 : 1 + random() % 2);
      lives.push_back({first, first + length});
      sizes.push_back(64 * (1 + random() % (size_t{1} << (random() % 14))));
    }
    const Placement placement = place_buffers(sizes, lives);
    expect_disjoint(placement, sizes, lives);
    worst = std::max(worst, static_cast<double>(placement.total) /
                                static_cast<double>(most_alive(sizes, lives)));
  }
  EXPECT_LT(worst, 1.10);
}

// x -> a -> (window of cat) ... the whole of a concatenation lives from its first part on.
TEST(ValueLifetimes, ExtendParentsOverTheirViews) {
  Plan plan;
  for (const Storage storage : {Storage::kInput, Storage::kArena, Storage::kView, Storage::kView,
                                Storage::kArena, Storage::kOutput}) {
    PlanValue value;
    value.storage = storage;
    plan.values.push_back(value);
  }
  plan.values[2].parent = plan.values[3].parent = 1;
  plan.values[4].in_place_of = 1;
  plan.steps.push_back({"0", "k", "", {}, {0}, {2}, {}});
  plan.steps.push_back({"1", "k", "", {}, {0}, {3}, {}});
  plan.steps.push_back({"2", "k", "", {}, {1}, {4}, {}});
  plan.steps.push_back({"3", "k", "", {}, {4}, {5}, {}});
  plan.steps.push_back({"4", "k", "", {}, {}, {}, {}});
  plan.outputs.push_back({"y", 5});
  const auto lives = value_lifetimes(plan);
  const auto life = [&](size_t i) { return std::pair(lives[i].first, lives[i].last); };
  EXPECT_EQ(life(0), std::pair(-1, -1));
  EXPECT_EQ(life(1), std::pair(0, 2));
  EXPECT_EQ(life(2), std::pair(-1, -1));
  EXPECT_EQ(life(4), std::pair(2, 3));
  EXPECT_EQ(life(5), std::pair(3, 4));
}

}  // namespace
}  // namespace ingot
