// The emulation itself: barriers, warps, shared memory, early returns, guards, recordings.
#include <gtest/gtest.h>

#include <numeric>

#include "core/base/error.h"
#include "tests/gpu/emulation/emulated_compiler.h"
#include "tests/gpu/emulation/emulated_device.h"
#include "tests/gpu/emulation/use_emulated_gpu.h"

namespace ingot {
namespace {

struct Params {
  const int* in;
  int* out;
  int count;
  float scale;
};

constexpr const char* kParams = R"(
  struct Params { const int* in; int* out; int count; float scale; };
)";

class Emulation : public testing::Test {
 protected:
  void SetUp() override {
    if (!use_emulated_gpu()) GTEST_SKIP() << "a GPU is tested";
  }

  /// Runs an entry over in = 0, 1, 2, ... and gives what it wrote into `out_count` integers.
  std::vector<int> run(const std::string& text, const LaunchShape& shape, int count, int out_count,
                       const std::string& entry = "entry") {
    const auto object = compile_emulated(kParams + text, "test.cuh", kEmulated);
    const auto kernel = device_->load_kernel(object, entry);
    std::vector<int> in(static_cast<size_t>(count)), out(static_cast<size_t>(out_count));
    std::iota(in.begin(), in.end(), 0);
    const auto source = device_->allocate(in.size() * 4),
               target = device_->allocate(out.size() * 4);
    device_->upload(source.get(), in.data(), in.size() * 4);
    const auto queue = device_->make_queue();
    const Params params{static_cast<int*>(source.get()), static_cast<int*>(target.get()), count,
                        0.5F};
    kernel->launch(queue->stream(), shape, &params, sizeof params);
    queue->copy(out.data(), target.get(), out.size() * 4);
    queue->synchronize();
    return out;
  }
  std::string problem(const std::string& text, const LaunchShape& shape, int count, int out_count) {
    try {
      run(text, shape, count, out_count);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  std::shared_ptr<Device> device_ = make_emulated_device();
};

TEST_F(Emulation, ThreadsOfABlockMeetAtBarriersOverSharedMemory) {
  const std::string reverse = R"(
    extern "C" __global__ void __launch_bounds__(256) entry(const Params p) {
      __shared__ int tile[256];
      extern __shared__ __align__(16) int dynamic[];
      const int at = blockIdx.x * blockDim.x + threadIdx.x;
      tile[threadIdx.x] = p.in[at];
      __syncthreads();
      dynamic[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
      __syncthreads();
      p.out[at] = dynamic[threadIdx.x ^ 1];
    })";
  for (const bool backwards : {false, true}) {
    run_emulated_threads_backwards(backwards);
    const auto out = run(reverse, {{3}, {64}, 64 * 4}, 192, 192);
    for (int i = 0; i < 192; ++i) {
      EXPECT_EQ(out[static_cast<size_t>(i)], i / 64 * 64 + 63 - (i % 64 ^ 1));
    }
  }
  run_emulated_threads_backwards(false);
}

TEST_F(Emulation, LanesOfAWarpExchangeAndVote) {
  const auto out = run(R"(
    extern "C" __global__ void entry(const Params p) {
      const int lane = threadIdx.x % 32;
      int sum = p.in[threadIdx.x];
      for (int i = 16; i > 0; i /= 2) sum += __shfl_xor_sync(0xffffffff, sum, i);
      const unsigned odd = __ballot_sync(0xffffffff, lane & 1);
      float half = __shfl_down_sync(0xffffffff, lane * 0.5f, 4, 8);
      const int up = __shfl_up_sync(0xffffffff, lane, 1);
      p.out[threadIdx.x * 4] = sum;
      p.out[threadIdx.x * 4 + 1] = (int)odd;
      p.out[threadIdx.x * 4 + 2] = (int)(half * 2);
      p.out[threadIdx.x * 4 + 3] = up;
    })",
                       {{1}, {64}}, 64, 256);
  for (int i = 0; i < 64; ++i) {
    const int* of = &out[static_cast<size_t>(i) * 4];
    EXPECT_EQ(of[0], i < 32 ? 496 : 496 + 1024);
    EXPECT_EQ(static_cast<unsigned>(of[1]), 0xaaaaaaaaU);
    EXPECT_EQ(of[2], i % 8 < 4 ? i % 32 + 4 : i % 32);
    EXPECT_EQ(of[3], i % 32 == 0 ? 0 : i % 32 - 1);
  }
}

TEST_F(Emulation, ThreadsThatReturnEarlyAreNotWaitedFor) {
  const auto out = run(R"(
    extern "C" __global__ void entry(const Params p) {
      const int at = threadIdx.x;
      if (at >= p.count) return;
      __syncthreads();
      const int next = __shfl_down_sync(0xffffffff, at, 1);
      __syncthreads();
      p.out[at] = at + 1 < p.count && at % 32 < 31 ? next : -1;
    })",
                       {{1}, {128}}, 45, 45);
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[31], -1);
  EXPECT_EQ(out[43], 44);
  EXPECT_EQ(out[44], -1);
}

TEST_F(Emulation, AFileHasSeveralEntriesAndBlocksOfThreeAxes) {
  const std::string text = R"(
    extern "C" __global__ void count_threads(const Params p) { atomicAdd(p.out, 1); }
    extern "C" __global__ void entry(const Params p) {
      p.out[(threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x] =
          threadIdx.x + 10 * threadIdx.y + 100 * threadIdx.z;
    })";
  EXPECT_EQ(run(text, {{1}, {3, 2, 2}}, 1, 12)[11], 112);
  EXPECT_EQ(run(text, {{5, 2}, {7}}, 1, 1, "count_threads")[0], 69);  // memory begins as -1
}

TEST_F(Emulation, AStructInRegistersArrivesToo) {
  const auto object = compile_emulated(R"(
    struct Small { int* out; long long value; };
    extern "C" __global__ void entry(const Small p) { *p.out = (int)p.value; })",
                                       "small.cuh", kEmulated);
  struct {
    void* out;
    long long value;
  } params = {nullptr, 42};
  const auto memory = device_->allocate(4);
  params.out = memory.get();
  const auto queue = device_->make_queue();
  device_->load_kernel(object, "entry")->launch(queue->stream(), {}, &params, sizeof params);
  EXPECT_EQ(*static_cast<int*>(memory.get()), 42);
}

TEST_F(Emulation, AWriteBehindAnAllocationIsAFault) {
  const std::string text = R"(
    extern "C" __global__ void entry(const Params p) { p.out[threadIdx.x] = 0; })";
  EXPECT_EQ(problem(text, {{1}, {8}}, 1, 8), "");
  EXPECT_NE(problem(text, {{1}, {9}}, 1, 8).find("byte 32 of memory of 32 bytes"),
            std::string::npos);
}

TEST_F(Emulation, AWriteBehindDynamicSharedMemoryIsAFault) {
  EXPECT_NE(problem(R"(
    extern "C" __global__ void entry(const Params p) {
      extern __shared__ float values[];
      values[threadIdx.x] = 1;
    })",
                    {{1}, {33}, 128}, 1, 1)
                .find("byte 128 of 128"),
            std::string::npos);
}

TEST_F(Emulation, ABarrierThatNotAllThreadsReachIsADeadlock) {
  EXPECT_NE(problem(R"(
    extern "C" __global__ void entry(const Params p) {
      if (threadIdx.x < 32) __syncthreads();
      else __shfl_sync(0xffffffff, 1, threadIdx.x == 40 ? (__syncthreads(), 0) : 0);
    })",
                    {{1}, {64}}, 1, 1)
                .find("deadlock"),
            std::string::npos);
}

TEST_F(Emulation, WhatDoesNotCompileShowsTheCompilersLines) {
  const std::string wrong =
      problem("extern \"C\" __global__ void entry(const Params p) { no(); }", {}, 1, 1);
  EXPECT_NE(wrong.find("test.cuh does not compile"), std::string::npos);
  EXPECT_NE(wrong.find("no"), std::string::npos);
}

TEST_F(Emulation, ARecordingRunsWhenItIsReplayed) {
  const auto object = compile_emulated(
      std::string(kParams) +
          "extern \"C\" __global__ void entry(const Params p) { *p.out += p.count; }",
      "add.cuh", kEmulated);
  const auto kernel = device_->load_kernel(object, "entry");
  const auto memory = device_->allocate(4);
  auto* value = static_cast<int*>(memory.get());
  *value = 1;
  const Params params{nullptr, value, 10, 0};
  const auto queue = device_->make_queue();
  queue->begin_recording();
  kernel->launch(queue->stream(), {}, &params, sizeof params);
  const auto recording = queue->end_recording();
  EXPECT_EQ(*value, 1);
  queue->replay(*recording);
  queue->replay(*recording);
  EXPECT_EQ(*value, 21);
  EXPECT_EQ(recording->node_count(), 1);
}

}  // namespace
}  // namespace ingot
