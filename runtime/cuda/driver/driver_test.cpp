// The backend on the fake driver: memory, kernels, queues, graphs, and what goes wrong.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "ingot/error.h"
#include "runtime/cuda/driver/fake/fake_kernel.h"
#include "runtime/cuda/open_device.h"

namespace ingot {
namespace {

// Before anything asks for the driver.
[[maybe_unused]] const int kFakeIsFound =
    setenv("INGOT_CUDA_PATH", INGOT_FAKE_CUDA, /*overwrite=*/1);

constexpr std::string_view kCubin = "cubin fill";

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size() + 1));
}

template <typename F>
std::string problem_of(F&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// A fault breaks the fake driver for the process, as it breaks a context: each test gets a copy of
// the process only where it makes one.
class CudaDriver : public testing::Test {
 protected:
  std::shared_ptr<Device> device_ = open_cuda_device(0);
  std::unique_ptr<DeviceQueue> queue_ = device_->make_queue();
  std::shared_ptr<const DeviceKernel> kernel_ = device_->load_kernel(bytes_of(kCubin), "fill");

  void fill(float* to, int count, float value) {
    const FakeKernelParams params{to, count, value};
    kernel_->launch(queue_->stream(), {{1, 1, 1}, {32, 1, 1}, 0}, &params, sizeof params);
  }
};

TEST_F(CudaDriver, TellsTheFactsOfTheGpu) {
  EXPECT_EQ(device_->facts().name, "Fake GPU 0");
  EXPECT_EQ(device_->facts().architecture, "sm_90a");
  EXPECT_EQ(device_->facts().compute_capability, 90);
  EXPECT_EQ(device_->facts().shared_bytes, size_t{227} << 10);
  EXPECT_EQ(device_->facts().multiprocessors, 132);
}

TEST_F(CudaDriver, NamesTheGpusWhereAnIndexIsOutOfRange) {
  const std::string problem = problem_of([] { open_cuda_device(7); });
  EXPECT_NE(problem.find("device.not_available"), std::string::npos) << problem;
  EXPECT_NE(problem.find("0 (Fake GPU 0, GPU-a0010203-"), std::string::npos) << problem;
}

TEST_F(CudaDriver, FindsGpusByTheirUuids) {
  EXPECT_EQ(find_cuda_device("GPU-a0010203-0405-0607-0809-0a0b0c0d0e0f"), 0);
  EXPECT_EQ(find_cuda_device("GPU-a1"), 1);
  const std::string unknown = problem_of([] { find_cuda_device("GPU-ff"); });
  EXPECT_NE(unknown.find("no GPU has the UUID"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("1 (Fake GPU 1, GPU-a1010203-"), std::string::npos) << unknown;
  EXPECT_NE(problem_of([] { find_cuda_device("GPU-"); }).find("more than one GPU"),
            std::string::npos);
}

TEST_F(CudaDriver, CopiesUpAndBackAndKnowsItsAddresses) {
  const std::vector<float> data = {1, 2, 3, 4};
  std::vector<float> back(4);
  const auto memory = device_->allocate(16);
  device_->upload(memory.get(), data.data(), 16);
  queue_->copy(back.data(), memory.get(), 16);
  queue_->synchronize();
  EXPECT_EQ(back, data);
  EXPECT_TRUE(device_->is_device_address(static_cast<std::byte*>(memory.get()) + 4));
  EXPECT_FALSE(device_->is_device_address(data.data()));
}

TEST_F(CudaDriver, SaysHowMuchMemoryWasAskedForAndIsFree) {
  const size_t before = device_->free_bytes();
  auto half = device_->allocate(size_t{512} << 20);
  const std::string problem = problem_of([&] { device_->allocate(size_t{600} << 20); });
  EXPECT_NE(problem.find("memory.out_of_memory"), std::string::npos) << problem;
  EXPECT_NE(problem.find("629145600"), std::string::npos) << problem;
  EXPECT_NE(problem.find("536870912 of 1073741824 are free"), std::string::npos) << problem;
  half.reset();
  EXPECT_EQ(device_->free_bytes(), before);
}

TEST_F(CudaDriver, LeavesTheCallersContextAsItWas) {
  void* library = dlopen(INGOT_FAKE_CUDA "/libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
  ASSERT_NE(library, nullptr);
  const auto current = reinterpret_cast<int (*)(void**)>(dlsym(library, "cuCtxGetCurrent"));
  void* context = nullptr;
  device_->allocate(8);
  current(&context);
  EXPECT_EQ(context, nullptr);
  {
    const DeviceScope scope(device_.get());
    current(&context);
    EXPECT_NE(context, nullptr);
  }
  current(&context);
  EXPECT_EQ(context, nullptr);
}

TEST_F(CudaDriver, LaunchesAKernelWithItsParams) {
  std::vector<float> data(5, 1.0F);
  fill(data.data(), 5, 2.0F);
  queue_->synchronize();
  EXPECT_EQ(data, std::vector<float>(5, 3.0F));
  EXPECT_EQ(kernel_->blocks_per_multiprocessor(256, 0), 8);
}

TEST_F(CudaDriver, RefusesParamsOfAnotherSizeAndBlocksThatAreTooLarge) {
  const int params = 0;
  const auto launch = [&](uint32_t threads, size_t bytes) {
    return problem_of([&] {
      kernel_->launch(queue_->stream(), {{1, 1, 1}, {threads, 1, 1}, 0}, &params, bytes);
    });
  };
  EXPECT_NE(launch(32, sizeof params).find("it takes 16 bytes, not 4"), std::string::npos);
  const std::string too_large = launch(2048, sizeof(FakeKernelParams));
  EXPECT_NE(too_large.find("cuda.launch_failed"), std::string::npos) << too_large;
  EXPECT_NE(too_large.find("block 2048x1x1"), std::string::npos) << too_large;
}

TEST_F(CudaDriver, SaysWhatIsWrongWithACubin) {
  const std::string other = problem_of([&] { device_->load_kernel(bytes_of("PTX fill"), "fill"); });
  EXPECT_NE(other.find("was not compiled for this GPU (sm_90a)"), std::string::npos) << other;
  const std::string entry = problem_of([&] { device_->load_kernel(bytes_of(kCubin), "nosuch"); });
  EXPECT_NE(entry.find("no entry \"nosuch\""), std::string::npos) << entry;
  for (const std::string& text : {other, entry}) {
    EXPECT_NE(text.find("cuda.kernel_load_failed"), std::string::npos) << text;
  }
}

TEST_F(CudaDriver, ReplaysWhatWasRecordedAndRunsNothingWhileRecording) {
  std::vector<float> data(3, 0.0F);
  int calls = 0;
  queue_->begin_recording();
  fill(data.data(), 3, 1.0F);
  queue_->call([&] { ++calls; });
  const auto recording = queue_->end_recording();
  EXPECT_EQ(recording->node_count(), 2);
  EXPECT_EQ(data[0], 0.0F);
  for (int i = 0; i < 3; ++i) queue_->replay(*recording);
  queue_->synchronize();
  EXPECT_EQ(data[0], 3.0F);
  EXPECT_EQ(calls, 3);
}

TEST_F(CudaDriver, GivesAPartOfARecordingOtherAddresses) {
  std::vector<float> first(2, 0.0F), middle(2, 0.0F), other(2, 0.0F);
  queue_->begin_recording();
  queue_->begin_part(0);
  fill(first.data(), 2, 1.0F);
  queue_->begin_part(1);
  fill(middle.data(), 2, 3.0F);
  const auto recording = queue_->end_recording();
  const int parts[] = {0};
  ASSERT_TRUE(queue_->change_parts(*recording, parts, [&](int) { fill(other.data(), 2, 2.0F); }));
  queue_->replay(*recording);
  queue_->synchronize();
  EXPECT_EQ(first, std::vector<float>(2, 0.0F));
  EXPECT_EQ(other, std::vector<float>(2, 2.0F));
  EXPECT_EQ(middle, std::vector<float>(2, 3.0F));
}

TEST_F(CudaDriver, DoesNotChangeAPartIntoAnother) {
  std::vector<float> data(2, 0.0F);
  queue_->begin_recording();
  queue_->begin_part(0);
  fill(data.data(), 2, 1.0F);
  queue_->begin_part(1);
  fill(data.data(), 2, 1.0F);
  fill(data.data(), 2, 1.0F);  // nothing tells these two apart
  queue_->begin_part(2);
  queue_->call([] {});
  const auto recording = queue_->end_recording();
  const auto change = [&](int part, const std::function<void()>& work) {
    return queue_->change_parts(*recording, {&part, 1}, [&](int) { work(); });
  };
  const auto once = [&] { fill(data.data(), 2, 1.0F); };
  EXPECT_TRUE(change(0, once));
  EXPECT_FALSE(change(0, [&] { once(), once(); }));
  EXPECT_FALSE(change(0, [] {}));
  EXPECT_FALSE(change(1, [&] { once(), once(); }));
  EXPECT_FALSE(change(2, [&] { queue_->call([] {}); }));
  EXPECT_FALSE(change(7, once));
}

TEST_F(CudaDriver, ReleasesRecordedCallsWithTheRecording) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = held;
  queue_->begin_recording();
  queue_->call([held = std::move(held)] { ++*held; });
  auto recording = queue_->end_recording();
  EXPECT_FALSE(seen.expired());
  recording.reset();
  EXPECT_TRUE(seen.expired());
}

TEST_F(CudaDriver, RecordsAnewAfterARecordingThatWasAbandoned) {
  std::vector<float> data(1, 0.0F);
  queue_->begin_recording();
  fill(data.data(), 1, 5.0F);
  queue_->abandon_recording();
  queue_->begin_recording();
  fill(data.data(), 1, 1.0F);
  const auto recording = queue_->end_recording();
  queue_->replay(*recording);
  queue_->synchronize();
  EXPECT_EQ(data[0], 1.0F);
}

TEST_F(CudaDriver, RecordsOnItsOwnStreamWhileTheCallersIsUsed) {
  const auto other = device_->make_queue();
  void* const own = queue_->stream();
  queue_->use_stream(other->stream());
  EXPECT_EQ(queue_->stream(), other->stream());
  queue_->begin_recording();
  EXPECT_EQ(queue_->stream(), own);
  queue_->abandon_recording();
  queue_->use_stream(nullptr);
  EXPECT_EQ(queue_->stream(), own);
}

TEST_F(CudaDriver, ThrowsWhatAHostCallThrewOnceAndSkipsTheCallsAfterIt) {
  int calls = 0;
  queue_->call([] { throw std::runtime_error("index 9 is out of range"); });
  queue_->call([&] { ++calls; });
  EXPECT_THROW(queue_->synchronize(), std::runtime_error);
  EXPECT_EQ(calls, 0);
  queue_->call([&] { ++calls; });
  queue_->synchronize();
  EXPECT_EQ(calls, 1);
}

TEST_F(CudaDriver, MeasuresBetweenMarksAlsoOfARecording) {
  queue_->mark(0);
  queue_->begin_recording();
  queue_->mark(1);
  const auto recording = queue_->end_recording();
  EXPECT_EQ(recording->node_count(), 1);
  queue_->replay(*recording);
  queue_->wait(1);
  EXPECT_GE(queue_->milliseconds(0, 1), 0.0F);
}

TEST_F(CudaDriver, OverlapsWithAKernelBeforeItAndWithNothingElse) {
  const auto launch = [&](float* to) {
    const FakeKernelParams params{to, 1, 1.0F};
    kernel_->launch(queue_->stream(), {.grid = {1, 1, 1}, .block = {32, 1, 1}, .overlaps = true},
                    &params, sizeof params);
  };
  std::vector<float> data(4, 0.0F);
  launch(&data[0]);
  queue_->begin_recording();
  launch(&data[1]);  // the first of a graph
  launch(&data[2]);
  queue_->call([] {});
  launch(&data[3]);
  const auto recording = queue_->end_recording();
  queue_->replay(*recording);
  queue_->synchronize();
  EXPECT_EQ(data, (std::vector<float>{1 + kFakeOverlap, 1, 1 + kFakeOverlap, 1}));
}

TEST_F(CudaDriver, SaysAfterAFaultThatTheGpuIsLost) {
  const auto fault = [&] {
    fill(nullptr, 1, 1.0F);
    const std::string first = problem_of([&] { queue_->synchronize(); });
    const std::string later = problem_of([&] { device_->allocate(8); });
    const bool good = first.find("cuda.fault") != std::string::npos &&
                      first.find("CUDA_ERROR_ILLEGAL_ADDRESS") != std::string::npos &&
                      later == first;
    std::_Exit(good ? 0 : 1);
  };
  EXPECT_EXIT(fault(), testing::ExitedWithCode(0), "");
}

TEST(CudaReport, HasALineForTheDriverAndForEachGpu) {
  const std::vector<std::string> lines = cuda_report(false);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].substr(0, 12), "CUDA driver ");
  EXPECT_EQ(lines[2].substr(0, 18), "GPU 1: Fake GPU 1,");
}

// What happens when the driver is first asked for: in a process of its own.
void open_with(const char* variable, const char* value, const char* expected) {
  const auto in_copy = [&] {
    setenv(variable, value, 1);
    const std::string problem = problem_of([] { open_cuda_device(0); });
    std::_Exit(problem.find(expected) != std::string::npos ? 0 : 1);
  };
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(in_copy(), testing::ExitedWithCode(0), "") << expected;
}

TEST(CudaDriverDeathTest, SaysThatTheDriverIsTooOld) {
  open_with("FAKE_CUDA_VERSION", "11080", "is for CUDA 11.8; Ingot needs one for 12.0");
}

TEST(CudaDriverDeathTest, SaysThatTheDriverSeesNoGpu) {
  open_with("FAKE_CUDA_DEVICES", "0", "sees no GPU");
}

}  // namespace
}  // namespace ingot
