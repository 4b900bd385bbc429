// Hashes, log lines, environment variables and the processor.
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "core/base/cpu.h"
#include "core/base/environment.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/log.h"

namespace ingot {
namespace {

TEST(Hash, GivesThePublishedValuesOfXxh3) {
  EXPECT_EQ(hash64({}), 0x2d06800538d394c2ULL);
  EXPECT_EQ(hash128_hex(std::string_view()), "99aa06d3014798d86001c324468d497f");
}

TEST(Hash, TellsSimilarTextsApart) {
  EXPECT_NE(hash128_hex(std::string_view("a")), hash128_hex(std::string_view("b")));
  EXPECT_EQ(hash128_hex(std::string_view("a")).size(), 32U);
}

class Log : public testing::Test {
 protected:
  void SetUp() override {
    set_log_sink([this](Severity severity, std::string_view line) {
      lines_.emplace_back(severity, std::string(line));
    });
  }
  void TearDown() override {
    set_log_sink({});
    set_log_threshold(Severity::kInfo);
  }
  std::vector<std::pair<Severity, std::string>> lines_;
};

TEST_F(Log, SendsFormattedLinesToTheSink) {
  log_info("{} of {}", 1, 2);
  log_verbose("not below the threshold");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], std::pair(Severity::kInfo, std::string("1 of 2")));
}

TEST_F(Log, ThresholdDecidesWhatIsMade) {
  set_log_threshold(Severity::kError);
  log_warning("quiet");
  EXPECT_TRUE(lines_.empty());
  set_log_threshold(Severity::kVerbose);
  log_verbose("loud");
  EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(Log, AnEmptySinkSilences) {
  set_log_sink({});
  log_warning("nobody hears it");
  EXPECT_TRUE(lines_.empty());
}

TEST(Environment, KnowsOnlyTheTable) {
  EXPECT_FALSE(environment_variables().empty());
  EXPECT_THROW(environment_value("INGOT_NOT_IN_THE_TABLE"), Error);
}

TEST(Cpu, HasCoresAndCaches) {
  const CpuInfo& cpu = cpu_info();
  EXPECT_FALSE(cpu.model.empty());
  EXPECT_GE(cpu.cores, 1);
  EXPECT_LE(cpu.cores, static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_GE(cpu.l1_bytes, size_t{8} << 10);
  EXPECT_GE(cpu.l2_bytes, cpu.l1_bytes);
#if defined(__x86_64__)
  EXPECT_EQ(cpu.avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  EXPECT_EQ(cpu.avx512, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl"));
#endif
}

TEST(Cpu, NamesTheWidestInstructionSet) {
  CpuInfo cpu;
  EXPECT_EQ(cpu.isa(), "sse");
  cpu.avx2 = true;
  EXPECT_EQ(cpu.isa(), "avx2");
  cpu.avx512 = true;
  EXPECT_EQ(cpu.isa(), "avx512");
  cpu.avx512_bf16 = true;
  EXPECT_EQ(cpu.isa(), "avx512_bf16");
  cpu.amx_bf16 = true;
  EXPECT_EQ(cpu.isa(), "amx");
}

TEST(Threads, FollowTheVariableIfItIsSensible) {
  ::setenv("INGOT_THREADS", "3", 1);
  EXPECT_EQ(default_thread_count(), 3);
  set_log_sink({});
  for (const char* nonsense : {"0", "-1", "many", "3x", "100000"}) {
    ::setenv("INGOT_THREADS", nonsense, 1);
    EXPECT_EQ(default_thread_count(), cpu_info().cores) << nonsense;
  }
  ::unsetenv("INGOT_THREADS");
  EXPECT_EQ(default_thread_count(), cpu_info().cores);
}

}  // namespace
}  // namespace ingot
