// Candidates with kernels, and the names of types in them.
#include "compiler/tactics/jit_support.h"

#include <fmt/core.h>

#include <algorithm>

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
    case DType::kF8E4M3:
      return "float8_t";
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

bool is_kernel_byte(DType dtype) { return dtype == DType::kI8 || dtype == DType::kU8; }

bool is_kernel_result(DType dtype) {
  return is_kernel_float(dtype) || is_kernel_byte(dtype) || dtype == DType::kF8E4M3;
}

bool multiplies_integers(const TacticNode& node) { return is_kernel_byte(node.input_dtype(0)); }

bool multiplies_narrow(const TacticNode& node) {
  return multiplies_integers(node) || node.input_dtype(0) == DType::kF8E4M3;
}

Verdict product_types_fit(const TacticNode& node) {
  const DType x = node.input_dtype(0), w = node.input_dtype(1), y = node.output_dtype();
  if (!multiplies_narrow(node)) {
    if (!is_kernel_float(x)) return Verdict::no(fmt::format("operands of {}", dtype_name(x)));
    if (w != x || y != x) return Verdict::no("operands and result have different types");
    return Verdict::yes();
  }
  const bool integers = multiplies_integers(node);
  if (w != (integers ? DType::kI8 : DType::kF8E4M3)) {
    return Verdict::no(fmt::format("weights of {}", dtype_name(w)));
  }
  const Expression* epilogue = node.attributes().expression("epilogue");
  const bool raw = integers && y == DType::kI32 && (!epilogue || epilogue->empty());
  if (!raw && !is_kernel_result(y)) {
    return Verdict::no(fmt::format("a result of {}", dtype_name(y)));
  }
  return Verdict::yes();
}

std::vector<int64_t> integer_column_sums(const TacticNode& node) {
  const int64_t zero = node.attributes().integer("x_zero", 0);
  const bool has_bias = node.has_input(2);
  if (zero == 0 && !has_bias) return {};
  std::vector<int64_t> sums(static_cast<size_t>(node.constant(1).shape()[0]), 0);
  if (has_bias) sums = node.constant(2).to_integers();
  if (zero == 0) return sums;
  const std::vector<int64_t> weights = node.constant(1).to_integers();
  const size_t each = weights.size() / std::max<size_t>(sums.size(), 1);
  for (size_t i = 0; i < weights.size(); ++i) sums[i / each] -= zero * weights[i];
  return sums;
}

std::vector<Layout> gpu_layouts(int rank) {
  if (rank < 3) return {Layout::kPlain};
  return {Layout::kPlain, Layout::kChannelsLast};
}

}  // namespace ingot
