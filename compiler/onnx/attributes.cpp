// Reading attributes and checking them against an operator's definition.
#include "compiler/onnx/attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"

namespace ingot::onnx {
namespace {

/// Attributes that operators no longer have and that never changed what inference computes. With
/// `only`, that one value is harmless.
struct Harmless {
  std::string_view op;  ///< empty: any
  std::string_view attribute;
  std::optional<int64_t> only = std::nullopt;
};
constexpr Harmless kHarmless[] = {
    {"", "consumed_inputs"},
    {"", "doc_string"},
    {"BatchNormalization", "momentum"},
    {"BatchNormalization", "training_mode", 0},
    {"Cast", "saturate", 1},
    {"Gemm", "broadcast"},
    {"GRU", "output_sequence"},
    {"LSTM", "output_sequence"},
    {"RNN", "output_sequence"},
    {"MaxPool", "storage_order", 0},
    {"QuantizeLinear", "saturate", 1},
};

bool is_harmless(std::string_view op, std::string_view name, const AttributeValue& value) {
  return std::ranges::any_of(kHarmless, [&](const Harmless& known) {
    if ((!known.op.empty() && known.op != op) || known.attribute != name) return false;
    const auto* number = std::get_if<int64_t>(&value);
    return !known.only || (number && *number == *known.only);
  });
}

std::string type_words(const AttributeValue& value) {
  constexpr std::string_view kWords[] = {
      "an integer",       "a float",         "a text",          "a list of integers",
      "a list of floats", "a list of texts", "an element type", "an expression",
      "a list of dims",   "a tensor",        "a subgraph"};
  return std::string(kWords[value.index()]);
}

bool is_empty_list(const AttributeValue& value) {
  const auto* list = std::get_if<std::vector<int64_t>>(&value);
  return list && list->empty();
}

/// `value` as the type of `fallback`, or nothing.
std::optional<AttributeValue> fitted(const AttributeValue& value, const AttributeValue& fallback) {
  if (value.index() == fallback.index()) return value;
  if (std::holds_alternative<DType>(fallback)) {
    const auto* number = std::get_if<int64_t>(&value);
    if (!number || *number < INT32_MIN || *number > INT32_MAX) return std::nullopt;
    const DType dtype = dtype_of(static_cast<int32_t>(*number));
    if (dtype == DType::kUndefined && *number != onnx::kUndefined) return std::nullopt;
    return dtype;
  }
  // An empty list has no type in the file where the exporter wrote none.
  if (is_empty_list(value)) {
    if (std::holds_alternative<std::vector<float>>(fallback)) return std::vector<float>{};
    if (std::holds_alternative<std::vector<std::string>>(fallback)) {
      return std::vector<std::string>{};
    }
    if (std::holds_alternative<std::string>(fallback)) return std::string{};
  }
  return std::nullopt;
}

AttributeValue read_value(const NodeContext& context, std::string_view name,
                          const AttributeProto& proto) {
  switch (proto.type) {
    case AttributeProto::kFloat:
      return proto.f;
    case AttributeProto::kInt:
      return proto.i;
    case AttributeProto::kString:
      return std::string(proto.s);
    case AttributeProto::kFloats:
      return proto.floats;
    case AttributeProto::kInts:
    case AttributeProto::kUnset:
      return proto.ints;
    case AttributeProto::kStrings:
      return std::vector<std::string>(proto.strings.begin(), proto.strings.end());
    case AttributeProto::kTensor:
      if (proto.tensors.size() != 1) break;
      return context.scope.session().tensors().read(
          proto.tensors[0], fmt::format("attribute {} of {}", name, context.node.op_type),
          context.where);
    default:
      break;
  }
  fail({"onnx.unsupported_attribute",
        fmt::format("{}: attribute {} is of a kind that is not supported", context.node.op_type,
                    name),
        context.where, "only numbers, texts, lists of them, dense tensors and subgraphs are read"});
}

}  // namespace

Attributes read_attributes(const NodeContext& context) {
  Attributes attributes;
  for (const AttributeProto& attribute : context.node.attributes) {
    const AttributeProto* proto = context.scope.resolve(attribute);
    if (!proto || proto->type == AttributeProto::kGraph) continue;
    attributes.set(std::string(attribute.name), read_value(context, attribute.name, *proto));
  }
  return attributes;
}

bool fit_attributes(const OpDef& op, const NodeContext& context, Attributes& attributes) {
  bool good = true;
  const auto report = [&](std::string id, std::string what, std::string fix) {
    context.scope.session().problem(
        {std::move(id), std::move(what), context.where, std::move(fix)});
    good = false;
  };
  std::vector<std::string> known;
  for (const OpAttribute& attribute : op.attributes) known.emplace_back(attribute.name);

  Attributes result;
  for (const auto& [name, value] : attributes) {
    const auto defined = std::ranges::find(op.attributes, name, &OpAttribute::name);
    if (defined == op.attributes.end()) {
      if (is_harmless(op.name, name, value)) continue;
      report(
          "onnx.unsupported_attribute",
          fmt::format("{}: attribute {}={} is not supported", op.name, name,
                      attribute_to_string(value)),
          known.empty() ? fmt::format("{} has no attributes here", op.name) : suggest(name, known));
    } else if (auto fits = fitted(value, defined->fallback)) {
      result.set(name, std::move(*fits));
    } else if (std::holds_alternative<DType>(defined->fallback) &&
               std::holds_alternative<int64_t>(value)) {
      report("onnx.unsupported_type",
             fmt::format("{}: {}={} is not supported", op.name, name,
                         element_type_name(static_cast<int32_t>(std::get<int64_t>(value)))),
             "use a numeric element type");
    } else {
      report("onnx.bad_attribute",
             fmt::format("{}: attribute {} is {}, not {}", op.name, name, type_words(value),
                         type_words(defined->fallback)),
             "export the model again; its exporter has a bug");
    }
  }
  for (const OpAttribute& attribute : op.attributes) {
    if (!attribute.required || attributes.has(attribute.name)) continue;
    report("onnx.missing_attribute",
           fmt::format("{}: the required attribute {} is missing", op.name, attribute.name),
           "export the model again; its exporter has a bug");
  }
  attributes = std::move(result);
  return good;
}

}  // namespace ingot::onnx
