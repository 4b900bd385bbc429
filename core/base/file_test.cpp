// Mappings refuse what cannot be mapped; writes leave the old file or the new one.
#include "core/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/base/error.h"

namespace ingot {
namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "ingot_file_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  size_t file_count() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++count;
    return count;
  }

  std::string folder_;
};

template <typename Function>
Problem problem_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error.problems()[0];
  }
  return {"none", "", "", ""};
}

TEST_F(Files, MapsWhatWasWritten) {
  write_file_atomically(path("a"), "hello");
  const auto file = MappedFile::open(path("a"));
  EXPECT_EQ(file->bytes().size(), 5U);
  EXPECT_EQ(read_text_file(path("a")), "hello");
}

TEST_F(Files, RefusesWhatCannotBeMapped) {
  EXPECT_EQ(problem_of([&] { MappedFile::open(path("none")); }).id, "file.not_found");
  EXPECT_EQ(problem_of([&] { MappedFile::open(folder_); }).id, "file.is_directory");
  std::ofstream(path("empty")).close();
  EXPECT_EQ(problem_of([&] { MappedFile::open(path("empty")); }).id, "file.empty");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(problem_of([&] { MappedFile::open(path("pipe")); }).id, "file.unreadable");
}

TEST_F(Files, ReplacesWithoutLeftOversAndKeepsPermissions) {
  write_file_atomically(path("a"), "old");
  ASSERT_EQ(::chmod(path("a").c_str(), 0600), 0);
  write_file_atomically(path("a"), "new content");
  EXPECT_EQ(read_text_file(path("a")), "new content");
  EXPECT_EQ(file_count(), 1U);
  struct stat status;
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(Files, KeepsTheOldMappingAliveWhenTheFileIsReplaced) {
  write_file_atomically(path("a"), "old");
  const auto old = MappedFile::open(path("a"));
  write_file_atomically(path("a"), "new");
  EXPECT_EQ(static_cast<char>(old->bytes()[0]), 'o');
}

TEST_F(Files, WritesThroughASymbolicLinkAndToADevice) {
  write_file_atomically(path("target"), "old");
  ASSERT_EQ(::symlink(path("target").c_str(), path("link").c_str()), 0);
  write_file_atomically(path("link"), "new");
  EXPECT_EQ(read_text_file(path("target")), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  write_file_atomically("/dev/null", "gone");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(Files, SaysWhyAWriteFailedAndLeavesNothing) {
  const Problem no_folder = problem_of([&] { write_file_atomically(path("no/a"), "x"); });
  EXPECT_EQ(no_folder.id, "file.write_failed");
  EXPECT_NE(no_folder.what.find("No such file or directory"), std::string::npos);
  EXPECT_EQ(no_folder.fix, "create the folder first");
  EXPECT_EQ(problem_of([&] { write_file_atomically(folder_, "x"); }).id, "file.write_failed");
  EXPECT_EQ(problem_of([&] { write_file_atomically("/dev/full", "x"); }).fix,
            "free some space on that file system, or write to another one");
  EXPECT_EQ(file_count(), 0U);
}

TEST_F(Files, LockLetsOneIn) {
  std::atomic<int> inside{0};
  int most = 0, total = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) {
        with_file_lock(path("cache"), [&] {
          most = std::max(most, ++inside);
          ++total;
          --inside;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
  EXPECT_EQ(total, 160);
}

TEST_F(Files, LockIsGivenBackWhenTheWorkThrows) {
  EXPECT_THROW(with_file_lock(path("cache"), [] { throw std::runtime_error("x"); }),
               std::runtime_error);
  bool entered = false;
  with_file_lock(path("cache"), [&] { entered = true; });
  EXPECT_TRUE(entered);
}

TEST(MappedFile, ReadsTheSameBytesAfterItsPagesWereReleased) {
  const std::string path = testing::TempDir() + "ingot_file_released";
  const std::string content(300000, 'x');
  write_file_atomically(path, content);
  const auto file = MappedFile::open(path);
  const auto text = [&] {
    return std::string(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  };
  EXPECT_EQ(text(), content);
  file->release_pages();
  EXPECT_EQ(text(), content);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace ingot
