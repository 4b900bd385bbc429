// Clip: each element brought into [min, max]; with min > max, everything is max.
#include "ops/blocks.h"
#include "ops/unary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_number_map(node);
  for (int i = 1; i <= 2; ++i) {
    if (node.has_input(i)) node.require_same_dtype(0, i);
  }
  const ValueType& x = node.input(0);
  if (!x.contents || !can_track(node.outputs()[0])) return;
  std::vector<Dim> contents = *x.contents;
  for (int i = 1; i <= 2; ++i) {
    if (!node.has_input(i)) continue;
    const auto limit = node.known_dims(i);
    if (!limit || limit->size() != 1) return;
    for (Dim& dim : contents) {
      dim = i == 1 ? Dim::max(dim, limit->front()) : Dim::min(dim, limit->front());
    }
  }
  node.set_contents(0, std::move(contents));
}

/// A bound in the two types that hold every element exactly.
struct Bound {
  bool given = false;
  double number = 0;
  int64_t integer = 0;

  Bound(const Reference& node, int i) : given(node.has_input(i)) {
    if (!given) return;
    number = load_element<double>(node.input(i), 0);
    integer = load_element<int64_t>(node.input(i), 0);
  }
  template <typename T>
  T as() const {
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(number);
    return static_cast<T>(integer);
  }
};

void evaluate(Reference& node) {
  const Bound low(node, 1), high(node, 2);
  map_numbers(node, [&]<typename T>(T x) -> T {
    if (low.given && x < low.as<T>()) x = low.as<T>();
    if (high.given && x > high.as<T>()) x = high.as<T>();
    return x;
  });
}

}  // namespace

extern const OpDef kClip = {
    .name = "Clip",
    .summary = "Brings each element into the range from min to max.",
    .inputs = {{"input", "a number, any shape"},
               {"min", "scalar, type of input; without it no lower bound", OpPort::kOptional},
               {"max", "scalar, type of input; without it no upper bound", OpPort::kOptional}},
    .outputs = {{"output", "type and shape of input"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.scalar = ScalarOp::kClip, .elementwise = true},
};

}  // namespace ingot
