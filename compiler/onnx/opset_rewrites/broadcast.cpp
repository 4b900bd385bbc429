// Broadcasting before opset 7: `broadcast` allows it, `axis` says where the second input begins.
//
//   Add-6(x: [N,C,H,W], b: [C]) {broadcast=1, axis=1}    =>    Add(x, Unsqueeze(b, [1,2]))
#include <numeric>

#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

/// Gives input 1 `count` trailing axes of size 1.
void append_axes(Rewriting& node, int count) {
  if (count <= 0) return;
  std::vector<int64_t> axes(static_cast<size_t>(count));
  std::iota(axes.begin(), axes.end(), node.rank(1));
  node.set_input(1, node.emit("Unsqueeze", {node.input(1), node.constant(axes)}));
}

void align_second_input(Rewriting& node) {
  const bool broadcast = node.take_integer("broadcast").value_or(0) != 0;
  const auto axis = node.take_integer("axis");
  if (!broadcast || !axis) return;
  const int64_t begin = *axis < 0 ? *axis + node.rank(0) : *axis;
  append_axes(node, node.rank(0) - static_cast<int>(begin) - node.rank(1));
}

/// PRelu's slope has one element a channel.
void align_slope(Rewriting& node) {
  if (node.rank(1) == 1 && node.rank(0) > 2) append_axes(node, node.rank(0) - 2);
}

constexpr Rule kRules[] = {
    {"Add", 7, align_second_input},     {"And", 7, align_second_input},
    {"Div", 7, align_second_input},     {"Equal", 7, align_second_input},
    {"Greater", 7, align_second_input}, {"Less", 7, align_second_input},
    {"Mul", 7, align_second_input},     {"Or", 7, align_second_input},
    {"PRelu", 7, align_slope},          {"Pow", 7, align_second_input},
    {"Sub", 7, align_second_input},     {"Xor", 7, align_second_input},
};

}  // namespace

std::span<const Rule> broadcast_rules() { return kRules; }

}  // namespace ingot::onnx
