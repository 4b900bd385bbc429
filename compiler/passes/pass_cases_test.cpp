// Runs tests/passes/*.case: what each pass makes of small graphs, in text.
//
//   case: a constant per channel becomes the bias
//   with: fp16, gpu                permissions of the build and the device; optional; for int8 also
//                                  scale(x)=0.5 keep_float(node)
//   before:
//     x: f32[1,3], ...
//   after:                         the graph that the pass leaves
//   same-as:                       or: a graph of which the pass makes the same
//   unchanged: reason              or: nothing happens; the reason is the near miss, if one is told
//
// INGOT_UPDATE_CASES=1 rewrites what stands below "after:". Every case is also evaluated before
// and after its pass, with equal results.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "compiler/passes/equivalence.h"
#include "compiler/passes/pass_runner.h"
#include "core/base/error.h"
#include "core/base/file.h"

namespace ingot {
namespace {

struct Case {
  std::string title, options, before, after, same_as;
  std::optional<std::string> unchanged;
  size_t after_begin = 0, after_end = 0;  ///< lines below "after:"
  int line = 0;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// "key: rest" split; an empty key for a line of a graph.
std::pair<std::string, std::string> key_of(const std::string& line) {
  for (const char* key : {"case", "with", "before", "after", "same-as", "unchanged"}) {
    const std::string start = std::string(key) + ":";
    if (!line.starts_with(start)) continue;
    const size_t rest = line.find_first_not_of(' ', start.size());
    return {key, rest == std::string::npos ? "" : line.substr(rest)};
  }
  return {};
}

std::vector<Case> read_cases(const std::vector<std::string>& lines) {
  std::vector<Case> cases;
  std::string* graph = nullptr;
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto [key, rest] = key_of(lines[i]);
    if (key == "case") {
      cases.emplace_back();
      cases.back().title = rest;
      cases.back().line = static_cast<int>(i) + 1;
      graph = nullptr;
    } else if (cases.empty()) {
      continue;  // the comment at the head of the file
    } else if (key == "with") {
      cases.back().options = rest;
    } else if (key == "before") {
      graph = &cases.back().before;
    } else if (key == "after") {
      graph = &cases.back().after;
      cases.back().after_begin = i + 1;
      cases.back().after_end = i + 1;
    } else if (key == "same-as") {
      graph = &cases.back().same_as;
    } else if (key == "unchanged") {
      cases.back().unchanged = rest;
      graph = nullptr;
    } else if (graph) {
      *graph += lines[i] + "\n";
      if (graph == &cases.back().after && !lines[i].empty()) cases.back().after_end = i + 1;
    }
  }
  return cases;
}

/// What stands in the parentheses behind a word, with what follows: scale(x)=0.5.
std::vector<std::pair<std::string, std::string>> settings_of(const std::string& text,
                                                             const std::string& word) {
  std::vector<std::pair<std::string, std::string>> result;
  const std::string start = word + "(";
  for (size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
    const size_t name = at + start.size(), close = text.find(')', name);
    const size_t end = std::min(text.find(' ', close), text.size());
    result.emplace_back(text.substr(name, close - name), text.substr(close + 1, end - close - 1));
  }
  return result;
}

/// Names and ranges that options point to; they live as long as the case's options.
struct CaseSettings {
  explicit CaseSettings(const std::string& text) {
    for (const auto& [name, value] : settings_of(text, "scale")) {
      ranges.scales[name] = std::stof(value.substr(1));
    }
    for (const auto& [name, rest] : settings_of(text, "keep_float")) keep_float.insert(name);
  }
  QuantizationRanges ranges;
  std::set<std::string> keep_float;
};

PassOptions options_of(const Case& test, const CaseSettings& settings) {
  PassOptions options;
  if (!settings.ranges.scales.empty()) options.ranges = &settings.ranges;
  options.keep_float = &settings.keep_float;
  const auto given = [&](std::string_view word) {
    return test.options.find(word) != std::string::npos;
  };
  options.allow_small_float = given("bf16") || given("fp16");
  options.gpu = given("gpu");
  if (given("gpu")) {
    options.small_float = given("fp16") ? DType::kF16 : DType::kBF16;
  } else if (!given("old-cpu")) {
    options.small_float = DType::kBF16;
  }
  options.allow_int8 = given("int8");
  options.allow_fp8 = given("fp8");
  return options;
}

const Pass* find_pass(std::string_view name) {
  const auto all = pass_pipeline();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Pass& pass) { return pass.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Graph run_one(const Pass& pass, const Case& test, const std::string& text,
              PassReport* report = nullptr) {
  const CaseSettings settings(test.options);
  return run_passes(parse_graph(text), std::span(&pass, 1), options_of(test, settings),
                    {.verify = true}, report);
}

std::vector<std::string> case_files() {
  std::vector<std::string> files;
  const std::string folder = std::string(INGOT_SOURCE_DIR) + "/tests/passes";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".case") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

bool contains_random(const Graph& graph) {
  for (NodeId id : graph.nodes()) {
    if (graph.node(id).op->traits.random) return true;
  }
  return false;
}

void check_unchanged(const Case& test, const Graph& before, const Graph& after,
                     const PassReport& report) {
  std::string difference;
  EXPECT_TRUE(same_structure(before, after, &difference)) << difference << "\n" << to_text(after);
  if (report.near_misses.empty()) return;
  std::string told;
  for (const NearMiss& miss : report.near_misses) {
    if (miss.reason == *test.unchanged) return;
    told += miss.reason + "\n";
  }
  ADD_FAILURE() << "expected the reason \"" << *test.unchanged << "\", the pass told:\n" << told;
}

/// Runs one case; returns the text that the pass made, for updates.
std::string check(const Pass& pass, const Case& test) {
  PassReport report;
  const Graph before = parse_graph(test.before);
  const Graph after = run_one(pass, test, test.before, &report);
  std::string difference;
  if (test.unchanged) {
    check_unchanged(test, before, after, report);
  } else if (!test.same_as.empty()) {
    const Graph other = run_one(pass, test, test.same_as);
    EXPECT_TRUE(same_structure(after, other, &difference)) << difference << "\nof before:\n"
                                                           << to_text(after) << "of same-as:\n"
                                                           << to_text(other);
    EXPECT_FALSE(same_structure(before, parse_graph(test.same_as), nullptr))
        << "the two graphs are the same already";
  } else if (!std::getenv("INGOT_UPDATE_CASES")) {
    EXPECT_TRUE(same_structure(parse_graph(test.after), after, &difference))
        << difference << "\nthe pass made:\n"
        << to_text(after);
  }
  if (!contains_random(before)) {
    const bool half = test.options.find("16") != std::string::npos;
    // A rounding to bytes that is put in costs digits, too.
    const bool rounds = half || test.options.find("scale(") != std::string::npos;
    EXPECT_EQ(ingot::difference(before, after, rounds ? 0.1F : 1e-5F), "")
        << "computed after the pass:\n"
        << to_text(after);
  }
  return to_text(after, false);
}

void update_file(const std::string& path, const std::vector<std::string>& lines,
                 const std::vector<Case>& cases, const std::vector<std::string>& made) {
  std::string text;
  size_t at = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].after_begin == 0 || made[i].empty()) continue;
    for (; at < cases[i].after_begin; ++at) text += lines[at] + "\n";
    for (const std::string& line : lines_of(made[i])) text += "  " + line + "\n";
    at = cases[i].after_end;
  }
  for (; at < lines.size(); ++at) text += lines[at] + "\n";
  write_file_atomically(path, std::string_view(text));
}

class PassCases : public testing::TestWithParam<std::string> {};

TEST_P(PassCases, GiveWhatTheirFileSays) {
  const Pass* pass = find_pass(stem(GetParam()));
  ASSERT_TRUE(pass) << "no pass has the name of this file";
  const std::vector<std::string> lines = lines_of(read_text_file(GetParam()));
  const std::vector<Case> cases = read_cases(lines);
  ASSERT_FALSE(cases.empty()) << "the file has no case";
  std::vector<std::string> made;
  for (const Case& test : cases) {
    SCOPED_TRACE(fmt::format("{}:{}: {}", GetParam(), test.line, test.title));
    try {
      made.push_back(check(*pass, test));
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
      made.emplace_back();
    }
  }
  if (std::getenv("INGOT_UPDATE_CASES")) update_file(GetParam(), lines, cases, made);
}

INSTANTIATE_TEST_SUITE_P(All, PassCases, testing::ValuesIn(case_files()),
                         [](const auto& info) { return stem(info.param); });

TEST(Pipeline, HasCasesForEveryPass) {
  std::set<std::string> tested;
  for (const std::string& path : case_files()) tested.insert(stem(path));
  for (const Pass& pass : pass_pipeline()) {
    EXPECT_TRUE(tested.contains(std::string(pass.name)))
        << "write tests/passes/" << pass.name << ".case";
  }
}

}  // namespace
}  // namespace ingot
