// The grammar of the command line.
#include "apps/common/flags.h"

#include <gtest/gtest.h>

#include "apps/common/names.h"

namespace ingot::apps {
namespace {

struct Parsed {
  std::string file;
  int count = 0;
  bool on = false;
  std::vector<std::string> many;
};

std::vector<Flag> flags_of(Parsed* parsed) {
  return {{"--saveEngine", "file", "a file", set_text(&parsed->file)},
          {"-o", "file", "a file", set_text(&parsed->file)},
          {"--count", "N", "a number", set_integer("--count", &parsed->count, 1)},
          {"--on", "", "a switch", set_true(&parsed->on)},
          {"--add", "item", "an item",
           [parsed](const std::string& text) { parsed->many.push_back(text); }, true}};
}

/// What parsing says is wrong; empty if nothing.
std::string complaint(const std::vector<std::string>& arguments) {
  Parsed parsed;
  try {
    parse_flags(arguments, flags_of(&parsed));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Flags, SplitAtTheFirstEqualsSign) {
  Parsed parsed;
  parse_flags({"--saveEngine=a=b.plan", "--on", "--count=3"}, flags_of(&parsed));
  EXPECT_EQ(parsed.file, "a=b.plan");
  EXPECT_TRUE(parsed.on);
  EXPECT_EQ(parsed.count, 3);
}

TEST(Flags, AValueBehindASpaceIsNoValueForTrtexec) {
  EXPECT_EQ(complaint({"--saveEngine", "x.plan"}),
            "--saveEngine needs a value: --saveEngine=<file>\n"
            "Unknown option: x.plan; see --help for all");
}

TEST(Flags, AValueMayBeTheNextWordWhereWordsAreTaken) {
  Parsed parsed;
  std::vector<std::string> words;
  parse_flags({"model.onnx", "-o", "x.plan", "--on", "--count", "2", "more"}, flags_of(&parsed),
              &words);
  EXPECT_EQ(words, (std::vector<std::string>{"model.onnx", "more"}));
  EXPECT_EQ(parsed.file, "x.plan");
  EXPECT_EQ(parsed.count, 2);
}

TEST(Flags, AnUnknownFlagBringsTheNearestName) {
  EXPECT_EQ(complaint({"--saveEngin=x.plan"}),
            "Unknown option: --saveEngin x.plan; did you mean --saveEngine?");
}

TEST(Flags, AllProblemsAreReportedAtOnce) {
  const std::string text = complaint({"--bogus", "--count=many", "--on=1"});
  EXPECT_NE(text.find("--bogus"), std::string::npos);
  EXPECT_NE(text.find("\"many\" is not a whole number"), std::string::npos);
  EXPECT_NE(text.find("--on takes no value"), std::string::npos);
}

TEST(Flags, AFlagGivenTwiceIsRefusedUnlessItMayRepeat) {
  EXPECT_NE(complaint({"--count=1", "--count=2"}).find("given twice"), std::string::npos);
  EXPECT_EQ(complaint({"--add=1", "--add=2"}), "");
}

TEST(Flags, NumbersOutOfRangeNameTheRange) {
  EXPECT_NE(complaint({"--count=0"}).find("must be from 1"), std::string::npos);
  EXPECT_NE(complaint({"--count=99999999999999999999"}), "");
}

TEST(Flags, NamesAndValuesPartAtTheLastColon) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_name_values("--f", "a:0:1x2,b:3"), (Pairs{{"a:0", "1x2"}, {"b", "3"}}));
}

TEST(Flags, AQuotedNameMayHoldColonsAndCommas) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_name_values("--f", "'in,put:0':1x2,b:3"),
            (Pairs{{"in,put:0", "1x2"}, {"b", "3"}}));
  EXPECT_EQ(parse_name_values("--f", "'x':C:\\data"), (Pairs{{"x", "C:\\data"}}));
}

TEST(Flags, NamesWithoutValuesAreRefused) {
  for (const char* text : {"a", ":1x2", "'a'1x2", "'a:1", "''", ""}) {
    EXPECT_THROW(parse_name_values("--f", text), UsageError) << text;
  }
}

TEST(Flags, ShapesAreNumbersBetweenXsAndScalarsHaveNone) {
  EXPECT_EQ(parse_shape("--shapes", "1x3x224"), (Shape{1, 3, 224}));
  EXPECT_EQ(parse_shape("--shapes", "").rank(), 0);
  EXPECT_EQ(parse_shape("--shapes", "scalar").rank(), 0);
  for (const char* text : {"1x", "x1", "1x-3", "1X3", "1x3.5", "1x1x1x1x1x1x1x1x1"}) {
    EXPECT_THROW(parse_shape("--shapes", text), UsageError) << text;
  }
}

TEST(Names, GlobsMatchTheWholeName) {
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("/conv*", "/conv1/Relu"));
  EXPECT_TRUE(matches_glob("*conv?", "/a/conv1"));
  EXPECT_FALSE(matches_glob("conv", "conv1"));
  EXPECT_FALSE(matches_glob("conv?", "conv"));
}

TEST(Names, FilesAreNamedInPlainLetters) {
  EXPECT_EQ(file_name_for("/model/out:0"), "_model_out_0");
  EXPECT_EQ(file_name_for("../x"), ".._x");
}

TEST(Flags, HelpListsVisibleFlagsByGroup) {
  Parsed parsed;
  std::vector<Flag> flags = flags_of(&parsed);
  flags[0].group = "Output";
  flags[2].help = "";
  const std::string help = flags_help(flags);
  EXPECT_NE(help.find("=== Output ==="), std::string::npos);
  EXPECT_NE(help.find("--saveEngine=<file>"), std::string::npos);
  EXPECT_EQ(help.find("--count"), std::string::npos);
}

}  // namespace
}  // namespace ingot::apps
