// Threads of a block as fibers, barriers, and what the lanes of a warp do together. A part of
// prelude.h.
#pragma once

namespace emulated {

constexpr int kMaxThreads = 1024;
constexpr size_t kSharedBytes = 232448, kSharedGuard = 4096;
alignas(1024) static unsigned char dynamic_shared[kSharedBytes + kSharedGuard];
constexpr unsigned long long kStackMark = 0x5ac3a55a0ff0aa55ULL;

enum class State : unsigned char { kReady, kAtBarrier, kInWarp, kDone };
/// What lanes do together: exchange values, or vote.
enum class Collective : int { kNone, kSync, kShuffle, kBallot, kMatch };

struct Fiber {
  void* stack_pointer;
  State state;
  int barrier;  ///< waits at this one, for so many threads (0: all of the block)
  int barrier_count;
  int vote;  ///< of __syncthreads_count and its like
  Collective what;
  unsigned mask;
  int source;  ///< lane that a shuffle reads
  unsigned long long value, result;
};

static Fiber fibers[kMaxThreads];
static int thread_count, current, alive;
constexpr int kBarriers = 16;
static int waiting_at[kBarriers];
static bool progress;
static void* scheduler_pointer;
static const EmulatedLaunch* launch;

extern "C" void ingot_emulated_switch(void** from, void* to);
extern "C" void ingot_emulated_begin();
extern "C" void ingot_emulated_end();
// Saved registers and the return address lie on the stack that is left. A new thread begins with
// the kernel's parameters where the ABI has a large struct: above the return address (a struct of
// up to 16 bytes comes in two registers).
__asm__(R"(
  .text
  .local ingot_emulated_switch
ingot_emulated_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .local ingot_emulated_begin
ingot_emulated_begin:
  movq %r12, %rdi
  movq %r13, %rsi
  movq %r12, %xmm0
  movq %r13, %xmm1
  jmp *%rbx
  .local ingot_emulated_end
ingot_emulated_end:
  call ingot_emulated_exit
)");

inline void yield_fiber() {
  ingot_emulated_switch(&fibers[current].stack_pointer, scheduler_pointer);
}

/// Completes the collective that all live lanes of `mask` wait for, if they do.
inline void try_complete_warp(int warp, unsigned mask) {
  Fiber* lanes = fibers + warp * 32;
  // Threads come in order: mostly the first or the last of them is still to come.
  const int ends[] = {__builtin_ffs(static_cast<int>(mask)) - 1, 31 - __builtin_clz(mask | 1U)};
  for (const int i : ends) {
    if (i >= 0 && warp * 32 + i < thread_count && lanes[i].state == State::kReady) return;
  }
  unsigned arrived = 0;
  Collective what = Collective::kNone;
  for (int i = 0; i < 32; ++i) {
    if (!(mask >> i & 1U) || warp * 32 + i >= thread_count || lanes[i].state == State::kDone)
      continue;
    if (lanes[i].state != State::kInWarp || lanes[i].mask != mask) return;
    if (what != Collective::kNone && what != lanes[i].what) return;
    what = lanes[i].what;
    arrived |= 1U << i;
  }
  unsigned ballot = 0;
  for (int i = 0; i < 32; ++i) {
    if (arrived >> i & 1U) ballot |= static_cast<unsigned>(lanes[i].value != 0) << i;
  }
  for (int i = 0; i < 32; ++i) {
    if (!(arrived >> i & 1U)) continue;
    Fiber& lane = lanes[i];
    if (what == Collective::kBallot) lane.result = ballot;
    if (what == Collective::kShuffle) {
      // What a lane that takes no part has is not defined: ones, a NaN.
      lane.result = arrived >> lane.source & 1U ? lanes[lane.source].value : ~0ULL;
    }
    if (what == Collective::kMatch) {
      lane.result = 0;
      for (int j = 0; j < 32; ++j) {
        if (arrived >> j & 1U && lanes[j].value == lane.value) lane.result |= 1U << j;
      }
    }
    lane.state = State::kReady;
  }
  progress = true;
}

inline unsigned long long collective(Collective what, unsigned mask, unsigned long long value,
                                     int source) {
  Fiber& fiber = fibers[current];
  fiber.what = what;
  fiber.mask = mask;
  fiber.value = value;
  fiber.source = source;
  fiber.state = State::kInWarp;
  try_complete_warp(current / 32, mask);
  while (fiber.state == State::kInWarp) yield_fiber();
  return fiber.result;
}

inline void try_release_barrier(int barrier, int count) {
  const int waiting = waiting_at[barrier];
  if (waiting == 0 || waiting < (count > 0 ? count : alive)) return;
  int votes = 0;
  for (int i = 0; i < thread_count; ++i) {
    Fiber& fiber = fibers[i];
    if (fiber.state == State::kAtBarrier && fiber.barrier == barrier) votes += fiber.vote != 0;
  }
  for (int i = 0; i < thread_count; ++i) {
    Fiber& fiber = fibers[i];
    if (fiber.state != State::kAtBarrier || fiber.barrier != barrier) continue;
    fiber.state = State::kReady;
    fiber.result = static_cast<unsigned>(votes);
  }
  waiting_at[barrier] = 0;
  progress = true;
}

/// Waits for `count` threads (0: all that have not ended) at barrier `barrier`; gives how many of
/// them voted.
inline int wait_at_barrier(int barrier, int count, int vote) {
  Fiber& fiber = fibers[current];
  fiber.state = State::kAtBarrier;
  fiber.barrier = barrier;
  fiber.barrier_count = count;
  fiber.vote = vote;
  ++waiting_at[barrier];
  try_release_barrier(barrier, count);
  while (fiber.state == State::kAtBarrier) yield_fiber();
  return static_cast<int>(fiber.result);
}

extern "C" __attribute__((used, visibility("hidden"))) void ingot_emulated_exit() {
  fibers[current].state = State::kDone;
  --alive;
  progress = true;
  for (int i = current / 32 * 32; i < thread_count && i < current / 32 * 32 + 32; ++i) {
    if (fibers[i].state == State::kInWarp) try_complete_warp(current / 32, fibers[i].mask);
  }
  for (int i = 0; i < thread_count; ++i) {
    if (fibers[i].state == State::kAtBarrier && fibers[i].barrier_count == 0)
      try_release_barrier(fibers[i].barrier, 0);
  }
  for (;;) yield_fiber();
}

inline void start_fiber(int i) {
  char* stack = launch->stacks + static_cast<size_t>(i) * launch->stack_bytes;
  memcpy(stack, &kStackMark, sizeof kStackMark);
  const size_t room = (launch->params_bytes + 15) / 16 * 16;
  char* params = stack + launch->stack_bytes - 64 - room;
  memcpy(params, launch->params, launch->params_bytes);
  void* words[8] = {};
  memcpy(&words[3], launch->params, launch->params_bytes < 8 ? launch->params_bytes : 8);
  if (launch->params_bytes > 8) {
    const size_t rest = launch->params_bytes - 8;
    memcpy(&words[2], static_cast<const char*>(launch->params) + 8, rest < 8 ? rest : 8);
  }
  words[4] = launch->entry;
  words[6] = reinterpret_cast<void*>(&ingot_emulated_begin);
  words[7] = reinterpret_cast<void*>(&ingot_emulated_end);
  memcpy(params - sizeof words, words, sizeof words);
  fibers[i] = {};
  fibers[i].stack_pointer = params - sizeof words;
}

inline bool run_block(char* error, size_t error_bytes) {
  memset(dynamic_shared, 0xff, launch->shared_bytes);
  memset(dynamic_shared + launch->shared_bytes, 0xa7, kSharedGuard);
  alive = thread_count;
  memset(waiting_at, 0, sizeof waiting_at);
  for (int i = 0; i < thread_count; ++i) start_fiber(i);
  while (alive > 0) {
    progress = false;
    for (int k = 0; k < thread_count; ++k) {
      const int i = launch->backwards ? thread_count - 1 - k : k;
      if (fibers[i].state != State::kReady) continue;
      progress = true;
      current = i;
      const auto at = static_cast<unsigned>(i);
      threadIdx = {at % blockDim.x, at / blockDim.x % blockDim.y, at / blockDim.x / blockDim.y};
      ingot_emulated_switch(&scheduler_pointer, fibers[i].stack_pointer);
    }
    if (progress) continue;
    int at_barrier = 0, in_warp = 0;
    for (int i = 0; i < thread_count; ++i) {
      at_barrier += fibers[i].state == State::kAtBarrier;
      in_warp += fibers[i].state == State::kInWarp;
    }
    snprintf(
        error, error_bytes,
        "deadlock in block %u,%u,%u: %d threads wait at a barrier, %d for their warp, %d ended",
        blockIdx.x, blockIdx.y, blockIdx.z, at_barrier, in_warp, thread_count - alive);
    return false;
  }
  for (size_t i = 0; i < kSharedGuard; ++i) {
    if (dynamic_shared[launch->shared_bytes + i] == 0xa7) continue;
    snprintf(error, error_bytes, "byte %zu of %zu bytes of dynamic shared memory was written",
             launch->shared_bytes + i, launch->shared_bytes);
    return false;
  }
  for (int i = 0; i < thread_count; ++i) {
    if (memcmp(launch->stacks + static_cast<size_t>(i) * launch->stack_bytes, &kStackMark,
               sizeof kStackMark) == 0)
      continue;
    snprintf(error, error_bytes, "the stack of thread %d overflowed", i);
    return false;
  }
  return true;
}

}  // namespace emulated

extern "C" __attribute__((visibility("default"))) void ingot_emulated_launch(EmulatedLaunch* l) {
  using namespace emulated;
  launch = l;
  gridDim = l->grid;
  blockDim = l->block;
  l->error[0] = 0;
  thread_count = static_cast<int>(blockDim.x * blockDim.y * blockDim.z);
  if (thread_count < 1 || thread_count > kMaxThreads || l->shared_bytes > kSharedBytes) {
    snprintf(l->error, sizeof l->error, "a launch of %d threads with %zu bytes of shared memory",
             thread_count, l->shared_bytes);
    return;
  }
  for (unsigned z = 0; z < gridDim.z; ++z) {
    for (unsigned y = 0; y < gridDim.y; ++y) {
      for (unsigned x = 0; x < gridDim.x; ++x) {
        blockIdx = {x, y, z};
        if (!run_block(l->error, sizeof l->error)) return;
      }
    }
  }
}
