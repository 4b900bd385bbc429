// Constants of a model: weights, and Constant nodes.
#include <fmt/format.h>

#include "compiler/onnx/attributes.h"
#include "compiler/onnx/scope.h"
#include "core/base/error.h"

namespace ingot::onnx {
namespace {

/// Looking for NaN touches every page of a weight; the largest ones are left alone.
constexpr size_t kMostBytesToScan = size_t{64} << 20;

}  // namespace

Tensor read_initializer(Session& session, const TensorProto& proto, const std::string& where) {
  Tensor tensor =
      session.tensors().read(proto, fmt::format("initializer \"{}\"", proto.name), where);
  if (tensor.bytes() > kMostBytesToScan) return tensor;
  const NonFinite found = count_non_finite(tensor);
  // Minus infinity alone is what attention masks and first maxima are made of.
  if (found.nan + found.plus_infinity > 0) {
    session.warn(
        {"onnx.non_finite_weights",
         fmt::format("initializer \"{}\" has {} NaN and {} infinite of {} elements", proto.name,
                     found.nan, found.plus_infinity + found.minus_infinity, tensor.elements()),
         where, "check that training did not diverge; results may be NaN"});
  }
  return tensor;
}

void import_constant(const NodeContext& context) {
  Attributes attributes = read_attributes(context);
  const auto refuse = [&](std::string_view what) {
    fail({"onnx.bad_constant", fmt::format("Constant: {}", what), context.where,
          "store the value as a dense numeric tensor"});
  };
  Tensor tensor;
  for (const auto& [name, value] : attributes) {
    if (tensor) refuse("more than one value is given");
    if (const auto* dense = std::get_if<Tensor>(&value); dense && name == "value") {
      tensor = *dense;
    } else if (const auto* number = std::get_if<float>(&value); number && name == "value_float") {
      tensor = Tensor::scalar_f32(*number);
    } else if (const auto* integer = std::get_if<int64_t>(&value); integer && name == "value_int") {
      tensor = Tensor::scalar_i64(*integer);
    } else if (const auto* floats = std::get_if<std::vector<float>>(&value);
               floats && name == "value_floats") {
      tensor = Tensor::from_floats(*floats, {static_cast<int64_t>(floats->size())});
    } else if (const auto* integers = std::get_if<std::vector<int64_t>>(&value);
               integers && name == "value_ints") {
      tensor = Tensor::from_integers(*integers);
    } else {
      refuse(fmt::format("attribute {} is not supported", name));
    }
  }
  if (!tensor) refuse("it has no value");
  if (context.node.outputs.empty()) return;
  const std::string name = context.scope.prefix() + std::string(context.node.outputs[0]);
  const ValueId value = context.scope.body().add_constant(std::move(tensor), name);
  context.bind_outputs(std::span(&value, 1));
}

}  // namespace ingot::onnx
