// Attributes of a node with the defaults of its operator's definition.
#include <fmt/format.h>

#include "core/base/error.h"
#include "ops/infer.h"

namespace ingot {
namespace {

/// The given value, or the default of the definition.
const AttributeValue& value_of(const OpDef& op, const Attributes& given, std::string_view name) {
  if (const AttributeValue* value = given.find(name)) return *value;
  for (const OpAttribute& attribute : op.attributes) {
    if (attribute.name != name) continue;
    if (!attribute.required) return attribute.fallback;
    fail({"op.missing_attribute", fmt::format("{}: attribute {} is missing", op.name, name), "",
          fmt::format("give it: {}", attribute.summary)});
  }
  fail_internal(fmt::format("{} defines an attribute {}", op.name, name), __FILE__, __LINE__);
}

/// Reads through a map of one entry, so that conversions and complaints are those of Attributes.
Attributes only(const OpDef& op, const Attributes& given, std::string_view name) {
  Attributes attributes;
  attributes.set(std::string(name), value_of(op, given, name));
  return attributes;
}

}  // namespace

int64_t NodeAttributes::integer(std::string_view name) const {
  if (const auto* value = std::get_if<int64_t>(&value_of(op_, attributes_, name))) return *value;
  return only(op_, attributes_, name).integer(name);
}

float NodeAttributes::number(std::string_view name) const {
  if (const auto* value = std::get_if<float>(&value_of(op_, attributes_, name))) return *value;
  return only(op_, attributes_, name).number(name);
}

std::string NodeAttributes::text(std::string_view name) const {
  return only(op_, attributes_, name).text(name);
}

std::vector<int64_t> NodeAttributes::integers(std::string_view name) const {
  return only(op_, attributes_, name).integers(name);
}

std::vector<float> NodeAttributes::numbers(std::string_view name) const {
  return only(op_, attributes_, name).numbers(name);
}

DType NodeAttributes::dtype(std::string_view name) const {
  const AttributeValue& value = value_of(op_, attributes_, name);
  if (const auto* dtype = std::get_if<DType>(&value)) return *dtype;
  fail(
      {"attributes.bad_type",
       fmt::format("{}: attribute {}={} is not a type", op_.name, name, attribute_to_string(value)),
       "", "write a type such as f32"});
}

int NodeAttributes::axis(std::string_view name, int rank) const {
  return normalize_axis(integer(name), rank, op_.name);
}

int normalize_axis(int64_t axis, int rank, std::string_view op) {
  if (axis < -rank || axis >= rank) {
    fail({"op.bad_axis", fmt::format("{}: axis {} of a tensor with {} axes", op, axis, rank), "",
          rank > 0 ? fmt::format("use an axis from {} to {}", -rank, rank - 1)
                   : "give the operator a tensor that has axes"});
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace ingot
