// Contents through elementwise operators (by folding) and movements (by moving positions).
#include "ops/shape_arithmetic.h"

#include <algorithm>

#include "ops/broadcast_iteration.h"
#include "ops/reference.h"

namespace ingot {

bool is_nonnegative(const Dim& dim) {
  return Dim::max(dim, Dim(0)) == dim;  // folds only where it is known
}

std::optional<bool> dims_equal(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  if (difference.is_constant()) return difference.constant() == 0;
  if (is_nonnegative(difference - 1) || is_nonnegative(b - a - 1)) return false;
  return std::nullopt;
}

std::optional<bool> dim_less(const Dim& a, const Dim& b) {
  const Dim difference = b - a;
  if (difference.is_constant()) return difference.constant() > 0;
  if (is_nonnegative(difference - 1)) return true;
  if (is_nonnegative(a - b)) return false;
  return std::nullopt;
}

std::optional<Dim> divide_towards_zero(const Dim& a, const Dim& b) {
  if (b.is_constant() && b.constant() == 0) return std::nullopt;
  if (a.is_constant() && b.is_constant()) {
    // The one quotient that does not fit wraps.
    return b.constant() == -1 ? Dim(0) - a : Dim(a.constant() / b.constant());
  }
  Dim quotient;
  if (Dim::divides_exactly(a, b, &quotient)) return quotient;
  if (!is_nonnegative(b)) return std::nullopt;
  if (is_nonnegative(a)) return Dim::floor_div(a, b);
  return Dim::floor_div(Dim::max(a, Dim(0)), b) - Dim::floor_div(Dim::max(Dim(0) - a, Dim(0)), b);
}

namespace {

std::optional<Shape> static_shape(const SymbolicShape& dims) {
  if (dims.size() > static_cast<size_t>(Shape::kMaxRank)) return std::nullopt;
  Shape shape;
  for (const Dim& dim : dims) {
    if (!dim.is_constant()) return std::nullopt;
    shape.push_back(dim.constant());
  }
  return shape;
}

/// Contents, from a constant of any rank too.
std::optional<std::vector<Dim>> all_contents(const ValueType& type) {
  if (type.contents) return type.contents;
  if (!type.constant || type.constant.elements() > kMaxTrackedElements) return std::nullopt;
  if (is_float(type.dtype)) return std::nullopt;
  std::vector<Dim> contents;
  for (const int64_t number : type.constant.to_integers()) contents.emplace_back(number);
  return contents;
}

}  // namespace

bool can_track(const ValueType& type) {
  if (!is_integer(type.dtype) && type.dtype != DType::kBool) return false;
  const std::optional<Shape> shape = static_shape(type.dims);
  return shape && shape->elements() <= kMaxTrackedElements;
}

void fold_contents(InferContext& node, BinaryFold fold) {
  const ValueType& type = node.outputs()[0];
  if (!can_track(type)) return;
  const Shape shape = *static_shape(type.dims);
  std::vector<Dim> result;
  for (int i = 0; i < node.input_count(); ++i) {
    const auto contents = all_contents(node.input(i));
    const auto own = static_shape(node.dims(i));
    if (!contents || !own) return;
    std::vector<Dim> next;
    for (BroadcastRows rows(shape, {*own}); rows.more(); rows.next()) {
      for (int64_t k = 0; k < rows.length(); ++k) {
        const Dim& dim = (*contents)[static_cast<size_t>(rows.offset(0) + k * rows.step(0))];
        if (i == 0) {
          next.push_back(dim);
        } else if (auto folded = fold(result[next.size()], dim)) {
          next.push_back(std::move(*folded));
        } else {
          return;
        }
      }
    }
    result = std::move(next);
  }
  node.set_contents(0, std::move(result));
}

void map_contents(InferContext& node, UnaryFold fold) {
  if (!can_track(node.outputs()[0])) return;
  const auto contents = all_contents(node.input(0));
  if (!contents) return;
  std::vector<Dim> result;
  for (const Dim& dim : *contents) {
    auto folded = fold(dim);
    if (!folded) return;
    result.push_back(std::move(*folded));
  }
  node.set_contents(0, std::move(result));
}

void move_contents(InferContext& node, std::initializer_list<int> data_inputs) {
  move_contents(node, std::span(data_inputs.begin(), data_inputs.size()));
}

void move_contents(InferContext& node, std::span<const int> data_inputs) {
  for (const ValueType& output : node.outputs()) {
    if (!can_track(output)) return;
  }
  // Position 0 stands for "no element", so elements are counted from 1.
  std::vector<Dim> elements = {Dim(0)};
  std::vector<Tensor> owners;
  std::vector<TensorView> inputs;
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) {
      inputs.push_back({});
      continue;
    }
    const auto shape = static_shape(node.dims(i));
    if (!shape) return;
    const bool is_data = std::find(data_inputs.begin(), data_inputs.end(), i) != data_inputs.end();
    Tensor tensor;
    if (is_data) {
      const auto contents = all_contents(node.input(i));
      if (!contents) return;
      tensor = Tensor::allocate(DType::kI64, *shape);
      int64_t* to = tensor.mutable_view().as<int64_t>().data();
      for (const Dim& dim : *contents) {
        *to++ = static_cast<int64_t>(elements.size());
        elements.push_back(dim);
      }
    } else if (const auto numbers = node.known_integers(i)) {
      tensor = Tensor::from_integers(*numbers).reshaped(*shape);
    } else {
      return;
    }
    inputs.push_back(tensor.view());
    owners.push_back(std::move(tensor));
  }
  std::vector<Tensor> results;
  std::vector<TensorView> outputs;
  for (const ValueType& output : node.outputs()) {
    results.push_back(Tensor::allocate(DType::kI64, *static_shape(output.dims)));
    outputs.push_back(results.back().view());
  }
  Reference reference(node.op(), node.attributes(), std::move(inputs), std::move(outputs), {});
  node.op().evaluate(reference);
  for (size_t i = 0; i < results.size(); ++i) {
    std::vector<Dim> contents;
    for (const int64_t position : results[i].as<int64_t>()) {
      contents.push_back(elements[static_cast<size_t>(position)]);
    }
    node.set_contents(static_cast<int>(i), std::move(contents));
  }
}

}  // namespace ingot
