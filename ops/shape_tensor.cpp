// ShapeTensor (Ingot's own): symbolic dims as an i64 tensor. What is left of shape arithmetic where
// its values are needed as data.
#include "core/base/error.h"
#include "ops/reference.h"

namespace ingot {
namespace {

std::vector<Dim> written_dims(const NodeAttributes& node) {
  const auto* dims = node.attributes().find_as<std::vector<Dim>>("dims");
  return dims != nullptr ? *dims : std::vector<Dim>{};
}

void infer(InferContext& node) {
  std::vector<Dim> dims = written_dims(node);
  const bool scalar = node.integer("scalar") != 0;
  if (scalar && dims.size() != 1) {
    node.fail("op.bad_attribute", std::to_string(dims.size()) + " dims for a scalar",
              "give one dim");
  }
  SymbolicShape shape;
  if (!scalar) shape.emplace_back(static_cast<int64_t>(dims.size()));
  node.set_output(0, DType::kI64, std::move(shape));
  node.set_contents(0, std::move(dims));
}

void evaluate(Reference& node) {
  // A runtime substitutes the sizes of the run before it evaluates: what is left are numbers.
  int64_t* to = static_cast<int64_t*>(node.output(0).data);
  for (const Dim& dim : written_dims(node)) {
    *to++ = dim.evaluate([&](const std::string& symbol) -> int64_t {
      fail({"op.unknown_symbol", "ShapeTensor: the size \"" + symbol + "\" is not known here", "",
            "evaluate it with the sizes of a run"});
    });
  }
}

}  // namespace

extern const OpDef kShapeTensor = {
    .name = "ShapeTensor",
    .summary = "Gives symbolic dims as a tensor.",
    .inputs = {},
    .outputs = {{"output", "i64, one axis, or a scalar"}},
    .attributes = {{"dims", std::vector<Dim>{}, "the values", true},
                   {"scalar", 0, "1: the one dim is a scalar"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.shape_only = true},
    .domain = "ingot",
};

}  // namespace ingot
