// The map of attributes, with typed access and exact comparison.
#include "core/node/attributes.h"

#include <fmt/format.h>

#include <cstring>

#include "core/base/error.h"
#include "core/node/program.h"

namespace ingot {
namespace {

constexpr const char* kTypeNames[] = {"an integer", "a number", "a text",   "integers",
                                      "numbers",    "texts",    "a type",   "an expression",
                                      "dims",       "a tensor", "a program"};
static_assert(std::size(kTypeNames) == std::variant_size_v<AttributeValue>);

template <typename T>
const T& checked(std::string_view name, const AttributeValue& value) {
  if (const T* typed = std::get_if<T>(&value)) return *typed;
  fail({"attributes.bad_type",
        fmt::format("attribute {}={} is not {}", name, attribute_to_string(value),
                    kTypeNames[AttributeValue(T{}).index()]),
        "", "give it a value of that type"});
}

/// Bit for bit: a NaN equals itself, 0 does not equal -0.
bool same_floats(const float* a, const float* b, size_t count) {
  return count == 0 || std::memcmp(a, b, count * sizeof(float)) == 0;
}

struct SameValue {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return a == b;
  }
  bool operator()(float a, float b) const { return same_floats(&a, &b, 1); }
  bool operator()(const std::vector<float>& a, const std::vector<float>& b) const {
    return a.size() == b.size() && same_floats(a.data(), b.data(), a.size());
  }
  bool operator()(const Expression& a, const Expression& b) const {
    return a.to_string() == b.to_string();
  }
  bool operator()(const Tensor& a, const Tensor& b) const { return same_content(a, b); }
  bool operator()(const std::shared_ptr<const Program>& a,
                  const std::shared_ptr<const Program>& b) const {
    return a == b || (a && b && a->to_string() == b->to_string());
  }
  template <typename T, typename U>
  bool operator()(const T&, const U&) const {
    return false;
  }
};

}  // namespace

const AttributeValue* Attributes::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

int64_t Attributes::integer(std::string_view name, int64_t fallback) const {
  const AttributeValue* value = find(name);
  return value ? checked<int64_t>(name, *value) : fallback;
}

float Attributes::number(std::string_view name, float fallback) const {
  const AttributeValue* value = find(name);
  if (!value) return fallback;
  if (const auto* integer = std::get_if<int64_t>(value)) return static_cast<float>(*integer);
  return checked<float>(name, *value);
}

std::string Attributes::text(std::string_view name, std::string_view fallback) const {
  const AttributeValue* value = find(name);
  return value ? checked<std::string>(name, *value) : std::string(fallback);
}

std::vector<int64_t> Attributes::integers(std::string_view name,
                                          std::vector<int64_t> fallback) const {
  const AttributeValue* value = find(name);
  return value ? checked<std::vector<int64_t>>(name, *value) : std::move(fallback);
}

std::vector<float> Attributes::numbers(std::string_view name) const {
  const AttributeValue* value = find(name);
  if (!value) return {};
  if (const auto* integers = std::get_if<std::vector<int64_t>>(value)) {
    return {integers->begin(), integers->end()};
  }
  return checked<std::vector<float>>(name, *value);
}

void Attributes::set(std::string name, AttributeValue value) {
  values_.insert_or_assign(std::move(name), std::move(value));
}

void Attributes::erase(std::string_view name) {
  const auto found = values_.find(name);
  if (found != values_.end()) values_.erase(found);
}

bool operator==(const Attributes& a, const Attributes& b) {
  auto x = a.begin();
  auto y = b.begin();
  for (; x != a.end() && y != b.end(); ++x, ++y) {
    if (x->first != y->first || !std::visit(SameValue{}, x->second, y->second)) return false;
  }
  return x == a.end() && y == b.end();
}

}  // namespace ingot
