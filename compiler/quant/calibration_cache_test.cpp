// tests/calibration/caches.case, and what is written.
#include "compiler/quant/calibration_cache.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <bit>
#include <sstream>
#include <vector>

#include "core/base/file.h"
#include "ingot/error.h"

namespace ingot {
namespace {

struct Case {
  std::string name, text, gives, refuses;
};

std::string unescaped(std::string line) {
  const std::pair<std::string, std::string> kEscapes[] = {{"\\r", "\r"}, {"\\t", "\t"}};
  for (const auto& [from, to] : kEscapes) {
    for (size_t at = line.find(from); at != std::string::npos; at = line.find(from)) {
      line.replace(at, from.size(), to);
    }
  }
  return line;
}

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  std::istringstream file(
      read_text_file(std::string(INGOT_SOURCE_DIR) + "/tests/calibration/caches.case"));
  std::string* part = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("case: ")) {
      cases.push_back({line.substr(6), "", "", ""});
      part = nullptr;
    } else if (line == "text:") {
      part = &cases.back().text;
    } else if (line == "gives:") {
      part = &cases.back().gives;
    } else if (line == "refuses:") {
      part = &cases.back().refuses;
    } else if (part && !line.empty()) {
      *part += unescaped(line) + "\n";
    }
  }
  return cases;
}

std::string outcome(const Case& given) {
  std::string text;
  try {
    const CalibrationCache cache = parse_calibration_cache(given.text, "c");
    text = fmt::format("{} {}\n", cache.version_text(), cache.algorithm);
    for (const auto& [name, scale] : cache.scales) text += fmt::format("{} = {:g}\n", name, scale);
  } catch (const Error& error) {
    for (const Problem& problem : error.problems()) {
      EXPECT_EQ(problem.id, "calibration.bad_cache");
      EXPECT_FALSE(problem.fix.empty());
      text += fmt::format("{}: {}\n", problem.where.substr(2), problem.what);
    }
  }
  return text;
}

/// Whether each line begins with the line that is expected.
void expect_lines(const std::string& got, const std::string& expected) {
  std::istringstream left(got), right(expected);
  std::string got_line, expected_line;
  while (std::getline(right, expected_line)) {
    ASSERT_TRUE(std::getline(left, got_line)) << "missing: " << expected_line;
    EXPECT_EQ(got_line.substr(0, expected_line.size()), expected_line);
  }
  EXPECT_FALSE(std::getline(left, got_line)) << "too much: " << got_line;
}

TEST(CalibrationCache, IsReadAsTheCasesSay) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 18U);
  for (const Case& given : cases) {
    SCOPED_TRACE(given.name);
    if (given.refuses.empty())
      EXPECT_EQ(outcome(given), given.gives);
    else
      expect_lines(outcome(given), given.refuses);
  }
}

TEST(CalibrationCache, IsReadBackBitByBit) {
  CalibrationCache cache{101601, "EntropyCalibration2", {}};
  cache.scales = {{"a: b", 0.1F}, {"(x) [y]", 1e-40F}, {"zero", 0.0F}, {"p::q", 3.4e38F}};
  const CalibrationCache again = parse_calibration_cache(to_text(cache), "c");
  EXPECT_EQ(again.version, cache.version);
  EXPECT_EQ(again.algorithm, cache.algorithm);
  EXPECT_EQ(again.scales, cache.scales);
}

TEST(CalibrationCache, IsWrittenAsTensorRtDoes) {
  const CalibrationCache cache{8601, "EntropyCalibration2", {{"x", 0.0F}, {"y", 1.5F}}};
  EXPECT_EQ(to_text(cache), "TRT-8601-EntropyCalibration2\nx: 0\ny: 3fc00000\n");
}

TEST(CalibrationCache, TakesNoMoreThanTwentyProblemsToSayThatAFileIsNone) {
  std::string text = "TRT-8601-EntropyCalibration2\n";
  for (int i = 0; i < 1000; ++i) text += "nonsense\n";
  try {
    parse_calibration_cache(text, "c");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().size(), 20U);
  }
}

TEST(CalibrationCache, IsToldFromOtherFiles) {
  EXPECT_TRUE(is_calibration_cache("TRT-8601-EntropyCalibration2\n"));
  EXPECT_TRUE(is_calibration_cache("\xEF\xBB\xBFTRT-8601-EntropyCalibration2\n"));
  EXPECT_FALSE(is_calibration_cache("images/cat.jpg\n"));
  EXPECT_FALSE(is_calibration_cache(""));
}

}  // namespace
}  // namespace ingot
