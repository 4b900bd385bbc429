// Mod: the remainder of a division, with the sign of the divisor (fmod = 0) or of the dividend.
#include "ops/binary.h"

#include <cmath>

namespace ingot {
namespace {

std::optional<Dim> remainder_of_floor(const Dim& a, const Dim& b) {
  if (b.is_constant() && b.constant() == 0) return std::nullopt;
  return a - b * Dim::floor_div(a, b);
}

void infer(InferContext& node) {
  infer_broadcast_numbers(node, node.integer("fmod") != 0 ? nullptr : remainder_of_floor);
}

void evaluate(Reference& node) {
  const bool c_style = node.integer("fmod") != 0;
  map_number_pairs(node, [c_style]<typename T>(T a, T b) -> T {
    if constexpr (std::is_floating_point_v<T>) {
      const T rest = std::fmod(a, b);
      return !c_style && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    } else {
      if (b == 0) return T{0};  // left open by ONNX: never a trap
      if constexpr (std::is_signed_v<T>) {
        if (b == -1) return T{0};
        const T rest = static_cast<T>(a % b);
        return !c_style && rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
      } else {
        return static_cast<T>(a % b);
      }
    }
  });
}

}  // namespace

extern const OpDef kMod = {
    .name = "Mod",
    .summary = "Gives the remainder of dividing the first tensor by the second.",
    .inputs = {{"A", "a number, any shape"}, {"B", "type of A; broadcasts"}},
    .outputs = {{"C", "type of A, broadcast shape"}},
    .attributes = {{"fmod", 0,
                    "1: the sign of the dividend, as C's fmod; 0: of the divisor, as Python's %"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
