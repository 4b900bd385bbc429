// Bringing nodes of older opsets, and contributed operators with a standard meaning, to the newest
// meaning while they are imported. One family of operators, one file with its rules.
//
// A rule lifts a node to the opset `before`; rules of one operator are climbed like a ladder, from
// the node's opset upwards. They look at ranks and constants, not at static sizes, so that inputs
// can be given other sizes later.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/onnx/scope.h"

namespace ingot::onnx {

class Rewriting {
 public:
  Rewriting(const NodeContext& context, std::vector<ValueId> inputs, Attributes attributes);

  // The node as it is now; rules change these.
  std::string op;
  int64_t opset = 0;
  std::vector<ValueId> inputs;
  Attributes attributes;

  bool has_input(size_t i) const { return i < inputs.size() && inputs[i]; }
  ValueId input(size_t i) const;  ///< throws Error where it is absent
  const Value& value(ValueId id) const { return context_.scope.graph().value(id); }
  DType dtype(size_t i) const { return value(input(i)).type.dtype; }
  int rank(size_t i) const { return static_cast<int>(value(input(i)).type.dims.size()); }
  /// All elements where input i is a constant or its contents are known; else nothing.
  std::optional<std::vector<int64_t>> integers(size_t i) const;
  std::optional<std::vector<float>> floats(size_t i) const;
  void set_input(size_t i, ValueId value);
  void drop_input(size_t i);  ///< makes it absent

  size_t output_count() const { return context_.node.outputs.size(); }
  bool output_is_read(size_t i) const;

  /// Removes an attribute and returns what it was.
  std::optional<AttributeValue> take(std::string_view name);
  std::optional<int64_t> take_integer(std::string_view name);
  std::optional<float> take_number(std::string_view name);
  std::optional<std::vector<int64_t>> take_integers(std::string_view name);
  std::string take_text(std::string_view name, std::string_view fallback);

  ValueId constant(Tensor tensor);
  ValueId constant(std::span<const int64_t> values);
  ValueId constant(std::initializer_list<int64_t> values);
  /// A scalar of this type.
  ValueId scalar(double value, DType dtype);
  /// Adds a node (newest meaning) with the origin of this one.
  ValueId emit(std::string_view op, std::vector<ValueId> inputs, Attributes attributes = {});
  /// The node is done: its outputs are these values.
  void finish(std::vector<ValueId> outputs);
  bool is_finished() const { return finished_; }

  [[noreturn]] void fail(std::string id, std::string what, std::string fix) const;
  /// "onnx.unsupported_attribute": <op>: <what>.
  [[noreturn]] void fail_unsupported(std::string what, std::string fix) const;

  const NodeContext& context() const { return context_; }

 private:
  const NodeContext& context_;
  bool finished_ = false;
};

/// For rules that hold in all opsets.
inline constexpr int64_t kAlways = std::numeric_limits<int64_t>::max();

struct Rule {
  std::string_view op;
  int64_t before;  ///< nodes of older opsets are rewritten
  void (*apply)(Rewriting& node);
  std::string_view domain = "";
};

/// The rules of each file.
std::span<const Rule> axes_rules();
std::span<const Rule> attribute_input_rules();
std::span<const Rule> broadcast_rules();
std::span<const Rule> normalization_rules();
std::span<const Rule> resize_rules();
std::span<const Rule> softmax_rules();
std::span<const Rule> renamed_rules();
std::span<const Rule> contributed_rules();
std::span<const Rule> quantized_rules();

/// Whether any rule begins with this operator.
bool has_rules(std::string_view op, std::string_view domain);

/// Climbs the ladder from the node's opset. Throws Error.
void apply_rules(Rewriting& node, std::string_view domain);

}  // namespace ingot::onnx
