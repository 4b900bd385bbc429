// Candidates with kernels, and the names of types in them.
#include "compiler/tactics/jit_support.h"

namespace ingot {

Candidate make_jit_candidate(std::string_view kind, const TacticNode& node, const Target& target,
                             Layout layout, KernelSource source, std::string_view params) {
  Candidate candidate = make_candidate(kind, node, target, layout, params);
  add_kernel(&candidate, target, std::move(source), "cubin");
  return candidate;
}

void add_kernel(Candidate* candidate, const Target& target, KernelSource source,
                const std::string& attribute) {
  candidate->attributes.set(attribute, kernel_key(source, target.gpu.architecture));
  candidate->kernels.push_back(std::move(source));
}

std::string_view kernel_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "float";
    case DType::kF16:
      return "half_t";
    case DType::kBF16:
      return "bfloat16_t";
    case DType::kF64:
      return "double";
    case DType::kBool:
      return "bool";
    case DType::kI8:
      return "signed char";
    case DType::kU8:
      return "unsigned char";
    case DType::kI16:
      return "short";
    case DType::kU16:
      return "unsigned short";
    case DType::kI32:
      return "int";
    case DType::kU32:
      return "unsigned";
    case DType::kI64:
      return "long long";
    case DType::kU64:
      return "unsigned long long";
    default:
      return "";
  }
}

bool is_kernel_float(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

std::vector<Layout> gpu_layouts(int rank) {
  if (rank < 3) return {Layout::kPlain};
  return {Layout::kPlain, Layout::kChannelsLast};
}

}  // namespace ingot
