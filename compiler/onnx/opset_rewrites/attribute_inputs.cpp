// Other attributes that are inputs now: bounds, pads, shapes, counts.
//
//   Clip-6(x) {min=0.0, max=6.0}    =>    Clip(x, const 0, const 6)
#include <fmt/format.h>

#include "compiler/onnx/opset_rewrites/rewrite.h"

namespace ingot::onnx {
namespace {

void clip_bounds(Rewriting& node) {
  if (const auto low = node.take_number("min")) node.set_input(1, node.scalar(*low, node.dtype(0)));
  if (const auto high = node.take_number("max")) {
    node.set_input(2, node.scalar(*high, node.dtype(0)));
  }
}

void pad_widths(Rewriting& node) {
  auto pads = node.take_integers("pads");
  if (const auto paddings = node.take_integers("paddings")) pads = paddings;
  if (pads) node.set_input(1, node.constant(*pads));
  if (const auto value = node.take_number("value")) {
    node.set_input(2, node.scalar(*value, node.dtype(0)));
  }
}

void slice_bounds(Rewriting& node) {
  const auto starts = node.take_integers("starts"), ends = node.take_integers("ends");
  if (starts) node.set_input(1, node.constant(*starts));
  if (ends) node.set_input(2, node.constant(*ends));
  if (const auto axes = node.take_integers("axes")) node.set_input(3, node.constant(*axes));
}

void reshape_target(Rewriting& node) {
  if (const auto shape = node.take_integers("shape")) node.set_input(1, node.constant(*shape));
}

void top_k_count(Rewriting& node) {
  if (const auto k = node.take_integer("k")) node.set_input(1, node.constant({*k}));
}

/// Tile-1 repeats one axis: inputs (x, repeats, axis), both scalars.
void tile_one_axis(Rewriting& node) {
  const auto times = node.integers(1), axis = node.integers(2);
  const int rank = node.rank(0);
  const bool known = times && axis && times->size() == 1 && axis->size() == 1;
  if (!known || axis->front() < 0 || axis->front() >= rank) {
    node.fail("onnx.unsupported_operator", "Tile of opset 1 needs a constant count and axis",
              "export the model with opset 6 or newer");
  }
  std::vector<int64_t> repeats(static_cast<size_t>(rank), 1);
  repeats[static_cast<size_t>(axis->front())] = times->front();
  node.inputs.resize(1);
  node.set_input(1, node.constant(repeats));
}

void dft_axis(Rewriting& node) {
  node.set_input(2, node.constant(Tensor::scalar_i64(node.take_integer("axis").value_or(1))));
}

constexpr Rule kRules[] = {
    {"Clip", 11, clip_bounds},      {"Pad", 11, pad_widths},   {"Slice", 10, slice_bounds},
    {"Reshape", 5, reshape_target}, {"TopK", 10, top_k_count}, {"Tile", 6, tile_one_axis},
    {"DFT", 20, dft_axis},
};

}  // namespace

std::span<const Rule> attribute_input_rules() { return kRules; }

}  // namespace ingot::onnx
