// What the oneDNN tactics ask of nodes and targets: see the header.
#include "compiler/tactics/dnnl_support.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace ingot {
namespace {

constexpr int64_t kAnyByte = 255;

/// Upper limit of the expression's result, where it ends in one.
int64_t limit_of(const Expression* expression) {
  if (expression == nullptr || expression->empty()) return kAnyByte;
  const ExpressionNode& last = expression->nodes().back();
  const bool clips = last.op == ScalarOp::kClip;
  if (!clips && last.op != ScalarOp::kMin) return kAnyByte;
  float limit = kAnyByte;
  for (int i = clips ? 2 : 0; i < (clips ? 3 : 2); ++i) {
    const ExpressionNode& node = expression->nodes()[static_cast<size_t>(last.operands[i])];
    if (node.op == ScalarOp::kConstant) limit = std::min(limit, node.value);
  }
  return std::clamp<int64_t>(std::lround(limit), 0, kAnyByte);
}

int64_t largest_value(const Graph& graph, ValueId value, int depth) {
  const auto& type = graph.value(value).type;
  if (type.dtype != DType::kU8 || depth == 0) return kAnyByte;
  const NodeId maker = graph.producer(value);
  if (!maker) return kAnyByte;
  const Node& node = graph.node(maker);
  const std::string_view op = node.op->name;
  if (op == "Pointwise") return limit_of(node.attributes.expression("expression"));
  if (op == "Conv" || op == "MatMul" || op == "ConvTranspose") {
    return limit_of(node.attributes.expression("epilogue"));
  }
  // What these put out, they were given.
  constexpr std::string_view kMoves[] = {
      "MaxPool", "GlobalMaxPool", "Reshape", "Transpose", "Concat", "Slice",        "Split",
      "Squeeze", "Unsqueeze",     "Flatten", "Expand",    "Resize", "DepthToSpace", "SpaceToDepth"};
  if (std::find(std::begin(kMoves), std::end(kMoves), op) == std::end(kMoves)) return kAnyByte;
  int64_t largest = 0;
  for (const ValueId input : node.inputs) {
    if (!input || graph.dtype(input) != DType::kU8) continue;
    largest = std::max(largest, largest_value(graph, input, depth - 1));
  }
  return largest;
}

}  // namespace

bool is_byte(DType dtype) { return dtype == DType::kI8 || dtype == DType::kU8; }

int64_t largest_value(const TacticNode& node) {
  constexpr int kDepth = 16;
  return largest_value(node.graph(), node.node().inputs[0], kDepth);
}

Verdict dnnl_multiplies_integers(const TacticNode& node, const Target& target) {
  const DType x = node.input_dtype(0), w = node.input_dtype(1);
  if (!is_byte(x) || w != DType::kI8) {
    return Verdict::no(fmt::format("{} by {}", dtype_name(x), dtype_name(w)));
  }
  if (node.output_dtype() == DType::kF16) return Verdict::no("a result of f16");
  const CpuInfo& cpu = target.cpu;
  if (cpu.avx512_vnni || cpu.avx2_vnni || cpu.amx_int8) return Verdict::yes();
  if (x == DType::kU8 && largest_value(node) <= 127) return Verdict::yes();
  return Verdict::no(
      fmt::format("this CPU ({}) has no VNNI: oneDNN's 16-bit sums would saturate with {}",
                  cpu.isa(), x == DType::kI8 ? "signed inputs" : "inputs beyond 127"));
}

Verdict dnnl_computes(DType dtype, const Target& target) {
  if (dtype == DType::kF32) return Verdict::yes();
  if (dtype == DType::kBF16) {
    if (target.cpu.avx512_bf16 || target.cpu.amx_bf16) return Verdict::yes();
    return Verdict::no(fmt::format("this CPU ({}) has no BF16 arithmetic", target.cpu.isa()));
  }
  return Verdict::no(fmt::format("oneDNN has no kernel for {} here", dtype_name(dtype)));
}

std::vector<Layout> dnnl_layouts(const Target& target) {
  return {Layout::kChannelsLast, target.cpu.avx512 ? Layout::kBlocked16 : Layout::kBlocked8};
}

}  // namespace ingot
