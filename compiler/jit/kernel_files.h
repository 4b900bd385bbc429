// The sources of kernels/, embedded at build time (cmake/embed_kernels.cmake).
#pragma once

#include <span>
#include <string_view>

namespace ingot {

struct KernelFile {
  std::string_view path;  ///< "kernels/ops/softmax.cuh"
  std::string_view text;
};

std::span<const KernelFile> kernel_files();

}  // namespace ingot
