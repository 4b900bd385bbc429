// Layouts: when two of them are the same bytes.
#include "core/tensor/layout.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

TEST(SameBytes, HoldsForOnePixelAndNotForAnImage) {
  EXPECT_TRUE(same_bytes({2, 64, 1, 1}, Layout::kPlain, Layout::kChannelsLast));
  EXPECT_TRUE(same_bytes({2, 64, 1, 1}, Layout::kPlain, Layout::kBlocked8));
  EXPECT_FALSE(same_bytes({2, 60, 1, 1}, Layout::kPlain, Layout::kBlocked8));
  EXPECT_FALSE(same_bytes({2, 64, 8, 8}, Layout::kPlain, Layout::kChannelsLast));
  EXPECT_FALSE(same_bytes({2, 60}, Layout::kPlain, Layout::kBlocked8));
  EXPECT_FALSE(same_bytes({2, 64, Dim::symbol("h"), 1}, Layout::kPlain, Layout::kChannelsLast));
}

TEST(SameBytes, HostMemoryIsNeverAGpusMemory) {
  EXPECT_FALSE(same_bytes({Dim(1)}, Layout::kHost, Layout::kPlain));
  EXPECT_TRUE(same_bytes({Dim(1)}, Layout::kHost, Layout::kHost));
}

}  // namespace
}  // namespace ingot
