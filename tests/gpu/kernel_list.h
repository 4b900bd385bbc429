// The kernels that tests use, compiled for real GPUs instead of being run: with
// INGOT_COMPILE_KERNELS=folder, gpu_tests asks the tactics once for every architecture, compiles
// what they propose by NVRTC, and leaves the assembler's report of each in the folder, where the
// next run finds it. scripts/check/kernels.py reads them.
#pragma once

#include <span>
#include <string>

#include "compiler/jit/kernel_source.h"
#include "compiler/tactics/target.h"

namespace ingot {

/// The tests of this process list kernels.
bool listing_kernels();

/// Targets of all architectures that kernels must compile for.
std::span<const Target> listed_targets();

/// To be compiled when all tests have ended. Of the kernels of one file the first is compiled for
/// all architectures, some others for one each: they differ in types and expressions only.
void list_kernels(const Target& target, std::span<const KernelSource> sources);

}  // namespace ingot
