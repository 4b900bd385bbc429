// Ranges against the tensors of a graph.
#include "compiler/quant/match_ranges.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

Graph example() {
  return parse_graph(R"(
    x: f32[1,3,8,8]
    i: i64[1]
    w: const f32[4,3,3,3]
    doubled_w = Add(w, w)
    conv_out = Conv(x, doubled_w)
    relu_out = Relu(conv_out)
    return relu_out
  )");
}

TEST(MatchRanges, KnowsTheFloatTensorsThatARunComputes) {
  EXPECT_EQ(float_tensors(example()), (std::vector<std::string>{"x", "conv_out", "relu_out"}));
}

TEST(MatchRanges, TellsWhatLacksAndWhatIsTooMuch) {
  const RangeMatch match =
      match_ranges(example(), {{{"x", 1}, {"relu_out", 1}, {"relu_2", 1}, {"w", 1}}});
  EXPECT_EQ(match.known, 2);
  EXPECT_EQ(match.lacking, std::vector<std::string>{"conv_out"});
  EXPECT_EQ(match.foreign, std::vector<std::string>{"relu_2"});
}

TEST(MatchRanges, HasNothingToSayOfACacheThatFits) {
  const QuantizationRanges ranges{
      {{"x", 1}, {"conv_out", 1}, {"relu_out", 1}, {"(Unnamed Layer* 3) [Shuffle]_output", 1}}};
  EXPECT_TRUE(check_match(example(), ranges, "c.cache").empty());
}

TEST(MatchRanges, WarnsWithTheNearestName) {
  const auto warnings =
      check_match(example(), {{{"x", 1}, {"conv_out", 1}, {"relu_aut", 1}}}, "c.cache");
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0].id, "calibration.unknown_tensor");
  EXPECT_NE(warnings[0].fix.find("\"relu_aut\" may be \"relu_out\""), std::string::npos);
  EXPECT_EQ(warnings[1].id, "calibration.missing_range");
  EXPECT_NE(warnings[1].what.find("1 of 3 tensors"), std::string::npos) << warnings[1].what;
}

TEST(MatchRanges, RefusesTheRangesOfAnotherModel) {
  try {
    check_match(example(), {{{"x", 1}, {"b", 1}, {"c", 1}, {"d", 1}}}, "c.cache");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems()[0].id, "calibration.stale_cache");
    EXPECT_NE(error.problems()[0].what.find("1 of 4 name tensors of this one"), std::string::npos)
        << error.what();
  }
}

TEST(MatchRanges, RefusesACacheThatNamesNothing) {
  EXPECT_THROW(check_match(example(), {}, "c.cache"), Error);
}

}  // namespace
}  // namespace ingot
