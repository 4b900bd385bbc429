// Cast: each element in another type.
#include "ops/cast.h"

#include "ops/conversion.h"
#include "ops/reference.h"
#include "ops/shape_arithmetic.h"

namespace ingot {

void infer_cast(InferContext& node, DType to) {
  node.set_output(0, to, node.dims(0));
  if (is_float(node.input(0).dtype)) return;
  if (to == DType::kBool) {
    map_contents(node, [](const Dim& x) -> std::optional<Dim> {
      const std::optional<bool> zero = dims_equal(x, 0);
      return zero ? std::optional<Dim>(*zero ? 0 : 1) : std::nullopt;
    });
  } else {
    map_contents(node, [](const Dim& x) -> std::optional<Dim> { return x; });
  }
}

namespace {

void infer(InferContext& node) {
  const DType to = node.dtype("to");
  if (to == DType::kUndefined) {
    node.fail("op.bad_attribute", "the type to cast to is not one that Ingot has",
              "cast to another type");
  }
  infer_cast(node, to);
}

void evaluate(Reference& node) {
  convert_elements(node.input(0), node.output(0), node.integer("saturate") != 0);
}

}  // namespace

extern const OpDef kCast = {
    .name = "Cast",
    .summary = "Converts each element to another type.",
    .inputs = {{"input", "any type, any shape"}},
    .outputs = {{"output", "type `to`, shape of input"}},
    .attributes = {{"to", DType::kUndefined, "the type to convert to", true},
                   {"saturate", 1,
                    "0: what is too large for an 8-bit float becomes its infinity or NaN"},
                   {"round_mode", "up", "of 8-bit exponents; no type here has them"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.elementwise = true},
};

}  // namespace ingot
