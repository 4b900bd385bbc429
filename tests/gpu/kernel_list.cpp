// Collects, and compiles at the end: see the header.
#include "tests/gpu/kernel_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "compiler/jit/nvrtc.h"
#include "core/base/error.h"
#include "core/base/file.h"

namespace ingot {
namespace {

constexpr int kMostOfAFile = 21;

std::string folder() {
  const char* value = std::getenv("INGOT_COMPILE_KERNELS");
  return value ? value : "";
}

Target target_for(const std::string& architecture, int compute_capability) {
  Target target;
  target.device = "cuda";
  target.cpu = cpu_info();
  target.gpu = {.architecture = architecture,
                .compute_capability = compute_capability,
                .multiprocessors = 100,
                .l2_bytes = int64_t{40} << 20,
                .shared_bytes = compute_capability == 75 ? 64 << 10 : 99 << 10,
                .cudnn_missing = "only our own kernels are listed",
                .cublaslt_missing = "only our own kernels are listed"};
  return target;
}

/// What one architecture is asked to compile, in the order in which it came.
struct Listed {
  std::set<std::string> keys;
  std::map<std::string, int> of_file;
  std::vector<KernelSource> sources;
};

std::map<std::string, Listed>& all_listed() {
  static std::map<std::string, Listed> listed;
  return listed;
}

/// The report's file says of which kernel it is.
std::string report_name(const std::string& architecture, const KernelSource& source) {
  std::string file = source.file;
  std::replace(file.begin(), file.end(), '/', '.');
  return architecture + "." + file + "." + kernel_key(source, architecture) + ".nvrtc" +
         nvrtc_version() + ".txt";
}

class CompileAtEnd : public testing::Environment {
 public:
  void TearDown() override {
    if (!listing_kernels()) return;
    std::filesystem::create_directories(folder());
    std::vector<std::pair<std::string, KernelSource>> work;
    for (const auto& [architecture, listed] : all_listed()) {
      for (const KernelSource& source : listed.sources) work.emplace_back(architecture, source);
    }
    std::ofstream list(folder() + "/list.txt");
    for (const auto& [architecture, source] : work) {
      list << report_name(architecture, source) << '\n';
    }
    std::atomic<size_t> next{0};
    const auto compile = [&] {
      for (size_t i = next++; i < work.size(); i = next++) report(work[i].first, work[i].second);
    };
    std::vector<std::thread> threads(std::max(std::thread::hardware_concurrency(), 1U));
    for (std::thread& thread : threads) thread = std::thread(compile);
    for (std::thread& thread : threads) thread.join();
    list << "end\n";
  }

 private:
  static void report(const std::string& architecture, const KernelSource& source) {
    const std::string path = folder() + "/" + report_name(architecture, source);
    if (std::filesystem::exists(path)) return;
    std::string report;
    try {
      nvrtc_compile(kernel_text(source), source.file, architecture, &report);
      write_file_atomically(path, source.preamble + report);
    } catch (const Error& error) {
      write_file_atomically(path + ".failed",
                            std::string(error.what()) + "\nwith the preamble\n" + source.preamble);
    }
  }
};

// Owned by GoogleTest from here on.
[[maybe_unused]] const testing::Environment* const kAtEnd =
    testing::AddGlobalTestEnvironment(new CompileAtEnd);

}  // namespace

bool listing_kernels() { return !folder().empty(); }

std::span<const Target> listed_targets() {
  static const std::vector<Target> targets = {target_for("sm_75", 75),   target_for("sm_80", 80),
                                              target_for("sm_86", 86),   target_for("sm_89", 89),
                                              target_for("sm_90a", 90),  target_for("sm_100a", 100),
                                              target_for("sm_120a", 120)};
  return targets;
}

void list_kernels(const Target& target, std::span<const KernelSource> sources) {
  const std::string& architecture = target.gpu.architecture;
  Listed& listed = all_listed()[architecture];
  const auto targets = listed_targets();
  const auto place = std::find_if(targets.begin(), targets.end(), [&](const Target& t) {
    return t.gpu.architecture == architecture;
  });
  const auto turn = static_cast<int>(place - targets.begin());
  for (const KernelSource& source : sources) {
    if (!listed.keys.insert(source.file + '\n' + source.preamble).second) continue;
    const int number = listed.of_file[source.file]++;
    const int count = static_cast<int>(targets.size());
    if (number == 0 || (number < kMostOfAFile && number % count == turn)) {
      listed.sources.push_back(source);
    }
  }
}

}  // namespace ingot
