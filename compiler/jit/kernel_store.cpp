// Cubins by key: memory, then the folder in the user's cache, then the compiler.
#include "compiler/jit/kernel_store.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include "compiler/jit/nvrtc.h"
#include "core/base/environment.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/hash.h"

namespace ingot {
namespace {

std::map<std::string, KernelCompiler>& other_compilers() {
  static std::map<std::string, KernelCompiler> compilers;
  return compilers;
}

/// Empty where there is no place for it.
std::filesystem::path cache_folder() {
  std::string folder = environment_value("INGOT_CACHE_DIR");
  if (folder.empty()) {
    const char* home = std::getenv("HOME");
    if (!home || !*home) return {};
    folder = std::string(home) + "/.cache/ingot";
  }
  return std::filesystem::path(folder) / "cubins";
}

std::filesystem::path cached_file(const std::string& key) {
  const std::filesystem::path folder = cache_folder();
  if (folder.empty()) return {};
  return folder / (key + "_nvrtc" + nvrtc_version() + ".cubin");
}

/// A file is the cubin and a hash behind it, so that a damaged one is found out.
constexpr size_t kHashDigits = 32;

std::vector<std::byte> read_cached(const std::filesystem::path& path) {
  std::error_code error;
  if (path.empty() || !std::filesystem::is_regular_file(path, error)) return {};
  try {
    const auto file = MappedFile::open(path);
    const auto bytes = file->bytes();
    if (bytes.size() <= kHashDigits) return {};
    const auto cubin = bytes.first(bytes.size() - kHashDigits);
    const auto hash = bytes.last(kHashDigits);
    const std::string expected = hash128_hex(cubin);
    if (!std::equal(hash.begin(), hash.end(),
                    std::as_bytes(std::span(expected.data(), expected.size())).begin())) {
      return {};
    }
    return {cubin.begin(), cubin.end()};
  } catch (const Error&) {
    return {};  // a cache that cannot be read is only slower
  }
}

void write_cached(const std::filesystem::path& path, std::vector<std::byte> cubin) {
  if (path.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return;
  const std::string hash = hash128_hex(cubin);
  const auto digits = std::as_bytes(std::span(hash.data(), hash.size()));
  cubin.insert(cubin.end(), digits.begin(), digits.end());
  try {
    write_file_atomically(path, cubin);
  } catch (const Error&) {
    // A full or read-only cache is only slower.
  }
}

std::vector<std::byte> make_cubin(const KernelSource& source, const std::string& key,
                                  const std::string& architecture) {
  const auto other = other_compilers().find(architecture);
  if (other != other_compilers().end()) {
    return other->second(kernel_text(source), source.file, architecture);
  }
  const std::filesystem::path path = cached_file(key);
  std::vector<std::byte> cubin = read_cached(path);
  if (!cubin.empty()) return cubin;
  cubin = nvrtc_compile(kernel_text(source), source.file, architecture);
  write_cached(path, cubin);
  return cubin;
}

}  // namespace

KernelStore::KernelStore(std::string architecture, int threads)
    : architecture_(std::move(architecture)), threads_(std::max(threads, 1)) {}

void KernelStore::compile(std::span<const KernelSource> sources,
                          const std::function<void(int done, int total)>& on_progress) {
  struct Job {
    const KernelSource* source;
    Cubin cubin;
    std::string failure;
  };
  std::map<std::string, Job> jobs;
  for (const KernelSource& source : sources) {
    const std::string key = kernel_key(source, architecture_);
    if (!cubins_.contains(key) && !failures_.contains(key)) jobs[key] = {&source, nullptr, {}};
  }
  std::vector<std::pair<const std::string, Job>*> queue;
  for (auto& job : jobs) queue.push_back(&job);

  std::mutex mutex;
  std::condition_variable ended;
  size_t next = 0;
  int done = 0;
  const auto work = [&] {
    for (;;) {
      std::unique_lock lock(mutex);
      if (next == queue.size()) return;
      auto& [key, job] = *queue[next++];
      lock.unlock();
      try {
        job.cubin = std::make_shared<const std::vector<std::byte>>(
            make_cubin(*job.source, key, architecture_));
      } catch (const std::exception& error) {
        job.failure = error.what();
      }
      lock.lock();
      ++done;
      ended.notify_one();
    }
  };
  std::vector<std::thread> workers;
  const auto count = std::min(static_cast<size_t>(threads_), queue.size());
  for (size_t i = 0; i < count; ++i) workers.emplace_back(work);
  // Progress is told from this thread: its receiver need not be thread-safe.
  const int total = static_cast<int>(queue.size());
  for (int told = 0; told < total;) {
    std::unique_lock lock(mutex);
    ended.wait(lock, [&] { return done > told; });
    told = done;
    lock.unlock();
    if (on_progress) on_progress(told, total);
  }
  for (std::thread& worker : workers) worker.join();
  for (auto& [key, job] : jobs) {
    if (job.cubin) {
      cubins_[key] = std::move(job.cubin);
    } else {
      failures_[key] = std::move(job.failure);
    }
  }
}

Cubin KernelStore::find(const std::string& key) const {
  const auto found = cubins_.find(key);
  return found == cubins_.end() ? nullptr : found->second;
}

std::string KernelStore::failure(const std::string& key) const {
  const auto found = failures_.find(key);
  return found == failures_.end() ? "" : found->second;
}

void set_kernel_compiler(const std::string& architecture, KernelCompiler compiler) {
  other_compilers()[architecture] = compiler;
}

std::string nvrtc_missing() { return nvrtc_unavailable(); }

}  // namespace ingot
