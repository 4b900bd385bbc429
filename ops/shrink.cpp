// Shrink: x + bias below -lambd, x - bias above lambd, 0 between.
#include "ops/unary.h"

namespace ingot {
namespace {

void evaluate(Reference& node) {
  map_numbers(node,
              [lambd = node.number("lambd"), bias = node.number("bias")]<typename T>(T x) -> T {
                using Wide = std::conditional_t<std::is_same_v<T, float>, float, double>;
                const auto value = static_cast<Wide>(x);
                if (value < static_cast<Wide>(-lambd))
                  return static_cast<T>(value + static_cast<Wide>(bias));
                if (value > static_cast<Wide>(lambd))
                  return static_cast<T>(value - static_cast<Wide>(bias));
                return T{0};
              });
}

}  // namespace

extern const OpDef kShrink = {
    .name = "Shrink",
    .summary = "Moves elements towards zero by bias, and those within lambd of zero to zero.",
    .inputs = {{"X", "a number, any shape"}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"lambd", 0.5f, "half the width of the zeroed middle"},
                   {"bias", 0.0f, "how far the others move"}},
    .infer = infer_number_map,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
