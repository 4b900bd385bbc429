// What a shape rule sees: the types, dims and known contents of the inputs, and the attributes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/dim.h"
#include "core/tensor/tensor.h"
#include "ops/op_def.h"

namespace ingot {

/// What is known about a value before it is computed.
struct ValueType {
  DType dtype = DType::kUndefined;
  SymbolicShape dims;
  /// Elements of a small integer or bool tensor (at most kMaxTrackedElements), in row-major order,
  /// where each is a dim: how shape arithmetic is followed. Those of constants of rank 0 or 1 are
  /// filled in too.
  std::optional<std::vector<Dim>> contents;
  Tensor constant;  ///< all elements, where they are known
};

inline constexpr int kMaxTrackedElements = 64;

/// Contents of a small integer or bool constant; nothing for any other tensor.
std::optional<std::vector<Dim>> contents_of(const Tensor& tensor);

/// Attribute access with the defaults of the OpDef; shared by shape rules and evaluations.
class NodeAttributes {
 public:
  NodeAttributes(const OpDef& op, const Attributes& attributes)
      : op_(op), attributes_(attributes) {}
  const OpDef& op() const { return op_; }
  const Attributes& attributes() const { return attributes_; }

  int64_t integer(std::string_view name) const;
  float number(std::string_view name) const;
  std::string text(std::string_view name) const;
  std::vector<int64_t> integers(std::string_view name) const;
  std::vector<float> numbers(std::string_view name) const;
  DType dtype(std::string_view name) const;
  bool given(std::string_view name) const { return attributes_.has(name); }
  /// Attribute `name` as an axis of a tensor of this rank: negatives counted from the end; throws
  /// Error ("op.bad_axis") if out of range.
  int axis(std::string_view name, int rank) const;

 private:
  const OpDef& op_;
  const Attributes& attributes_;
};

/// A negative axis made positive; throws Error ("op.bad_axis") if it is outside [-rank, rank).
int normalize_axis(int64_t axis, int rank, std::string_view op);

class InferContext : public NodeAttributes {
 public:
  InferContext(const OpDef& op, const Attributes& attributes,
               const std::vector<const ValueType*>& inputs, int output_count,
               std::string node_name);

  const std::string& node_name() const { return node_name_; }
  int input_count() const { return static_cast<int>(inputs_.size()); }
  int output_count() const { return static_cast<int>(outputs_.size()); }
  bool has_input(int i) const { return i < input_count() && inputs_[static_cast<size_t>(i)]; }
  const ValueType& input(int i) const;  ///< throws Error ("op.missing_input") if absent
  const SymbolicShape& dims(int i) const { return input(i).dims; }
  int rank(int i) const { return static_cast<int>(input(i).dims.size()); }

  /// Contents of input i as constants, or nothing if they are not all known.
  std::optional<std::vector<int64_t>> known_integers(int i) const;
  /// Contents of input i as dims, or nothing.
  std::optional<std::vector<Dim>> known_dims(int i) const;
  /// All elements as floats, or nothing (scales of Resize, ...).
  std::optional<std::vector<float>> known_floats(int i) const;

  void set_output(int i, DType dtype, SymbolicShape dims);
  void set_contents(int i, std::vector<Dim> contents);
  /// A new symbol for a size that only the run decides, named after the node and the place, with a
  /// question mark before ("?nms_7.0.1": output 0, axis 1). The same at every inference.
  Dim unknown_dim(int output, int axis);

  /// Throws Error: {id, "<Op>: <what>", node, fix}.
  [[noreturn]] void fail(std::string id, std::string what, std::string fix) const;
  /// Fails with "op.bad_rank" / "op.bad_type" unless input i fits.
  void require_rank(int i, int at_least, int at_most = Shape::kMaxRank) const;
  void require_same_dtype(int i, int j) const;

  std::vector<ValueType>& outputs() { return outputs_; }

 private:
  std::vector<const ValueType*> inputs_;
  std::vector<ValueType> outputs_;
  std::string node_name_;
};

/// NumPy broadcasting of two shapes. Two different symbols are taken as equal to their max when
/// neither is 1 (a run checks it). Throws Error ("op.not_broadcastable").
SymbolicShape broadcast(const SymbolicShape& a, const SymbolicShape& b, std::string_view op);

/// Runs the op's shape rule. `inputs[i]` is null for an absent optional input. Fills `contents`
/// of constant results. Throws Error naming `node_name`.
std::vector<ValueType> infer_types(const OpDef& op, const Attributes& attributes,
                                   const std::vector<const ValueType*>& inputs, int output_count,
                                   const std::string& node_name);

/// Spatial output size of convolutions and pools along one axis (ONNX auto_pad included).
/// Strides, dilations, pads (begin..., end...) already have one entry per spatial axis.
struct SpatialWindow {
  std::vector<int64_t> kernel, strides, dilations, pads;
  std::string auto_pad;  ///< NOTSET, VALID, SAME_UPPER, SAME_LOWER
  bool ceil_mode = false;
  Dim output_size(int spatial_axis, const Dim& input) const;
  /// Padding before the first element for a concrete input size (auto_pad resolved).
  int64_t begin_pad(int spatial_axis, int64_t input) const;
};
SpatialWindow spatial_window(const NodeAttributes& node, std::vector<int64_t> kernel);

}  // namespace ingot
