// Optimization profiles: constants, ranges, and what is refused.
#include "compiler/driver/profiles.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

constexpr std::string_view kImage = "x: f32[batch,3,h,8]\ny = Relu(x)";

Profile profile(Shape min, Shape opt, Shape max) { return {{"x", {min, opt, max}}}; }

std::string first_id(const std::vector<Profile>& profiles, std::string_view text = kImage) {
  Graph graph = parse_graph(text);
  std::vector<Problem> warnings;
  try {
    apply_profiles(&graph, profiles, &warnings);
  } catch (const Error& error) {
    return error.problems()[0].id;
  }
  return "";
}

TEST(ApplyProfiles, FixedDimsBecomeConstantsAndRangesStaySymbols) {
  Graph graph = parse_graph(kImage);
  std::vector<Problem> warnings;
  apply_profiles(&graph, {profile({1, 3, 4, 8}, {1, 3, 8, 8}, {1, 3, 16, 8})}, &warnings);
  EXPECT_EQ(graph.dims(graph.outputs()[0])[0], Dim(1));
  EXPECT_EQ(graph.dims(graph.outputs()[0])[2], Dim::symbol("h"));
  EXPECT_EQ(graph.opt_shape(graph.outputs()[0]), (Shape{1, 3, 8, 8}));
  EXPECT_EQ(graph.profiles[0].at("h").max, 16);
  EXPECT_TRUE(warnings.empty());
}

TEST(ApplyProfiles, DynamicDimsWithoutAShapeBecomeOneWithAWarning) {
  Graph graph = parse_graph(kImage);
  std::vector<Problem> warnings;
  apply_profiles(&graph, {}, &warnings);
  EXPECT_EQ(graph.opt_shape(graph.outputs()[0]), (Shape{1, 3, 1, 8}));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].id, "shape.defaulted");
}

TEST(ApplyProfiles, AStaticDimMayBeOverriddenWithAWarning) {
  Graph graph = parse_graph(kImage);
  std::vector<Problem> warnings;
  apply_profiles(&graph, {profile({1, 3, 4, 9}, {1, 3, 4, 9}, {1, 3, 4, 9})}, &warnings);
  EXPECT_EQ(graph.dims(graph.outputs()[0])[3], Dim(9));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].id, "shape.overridden");
}

TEST(ApplyProfiles, RefusesUnknownInputsWrongRanksAndRangesOutOfOrder) {
  EXPECT_EQ(first_id({{{"X", {{1}, {1}, {1}}}}}), "shape.unknown_input");
  EXPECT_EQ(first_id({profile({1, 3}, {1, 3}, {1, 3})}), "shape.wrong_rank");
  EXPECT_EQ(first_id({profile({2, 3, 4, 8}, {1, 3, 4, 8}, {1, 3, 4, 8})}), "shape.bad_range");
}

TEST(ApplyProfiles, RefusesTwoInputsThatGiveOneSymbolDifferentRanges) {
  const Profile conflict = {{"x", {{1}, {1}, {1}}}, {"z", {{2}, {2}, {2}}}};
  EXPECT_EQ(first_id({conflict}, "x: f32[n]\nz: f32[n]\ny = Add(x, z)"), "shape.symbol_conflict");
}

}  // namespace
}  // namespace ingot
