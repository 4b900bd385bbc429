// docs/errors.md against the code: every id that the code uses is in it, and every id in it is
// caused by a test or stands below with the reason why none can cause it.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "core/base/file.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::string> kNotCaused = {
    {"onnx.bad_node", "stands for exceptions of shape rules that none is known to throw"},
    {"shape.mismatch", "only a shape rule that contradicts its operator could cause it"},
    {"shape.undecided", "only a shape rule that contradicts its operator could cause it"},
    {"sample.unreadable", "takes a folder that the superuser may not read"},
    {"decoder.not_found", "takes an installation with a library missing"},
    {"build.prepare_failed", "a bug: a step that was timed does not run in the engine"},
    {"jit.failed", "a bug: a kernel that does not compile"},
    {"jit.no_source", "a bug: a tactic that names a kernel file that is not there"},
    {"jit.no_nvrtc", "takes a machine with a GPU and without NVRTC"},
    {"plan.other_gpu", "takes a GPU of another kind than the plan's"},
    {"cuda.failed", "takes a driver that fails"},
    {"cuda.graph_failed", "takes a driver that fails"},
    {"cuda.cudnn_failed", "takes a library that fails"},
    {"cuda.cublaslt_failed", "takes a library that fails"},
};

std::set<std::string> ids_in(const std::string& text, const std::string& pattern) {
  std::set<std::string> ids;
  const std::regex id(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), id), end; it != end; ++it) {
    ids.insert((*it)[1]);
  }
  return ids;
}

/// Ids in the first column of the tables.
std::set<std::string> documented() {
  const std::string page = read_text_file(std::string(INGOT_SOURCE_DIR) + "/docs/errors.md");
  std::set<std::string> ids;
  for (size_t begin = 0; begin < page.size();) {
    const size_t end = std::min(page.find('\n', begin), page.size());
    const std::string line = page.substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with("| `")) continue;
    ids.merge(ids_in(line.substr(0, line.find(" | ", 2)), "`([a-z0-9]+\\.[a-z0-9_]+)`"));
  }
  return ids;
}

bool is_test(const fs::path& path) {
  const std::string name = path.filename();
  return name.ends_with("_test.cpp") || (name.starts_with("test_") && name.ends_with(".py"));
}

template <typename Visit>
void for_each_source(bool tests, Visit&& visit) {
  for (const char* folder : {"core", "ops", "compiler", "runtime", "apps", "tests", "python"}) {
    const fs::path root = fs::path(INGOT_SOURCE_DIR) / folder;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".h" && extension != ".py") continue;
      if (is_test(entry.path()) != tests) continue;
      if (!tests && std::string_view(folder) == "tests") continue;
      visit(entry.path().string());
    }
  }
}

TEST(Errors, AreAllInTheirPage) {
  const std::set<std::string> page = documented();
  ASSERT_GT(page.size(), 50U);
  for_each_source(false, [&](const std::string& path) {
    // fail({"id", warn({"id", Error({"id" ... : an id, and what is wrong behind it.
    const auto used =
        ids_in(read_text_file(path), "\\{\\s*\"([a-z0-9]+\\.[a-z0-9_]+)\",\\s*(?:[\"a-z]|\\n)");
    for (const std::string& id : used) {
      // Rules of operators are one row; texts inside of plans and graphs come up in plan.malformed.
      static const std::set<std::string> inner = {"op",  "graph",  "expression", "attributes",
                                                  "dim", "layout", "program",    "dtype"};
      if (inner.contains(id.substr(0, id.find('.')))) continue;
      EXPECT_TRUE(page.contains(id)) << id << " (" << path << ") is not in docs/errors.md";
    }
  });
}

TEST(Errors, AreAllCausedByATest) {
  std::set<std::string> caused;
  for_each_source(true, [&](const std::string& path) {
    if (path.ends_with("every_error_test.cpp")) return;
    caused.merge(ids_in(read_text_file(path), "[\"\\[]([a-z0-9]+\\.[a-z0-9_]+)[\"\\]]"));
  });
  for (const std::string& id : documented()) {
    const bool excused = kNotCaused.contains(id);
    EXPECT_TRUE(excused || caused.contains(id)) << "no test causes " << id;
  }
  for (const auto& [id, why] : kNotCaused) {
    EXPECT_TRUE(documented().contains(id)) << id << " is not in docs/errors.md: " << why;
  }
}

}  // namespace
}  // namespace ingot
