// Constant: a tensor written in the model.
#include <cstring>

#include "ops/outputs.h"

namespace ingot {
namespace {

/// The tensor, whichever of the attributes holds it.
Tensor written_tensor(const NodeAttributes& node) {
  const Attributes& attributes = node.attributes();
  if (const auto* value = attributes.find_as<Tensor>("value")) return value->aligned();
  if (node.given("value_float")) return Tensor::scalar_f32(node.number("value_float"));
  if (node.given("value_int")) return Tensor::scalar_i64(node.integer("value_int"));
  if (node.given("value_ints")) return Tensor::from_integers(node.integers("value_ints"));
  if (node.given("value_floats")) {
    const std::vector<float> values = node.numbers("value_floats");
    return Tensor::from_floats(values, {static_cast<int64_t>(values.size())});
  }
  return {};
}

void infer(InferContext& node) {
  Tensor tensor = written_tensor(node);
  if (!tensor) {
    node.fail("op.missing_attribute", "no value is given",
              "give value, value_float, value_floats, value_int or value_ints");
  }
  node.set_output(0, tensor.dtype(), {tensor.shape().begin(), tensor.shape().end()});
  node.outputs()[0].constant = std::move(tensor);
}

void evaluate(Reference& node) {
  const Tensor tensor = written_tensor(node);
  if (tensor.bytes() != 0) std::memcpy(node.output(0).data, tensor.data(), tensor.bytes());
}

}  // namespace

extern const OpDef kConstant = {
    .name = "Constant",
    .summary = "Gives a tensor that is written in the model.",
    .inputs = {},
    .outputs = {{"output", "the tensor"}},
    .attributes = {{"value", Tensor(), "the tensor"},
                   {"value_float", 0.0f, "a scalar, f32"},
                   {"value_floats", std::vector<float>{}, "one axis, f32"},
                   {"value_int", 0, "a scalar, i64"},
                   {"value_ints", std::vector<int64_t>{}, "one axis, i64"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
