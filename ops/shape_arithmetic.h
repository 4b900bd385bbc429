// Shape arithmetic on symbolic contents: the values of small integer tensors, followed through the
// operators that exporters write around Reshape, Expand and Slice, so that they fold away.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ops/infer.h"

namespace ingot {

/// True only where the dim cannot be negative for any value of its symbols (which are sizes).
bool is_nonnegative(const Dim& dim);

/// What is known about a comparison, whatever the symbols are; nothing if it depends on them.
std::optional<bool> dims_equal(const Dim& a, const Dim& b);
std::optional<bool> dim_less(const Dim& a, const Dim& b);

/// Integer division as ONNX's Div does it, towards zero; nothing for a divisor that may be <= 0
/// unless both are constants.
std::optional<Dim> divide_towards_zero(const Dim& a, const Dim& b);

using BinaryFold = std::optional<Dim> (*)(const Dim& a, const Dim& b);
/// Contents of output 0 = fold(input 0, input 1), broadcast; or input 0 fold input 1 fold ... of
/// all inputs. Nothing is set where an input or a result is not known.
void fold_contents(InferContext& node, BinaryFold fold);

using UnaryFold = std::optional<Dim> (*)(const Dim& a);
void map_contents(InferContext& node, UnaryFold fold);

/// For operators that only move elements: contents of all outputs, found by evaluating the
/// operator on the positions of the elements of `data_inputs`. Places that no element reaches
/// (padding) are 0. The outputs' dims must have been set.
void move_contents(InferContext& node, std::span<const int> data_inputs);
void move_contents(InferContext& node, std::initializer_list<int> data_inputs);

/// True if contents of this output may be set: an integer or bool tensor, static and small.
bool can_track(const ValueType& type);

}  // namespace ingot
