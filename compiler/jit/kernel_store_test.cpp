// Kernels through NVRTC where it is there, and the store's memory, cache and failures anywhere.
#include "compiler/jit/kernel_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "compiler/jit/expression_code.h"
#include "core/base/error.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

std::atomic<int> compiled{0};

/// A compiler whose device code is the text; a text with "wrong" in it does not compile.
std::vector<std::byte> compile_to_text(const std::string& text, const std::string& name,
                                       const std::string&) {
  ++compiled;
  if (text.find("wrong") != std::string::npos) fail({"jit.failed", name + " is wrong", "", ""});
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

KernelSource source_with(const std::string& preamble) { return {"common/types.cuh", preamble}; }

class KernelStoreTest : public testing::Test {
 protected:
  KernelStoreTest() {
    // Tests of this program run side by side.
    folder_ = fs::path(testing::TempDir()) / ("kernel_store_test." + std::to_string(getpid()));
    fs::remove_all(folder_);
    setenv("INGOT_CACHE_DIR", folder_.c_str(), 1);
    set_kernel_compiler("text", compile_to_text);
    compiled = 0;
  }
  ~KernelStoreTest() override {
    unsetenv("INGOT_CACHE_DIR");
    fs::remove_all(folder_);
  }
  std::vector<fs::path> cached_files() const {
    std::vector<fs::path> files;
    if (!fs::exists(folder_ / "cubins")) return files;
    for (const auto& entry : fs::directory_iterator(folder_ / "cubins")) files.push_back(entry);
    return files;
  }
  fs::path folder_;
};

TEST_F(KernelStoreTest, CompilesEqualSourcesOnce) {
  KernelStore store("text", 3);
  std::vector<int> told;
  const std::vector<KernelSource> sources = {source_with("int a;"), source_with("int b;"),
                                             source_with("int a;")};
  store.compile(sources, [&](int done, int total) {
    EXPECT_EQ(total, 2);
    told.push_back(done);
  });
  store.compile(sources);
  EXPECT_EQ(compiled, 2);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back(), 2);
  const Cubin a = store.find(kernel_key(sources[0], "text"));
  ASSERT_NE(a, nullptr);
  EXPECT_NE(a, store.find(kernel_key(sources[1], "text")));
  EXPECT_EQ(store.find("no such key"), nullptr);
}

TEST_F(KernelStoreTest, RemembersWhyASourceFailed) {
  KernelStore store("text", 2);
  const std::vector<KernelSource> sources = {source_with("wrong"), source_with("int right;")};
  store.compile(sources);
  store.compile(sources);
  EXPECT_EQ(compiled, 2);
  EXPECT_EQ(store.find(kernel_key(sources[0], "text")), nullptr);
  EXPECT_NE(store.failure(kernel_key(sources[0], "text")).find("is wrong"), std::string::npos);
  EXPECT_EQ(store.failure(kernel_key(sources[1], "text")), "");
}

TEST_F(KernelStoreTest, KeysTellArchitecturesAndTextsApart) {
  const KernelSource source = source_with("int a;");
  EXPECT_NE(kernel_key(source, "sm_80"), kernel_key(source, "sm_90a"));
  EXPECT_NE(kernel_key(source, "sm_80"), kernel_key(source_with("int b;"), "sm_80"));
  EXPECT_EQ(kernel_key(source, "sm_80").size(), 32U);
}

TEST_F(KernelStoreTest, APreambleMayIncludeKernelHeaders) {
  const std::string text = kernel_text(source_with(std::string(kExpressionHeader) + "int last;"));
  const size_t header = text.find("op_hard_swish"), last = text.find("int last;");
  ASSERT_NE(header, std::string::npos);
  EXPECT_LT(header, last);
  EXPECT_EQ(text.find("#include"), std::string::npos);
}

/// A kernel that uses what a preamble gives.
KernelSource real_source() {
  return {"common/vector.cuh",
          std::string(kExpressionHeader) + "namespace ingot::kernels {\n" +
              expression_code(Expression::parse("gelu(add(in0,mul(in1,0.1)))"), "apply") +
              "extern \"C\" __global__ void entry(const float* x, half_t* y) {\n"
              "  y[threadIdx.x] = from_float<half_t>(apply(x + threadIdx.x));\n}\n}\n"};
}

class NvrtcTest : public KernelStoreTest {
 protected:
  void SetUp() override {
    const std::string missing = nvrtc_missing();
    if (!missing.empty()) GTEST_SKIP() << "no NVRTC: " << missing;
  }
};

TEST_F(NvrtcTest, CompilesForEveryArchitecture) {
  for (const char* architecture :
       {"sm_75", "sm_80", "sm_86", "sm_89", "sm_90a", "sm_100a", "sm_120a"}) {
    KernelStore store(architecture, 2);
    store.compile(std::vector{real_source()});
    const std::string key = kernel_key(real_source(), architecture);
    EXPECT_EQ(store.failure(key), "") << architecture;
    const Cubin cubin = store.find(key);
    ASSERT_NE(cubin, nullptr);
    EXPECT_EQ(static_cast<char>((*cubin)[1]), 'E');  // an ELF file
  }
  EXPECT_EQ(cached_files().size(), 7U);
}

TEST_F(NvrtcTest, TakesFromTheCacheWhatIsWhole) {
  const std::string key = kernel_key(real_source(), "sm_80");
  KernelStore first("sm_80", 1);
  first.compile(std::vector{real_source()});
  ASSERT_NE(first.find(key), nullptr);
  ASSERT_EQ(cached_files().size(), 1U);
  const fs::path file = cached_files()[0];

  // What is damaged is compiled anew.
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(100).put('\x7');
  KernelStore second("sm_80", 1);
  second.compile(std::vector{real_source()});
  ASSERT_NE(second.find(key), nullptr);
  EXPECT_EQ(*second.find(key), *first.find(key));

  fs::last_write_time(file, fs::last_write_time(file) - std::chrono::hours(24));
  const auto before = fs::last_write_time(file);
  KernelStore third("sm_80", 1);
  third.compile(std::vector{real_source()});
  EXPECT_EQ(*third.find(key), *first.find(key));
  EXPECT_EQ(fs::last_write_time(file), before);  // read, not written
}

TEST_F(NvrtcTest, ACacheThatCannotBeWrittenIsNoError) {
  setenv("INGOT_CACHE_DIR", "/dev/null", 1);
  KernelStore store("sm_80", 1);
  store.compile(std::vector{real_source()});
  EXPECT_NE(store.find(kernel_key(real_source(), "sm_80")), nullptr);
}

TEST_F(NvrtcTest, AFailureShowsTheLogWithItsLine) {
  const KernelSource source = source_with("int a;\nint b = undeclared;\n");
  KernelStore store("sm_80", 1);
  store.compile(std::vector{source});
  const std::string failure = store.failure(kernel_key(source, "sm_80"));
  EXPECT_NE(failure.find("preamble(2)"), std::string::npos) << failure;
  EXPECT_NE(failure.find("undeclared"), std::string::npos) << failure;
}

}  // namespace
}  // namespace ingot
