// The ladder of rules, and what rules see of a node.
#include "compiler/onnx/opset_rewrites/rewrite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/error.h"

namespace ingot::onnx {
namespace {

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules = [] {
    std::vector<Rule> all;
    for (const auto part : {axes_rules(), attribute_input_rules(), broadcast_rules(),
                            normalization_rules(), resize_rules(), softmax_rules(), renamed_rules(),
                            contributed_rules(), quantized_rules()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Rule& a, const Rule& b) { return a.before < b.before; });
    return all;
  }();
  return rules;
}

/// The lowest rung above the node's opset, or null.
const Rule* next_rule(const Rewriting& node, std::string_view domain) {
  for (const Rule& rule : all_rules()) {
    if (rule.op == node.op && rule.domain == domain && node.opset < rule.before) return &rule;
  }
  return nullptr;
}

}  // namespace

bool has_rules(std::string_view op, std::string_view domain) {
  return std::ranges::any_of(
      all_rules(), [&](const Rule& rule) { return rule.op == op && rule.domain == domain; });
}

void apply_rules(Rewriting& node, std::string_view domain) {
  while (const Rule* rule = next_rule(node, domain)) {
    node.opset = rule->before;
    rule->apply(node);
    if (node.is_finished()) return;
  }
}

Rewriting::Rewriting(const NodeContext& context, std::vector<ValueId> node_inputs,
                     Attributes node_attributes)
    : op(context.node.op_type),
      opset(context.opset),
      inputs(std::move(node_inputs)),
      attributes(std::move(node_attributes)),
      context_(context) {}

ValueId Rewriting::input(size_t i) const {
  if (!has_input(i)) {
    fail("onnx.missing_input", fmt::format("{}: input {} is missing", op, i),
         "connect the input; the model is damaged or its exporter has a bug");
  }
  return inputs[i];
}

std::optional<std::vector<int64_t>> Rewriting::integers(size_t i) const {
  if (!has_input(i)) return std::nullopt;
  const ValueType& type = value(inputs[i]).type;
  if (type.constant) return type.constant.to_integers();
  if (!type.contents) return std::nullopt;
  std::vector<int64_t> result;
  for (const Dim& dim : *type.contents) {
    if (!dim.is_constant()) return std::nullopt;
    result.push_back(dim.constant());
  }
  return result;
}

std::optional<std::vector<float>> Rewriting::floats(size_t i) const {
  if (!has_input(i) || !value(inputs[i]).is_constant()) return std::nullopt;
  return value(inputs[i]).type.constant.to_floats();
}

void Rewriting::set_input(size_t i, ValueId value) {
  if (inputs.size() <= i) inputs.resize(i + 1);
  inputs[i] = value;
}

void Rewriting::drop_input(size_t i) {
  if (i < inputs.size()) inputs[i] = {};
  while (!inputs.empty() && !inputs.back()) inputs.pop_back();
}

bool Rewriting::output_is_read(size_t i) const {
  const auto& outputs = context_.node.outputs;
  return i < outputs.size() && !outputs[i].empty() && context_.scope.is_read(outputs[i]);
}

std::optional<AttributeValue> Rewriting::take(std::string_view name) {
  const AttributeValue* found = attributes.find(name);
  if (!found) return std::nullopt;
  AttributeValue value = *found;
  attributes.erase(name);
  return value;
}

namespace {

template <typename T>
std::optional<T> take_as(Rewriting& node, std::string_view name) {
  const std::optional<AttributeValue> value = node.take(name);
  if (!value) return std::nullopt;
  if (const T* typed = std::get_if<T>(&*value)) return *typed;
  node.fail("onnx.bad_attribute", fmt::format("{}: attribute {} has the wrong type", node.op, name),
            "export the model again; its exporter has a bug");
}

}  // namespace

std::optional<int64_t> Rewriting::take_integer(std::string_view name) {
  return take_as<int64_t>(*this, name);
}

std::optional<float> Rewriting::take_number(std::string_view name) {
  return take_as<float>(*this, name);
}

std::optional<std::vector<int64_t>> Rewriting::take_integers(std::string_view name) {
  return take_as<std::vector<int64_t>>(*this, name);
}

std::string Rewriting::take_text(std::string_view name, std::string_view fallback) {
  return take_as<std::string>(*this, name).value_or(std::string(fallback));
}

ValueId Rewriting::constant(Tensor tensor) {
  return context_.scope.body().add_constant(std::move(tensor), "");
}

ValueId Rewriting::constant(std::span<const int64_t> values) {
  return constant(Tensor::from_integers(values));
}

ValueId Rewriting::constant(std::initializer_list<int64_t> values) {
  return constant(std::span(values.begin(), values.size()));
}

ValueId Rewriting::scalar(double value, DType dtype) {
  Tensor tensor = Tensor::allocate(dtype, {});
  void* to = tensor.mutable_view().data;
  const auto put = [to](auto element) { std::memcpy(to, &element, sizeof(element)); };
  switch (dtype) {
    case DType::kF32:
      put(static_cast<float>(value));
      break;
    case DType::kF64:
      put(value);
      break;
    case DType::kF16:
      put(Half(static_cast<float>(value)));
      break;
    case DType::kBF16:
      put(BFloat16(static_cast<float>(value)));
      break;
    case DType::kI64:
      put(static_cast<int64_t>(value));
      break;
    case DType::kU64:
      put(static_cast<uint64_t>(value));
      break;
    case DType::kI32:
      put(static_cast<int32_t>(value));
      break;
    case DType::kU32:
      put(static_cast<uint32_t>(value));
      break;
    case DType::kI16:
      put(static_cast<int16_t>(value));
      break;
    case DType::kU16:
      put(static_cast<uint16_t>(value));
      break;
    case DType::kI8:
      put(static_cast<int8_t>(value));
      break;
    case DType::kU8:
      put(static_cast<uint8_t>(value));
      break;
    case DType::kBool:
      put(value != 0);
      break;
    default:
      fail("onnx.unsupported_type",
           fmt::format("{}: elements of type {} are not supported", op, dtype_name(dtype)),
           "use a float type");
  }
  return constant(std::move(tensor));
}

ValueId Rewriting::emit(std::string_view name, std::vector<ValueId> node_inputs,
                        Attributes node_attributes) {
  return context_.scope.graph().add(name, std::move(node_inputs), std::move(node_attributes),
                                    {context_.name});
}

void Rewriting::finish(std::vector<ValueId> outputs) {
  attributes.erase("consumed_inputs");
  for (const auto& [name, value] : attributes) {
    fail_unsupported(
        fmt::format("attribute {}={} is not supported", name, attribute_to_string(value)),
        "export the model with standard ONNX operators of a newer opset");
  }
  const auto& names = context_.node.outputs;
  for (size_t i = 0; i < outputs.size() && i < names.size(); ++i) {
    const ValueId output = outputs[i];
    // A value that was emitted takes the name that the model has for it.
    const bool emitted = output && context_.scope.graph().producer(output) &&
                         std::ranges::find(inputs, output) == inputs.end();
    if (emitted && !names[i].empty()) {
      context_.scope.graph().set_name(output, context_.scope.prefix() + std::string(names[i]));
    }
  }
  context_.bind_outputs(outputs);
  finished_ = true;
}

void Rewriting::fail(std::string id, std::string what, std::string fix) const {
  ingot::fail({std::move(id), std::move(what), context_.where, std::move(fix)});
}

void Rewriting::fail_unsupported(std::string what, std::string fix) const {
  fail("onnx.unsupported_attribute", fmt::format("{}: {}", op, what), std::move(fix));
}

}  // namespace ingot::onnx
