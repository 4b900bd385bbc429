// For tests of errors: a folder that goes with the test, models written into it, and what an action
// throws.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "compiler/onnx/onnx_writer_test_helper.h"
#include "ingot/builder.h"
#include "ingot/engine.h"

namespace ingot {

class ErrorTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("ingot_") + test->name() + "_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    return path;
  }
  Model model(const onnx::writing::Bytes& graph) const {
    return Model::from_file(write("model.onnx", onnx::writing::model_bytes(graph)));
  }
  /// The engine of a graph, as quickly built as it goes.
  std::shared_ptr<const Engine> engine(const onnx::writing::Bytes& graph,
                                       const std::vector<Profile>& profiles = {}) {
    plan_ = ingot::build(model(graph), quick(profiles)).plan;
    return Engine::load(*plan_);
  }
  static BuildOptions quick(const std::vector<Profile>& profiles = {}) {
    BuildOptions options;
    options.device = "cpu";
    options.threads = 1;
    options.optimization_level = 0;
    options.profiles = profiles;
    return options;
  }

  std::filesystem::path folder_;
  std::shared_ptr<const std::vector<std::byte>> plan_;
};

/// What `action` throws; empty if it does not.
template <typename Action>
std::vector<Problem> problems_of_action(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.problems();
  }
  return {};
}

/// Expects one problem with this id and with these words in its text.
inline void expect_problem(const std::vector<Problem>& found, std::string_view id,
                           std::string_view words) {
  ASSERT_EQ(found.size(), 1U) << (found.empty() ? "nothing was wrong" : found[1].to_string());
  EXPECT_EQ(found[0].id, id) << found[0].to_string();
  EXPECT_NE(found[0].to_string().find(words), std::string::npos) << found[0].to_string();
  EXPECT_FALSE(found[0].fix.empty()) << found[0].to_string();
}

/// Expects a Status whose text begins with this error and has these words.
inline void expect_status(const Status& status, StatusCode code, std::string_view id,
                          std::string_view words) {
  EXPECT_EQ(status.code(), code) << status.message();
  EXPECT_EQ(status.message().find("error[" + std::string(id) + "]"), 0U) << status.message();
  EXPECT_NE(status.message().find(words), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("fix:"), std::string::npos) << status.message();
}

inline const Problem* warning_named(const std::vector<Problem>& warnings, std::string_view id) {
  for (const Problem& warning : warnings) {
    if (warning.id == id) return &warning;
  }
  return nullptr;
}

}  // namespace ingot
