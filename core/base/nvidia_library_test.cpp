// The search for NVIDIA's libraries, with libraries that stand in for them.
#include "core/base/nvidia_library.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace ingot {
namespace {

namespace fs = std::filesystem;

class NvidiaLibraryTest : public testing::Test {
 protected:
  NvidiaLibraryTest() {
    // Tests of this program run side by side.
    folder_ = fs::path(testing::TempDir()) / ("nvidia_library_test." + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "lib64");
    setenv("INGOT_CUDA_PATH", ("/no/such/folder:" + folder_.string()).c_str(), 1);
  }
  ~NvidiaLibraryTest() override {
    unsetenv("INGOT_CUDA_PATH");
    fs::remove_all(folder_);
  }
  /// A real shared library under another name.
  void install(const std::string& name) {
    void* libm = dlopen("libm.so.6", RTLD_NOW);
    ASSERT_NE(libm, nullptr);
    Dl_info info{};
    ASSERT_NE(dladdr(dlsym(libm, "cbrt"), &info), 0);
    fs::copy_file(info.dli_fname, folder_ / "lib64" / name);
  }
  fs::path folder_;
};

TEST_F(NvidiaLibraryTest, IsFoundInAFolderBelowTheGivenPath) {
  install("libingot_stand_in.so.9");
  const NvidiaLibrary library({"libingot_stand_in.so.10", "libingot_stand_in.so.9"});
  ASSERT_TRUE(library.loaded()) << library.missing();
  EXPECT_EQ(library.path(), (folder_ / "lib64/libingot_stand_in.so.9").string());
  const auto cube_root = library.function<double (*)(double)>("cbrt");
  ASSERT_NE(cube_root, nullptr);
  EXPECT_NEAR(cube_root(27.0), 3.0, 1e-12);
  EXPECT_EQ(library.symbol("no_such_symbol"), nullptr);
}

TEST_F(NvidiaLibraryTest, TellsWhereItLooked) {
  const NvidiaLibrary library({"libingot_absent.so.1"});
  EXPECT_FALSE(library.loaded());
  EXPECT_EQ(library.symbol("cbrt"), nullptr);
  EXPECT_NE(library.missing().find("libingot_absent.so.1"), std::string::npos);
  EXPECT_NE(library.missing().find(folder_.string() + "/lib64"), std::string::npos);
  EXPECT_NE(library.missing().find("the system's library path"), std::string::npos);
}

TEST_F(NvidiaLibraryTest, SaysWhyAFileThatIsThereDoesNotLoad) {
  std::ofstream(folder_ / "lib64/libingot_broken.so.1") << "no library at all";
  const NvidiaLibrary library({"libingot_broken.so.1"});
  EXPECT_FALSE(library.loaded());
  EXPECT_NE(library.missing().find("libingot_broken.so.1"), std::string::npos);
  EXPECT_EQ(library.missing().find("was not found"), std::string::npos) << library.missing();
}

TEST_F(NvidiaLibraryTest, LooksInTheActivePythonEnvironment) {
  const fs::path wheel = folder_ / "env/lib/python3.11/site-packages/nvidia/cudnn/lib";
  fs::create_directories(wheel);
  const char* before = getenv("VIRTUAL_ENV");
  const std::string saved = before ? before : "";
  setenv("VIRTUAL_ENV", (folder_ / "env").c_str(), 1);
  const auto folders = nvidia_library_folders();
  if (before) {
    setenv("VIRTUAL_ENV", saved.c_str(), 1);
  } else {
    unsetenv("VIRTUAL_ENV");
  }
  EXPECT_NE(std::find(folders.begin(), folders.end(), wheel.string()), folders.end());
}

}  // namespace
}  // namespace ingot
