// BitShift: the bits of each integer moved left or right.
#include "ops/binary.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  const std::string direction = node.text("direction");
  if (direction != "LEFT" && direction != "RIGHT") {
    node.fail("op.bad_attribute", "direction is \"" + direction + "\"",
              "use \"LEFT\" or \"RIGHT\"");
  }
  infer_broadcast_integers(node);
}

void evaluate(Reference& node) {
  const bool left = node.text("direction") == "LEFT";
  map_integer_pairs(node, [left]<typename T>(T a, T b) -> T {
    using Bits = std::make_unsigned_t<T>;
    // By the width or more (a negative number of bits counts as that), everything is shifted out.
    const bool all = static_cast<Bits>(b) >= sizeof(T) * 8;
    if (left) return all ? T{0} : static_cast<T>(static_cast<uint64_t>(a) << b);
    // To the right, the sign of a signed integer is kept.
    return static_cast<T>(all ? (a < T{0} ? -1 : 0) : a >> b);
  });
}

}  // namespace

extern const OpDef kBitShift = {
    .name = "BitShift",
    .summary = "Moves the bits of each element left or right.",
    .inputs = {{"X", "an integer, any shape"}, {"Y", "type of X; bits to move by; broadcasts"}},
    .outputs = {{"C", "type of X, broadcast shape"}},
    .attributes = {{"direction", "", "\"LEFT\" or \"RIGHT\"", true}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
