// The kernel that the fake driver has: to[i] += value. Its "cubin" is a text that begins with
// "cubin" and has the entry's name in it.
#pragma once

namespace ingot {

struct FakeKernelParams {
  float* to;  ///< null: an illegal address
  int count;
  float value;
};

/// What the kernel adds more where it was allowed to overlap with the one before it.
inline constexpr float kFakeOverlap = 1000;

}  // namespace ingot
