// Whole engines on the emulated GPU.
#pragma once

namespace ingot {

/// From now on the backend "cuda" of this process has one GPU, the emulated one; with
/// INGOT_TEST_GPU=1 it stays the real one. True if it is emulated.
bool use_emulated_gpu();

}  // namespace ingot
