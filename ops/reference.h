// What a reference evaluation sees: dense row-major inputs, and outputs already allocated with the
// shapes that the shape rule gave (or to be allocated, where only the data tells the size).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/tensor/tensor.h"
#include "ops/infer.h"

namespace ingot {

class Reference : public NodeAttributes {
 public:
  Reference(const OpDef& op, const Attributes& attributes, std::vector<TensorView> inputs,
            std::vector<TensorView> outputs,
            std::function<TensorView(int, DType, const Shape&)> allocate)
      : NodeAttributes(op, attributes),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        allocate_(std::move(allocate)) {}

  int input_count() const { return static_cast<int>(inputs_.size()); }
  int output_count() const { return static_cast<int>(outputs_.size()); }
  /// Absent optional inputs have dtype kUndefined.
  bool has_input(int i) const {
    return i < input_count() && inputs_[static_cast<size_t>(i)].dtype != DType::kUndefined;
  }
  const TensorView& input(int i) const { return inputs_[static_cast<size_t>(i)]; }
  const TensorView& output(int i) const { return outputs_[static_cast<size_t>(i)]; }
  bool has_output(int i) const {
    return i < output_count() && outputs_[static_cast<size_t>(i)].dtype != DType::kUndefined;
  }
  /// For outputs whose size depends on the data: memory of that shape; replaces output(i).
  const TensorView& allocate(int i, DType dtype, const Shape& shape) {
    return outputs_[static_cast<size_t>(i)] = allocate_(i, dtype, shape);
  }
  std::vector<int64_t> input_integers(int i) const;  ///< all elements, any integer dtype
  std::vector<float> input_floats(int i) const;      ///< all elements, any dtype

 private:
  std::vector<TensorView> inputs_;
  std::vector<TensorView> outputs_;
  std::function<TensorView(int, DType, const Shape&)> allocate_;
};

/// Runs the shape rule on concrete shapes, allocates, evaluates. The inputs are borrowed.
std::vector<Tensor> evaluate_op(const OpDef& op, const Attributes& attributes,
                                const std::vector<Tensor>& inputs, int output_count);

/// Runs a subgraph.
std::vector<Tensor> evaluate_program(const struct Program& program, std::vector<Tensor> inputs);

/// Throws Error ("op.bad_type"): the op, the type that it got and those that it takes.
[[noreturn]] void fail_dispatch(DType dtype, std::string_view op, std::span<const DType> known);

/// Calls `function.template operator()<T>()` with the C++ type of `dtype`; throws Error
/// ("op.bad_type") naming the op for types outside the list:
///   dispatch<float, Half>(dtype, "Op", [&]<typename T>() { ... });
template <typename... Types, typename Function>
void dispatch(DType dtype, std::string_view op, Function&& function) {
  const bool called =
      ((dtype == kDTypeOf<Types> && (function.template operator()<Types>(), true)) || ...);
  static constexpr DType known[] = {kDTypeOf<Types>...};
  if (!called) fail_dispatch(dtype, op, known);
}

/// The same for a list of types: dispatch_list(AllFloats{}, dtype, "Op", [&]<typename T>() {...}).
template <typename... Types>
struct TypeList {};
template <typename... Types, typename Function>
void dispatch_list(TypeList<Types...>, DType dtype, std::string_view op, Function&& function) {
  dispatch<Types...>(dtype, op, std::forward<Function>(function));
}

using AllFloats = TypeList<float, double, Half, BFloat16>;
using AllIntegers =
    TypeList<int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t>;

}  // namespace ingot
