// Shapes of the command line against a model's inputs.
#include "apps/common/shapes.h"

#include <gtest/gtest.h>

#include "apps/common/flags.h"

namespace ingot::apps {
namespace {

TensorInfo input(std::string name, std::vector<int64_t> dims) {
  return {std::move(name), DType::kF32, std::move(dims), {}, false};
}

const std::vector<TensorInfo> kInputs = {input("image", {-1, 3}), input("mask:0", {-1}),
                                         input("mask:1", {-1})};

TEST(Shapes, AStarStandsForAllInputsThatMatch) {
  const ShapeList list =
      expand_shapes(parse_shapes("--shapes", "'mask:*':5,image:1x3"), kInputs, "--shapes");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].first, "mask:0");
  EXPECT_EQ(list[1].first, "mask:1");
  EXPECT_EQ(list[2].second, (Shape{1, 3}));
}

TEST(Shapes, ASecondStarIsRefused) { EXPECT_THROW(parse_shapes("--shapes", "m*s*:1"), UsageError); }

TEST(Shapes, EveryUnknownInputIsReportedWithTheNearestNames) {
  try {
    expand_shapes(parse_shapes("--shapes", "imag:1x3,zzzzzz:1"), kInputs, "--shapes");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    ASSERT_EQ(error.problems().size(), 2U);
    EXPECT_EQ(error.problems()[0].id, "shape.unknown_input");
    EXPECT_NE(error.problems()[0].fix.find("did you mean image?"), std::string::npos);
    EXPECT_NE(error.problems()[1].fix.find("inputs: image, mask:0, mask:1"), std::string::npos);
  }
}

/// The range of "image" after filling in what is missing, as "min opt max (warnings)".
std::string filled(const char* min, const char* opt, const char* max) {
  ProfileShapes shapes;
  if (*min) shapes.min = parse_shapes("--minShapes", std::string("image:") + min);
  if (*opt) shapes.opt = parse_shapes("--optShapes", std::string("image:") + opt);
  if (*max) shapes.max = parse_shapes("--maxShapes", std::string("image:") + max);
  std::vector<std::string> warnings;
  const std::vector<Profile> profiles = make_profiles({shapes}, {}, kInputs, &warnings);
  const ShapeRange& range = profiles.at(0).at("image");
  return range.min.to_string() + " " + range.opt.to_string() + " " + range.max.to_string() + " (" +
         std::to_string(warnings.size()) + ")";
}

TEST(Profiles, MissingBoundsAreCopiedAsTensorRtDoes) {
  EXPECT_EQ(filled("1x3", "4x3", "8x3"), "1x3 4x3 8x3 (0)");
  EXPECT_EQ(filled("", "4x3", ""), "4x3 4x3 4x3 (2)");
  EXPECT_EQ(filled("", "", "8x3"), "8x3 8x3 8x3 (2)");
  EXPECT_EQ(filled("1x3", "", ""), "1x3 1x3 1x3 (2)");
  EXPECT_EQ(filled("1x3", "", "8x3"), "1x3 8x3 8x3 (1)");
  EXPECT_EQ(filled("", "4x3", "8x3"), "4x3 4x3 8x3 (1)");
}

TEST(Profiles, WithMinAndOptMaxIsOpt) { EXPECT_EQ(filled("1x3", "4x3", ""), "1x3 4x3 4x3 (1)"); }

TEST(Profiles, ShapesAloneAreAProfileOfOneShape) {
  std::vector<std::string> warnings;
  const auto profiles =
      make_profiles({}, parse_shapes("--shapes", "image:2x3"), kInputs, &warnings);
  ASSERT_EQ(profiles.size(), 1U);
  EXPECT_EQ(profiles[0].at("image").min, (Shape{2, 3}));
  EXPECT_EQ(profiles[0].at("image").max, (Shape{2, 3}));
}

TEST(Profiles, ShapesDoNotNarrowAnInputThatAProfileNames) {
  ProfileShapes given;
  given.min = parse_shapes("--minShapes", "image:1x3");
  given.opt = given.max = parse_shapes("--maxShapes", "image:8x3");
  std::vector<std::string> warnings;
  const auto profiles =
      make_profiles({given}, parse_shapes("--shapes", "image:2x3,'mask:0':7"), kInputs, &warnings);
  EXPECT_EQ(profiles[0].at("image").max, (Shape{8, 3}));
  EXPECT_EQ(profiles[0].at("mask:0").min, (Shape{7}));
}

TEST(Shapes, DimsShowTheirSymbols) {
  TensorInfo tensor = input("x", {-1, 3, -1});
  tensor.symbols = {"batch", "", ""};
  EXPECT_EQ(dims_text(tensor), "batchx3x?");
  EXPECT_EQ(dims_text(input("s", {})), "scalar");
}

}  // namespace
}  // namespace ingot::apps
