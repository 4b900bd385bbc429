// Helpers for tests of operators: tensors from numbers, one call to run an operator, comparisons.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/base/error.h"
#include "ops/float_tensor.h"
#include "ops/reference.h"
#include "ops/registry.h"

namespace ingot::op_testing {

template <typename T = float>
Tensor tensor(const Shape& shape, const std::vector<T>& values) {
  Tensor made = Tensor::allocate(kDTypeOf<T>, shape);
  EXPECT_EQ(made.elements(), std::ssize(values));
  std::copy(values.begin(), values.end(), made.mutable_view().as<T>().begin());
  return made;
}

/// Values in [-1, 1), the same for the same seed.
inline Tensor random_tensor(const Shape& shape, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Tensor made = Tensor::allocate(DType::kF32, shape);
  for (float& value : made.mutable_view().as<float>()) value = uniform(generator);
  return made;
}

inline Tensor converted(const Tensor& from, DType dtype) {
  Tensor made = Tensor::allocate(dtype, from.shape());
  std::vector<double> values(static_cast<size_t>(from.elements()));
  load_elements(from.view(), values.data());
  store_elements(values.data(), made.mutable_view());
  return made;
}

inline std::vector<Tensor> run_all(std::string_view op, const std::vector<Tensor>& inputs,
                                   std::string_view attributes = "{}", int outputs = 1) {
  return evaluate_op(op_named(op), Attributes::parse(attributes), inputs, outputs);
}

inline Tensor run(std::string_view op, const std::vector<Tensor>& inputs,
                  std::string_view attributes = "{}") {
  return run_all(op, inputs, attributes)[0];
}

/// Every element within `tolerance` * (1 + |expected|).
inline void expect_near(const Tensor& actual, const std::vector<double>& expected,
                        double tolerance = 1e-5) {
  ASSERT_EQ(actual.elements(), std::ssize(expected));
  std::vector<double> values(expected.size());
  load_elements(actual.view(), values.data());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(values[i], expected[i], tolerance * (1 + std::abs(expected[i])))
        << "at element " << i;
  }
}

inline void expect_near(const Tensor& actual, const Tensor& expected, double tolerance = 1e-5) {
  EXPECT_EQ(actual.shape().to_string(), expected.shape().to_string());
  std::vector<double> values(static_cast<size_t>(expected.elements()));
  load_elements(expected.view(), values.data());
  expect_near(actual, values, tolerance);
}

/// The type of output 0 for inputs of these types, as text: "f32[batch,8,h]".
inline std::string inferred(std::string_view op, const std::vector<std::string>& input_dims,
                            std::string_view attributes = "{}",
                            const std::vector<Tensor>& constants = {}) {
  std::vector<ValueType> types;
  for (const std::string& text : input_dims) {
    ValueType type{.dtype = DType::kF32, .dims = {}, .contents = {}, .constant = {}};
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find(',', at), text.size());
      type.dims.push_back(Dim::parse(text.substr(at, end - at)));
      at = end + 1;
    }
    types.push_back(type);
  }
  for (const Tensor& constant : constants) {
    ValueType type{.dtype = constant.dtype(),
                   .dims = {},
                   .contents = contents_of(constant),
                   .constant = constant};
    type.dims.assign(constant.shape().begin(), constant.shape().end());
    if (!constant) type.dtype = DType::kUndefined;
    types.push_back(type);
  }
  std::vector<const ValueType*> inputs;
  for (const ValueType& type : types) {
    inputs.push_back(type.dtype == DType::kUndefined ? nullptr : &type);
  }
  const auto outputs = infer_types(op_named(op), Attributes::parse(attributes), inputs, 1, "node");
  return std::string(dtype_name(outputs[0].dtype)) + to_string(outputs[0].dims);
}

/// Runs `action` and gives the id of the problem that it throws, or "" if it throws none.
template <typename Action>
std::string problem_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.problems().front().id;
  }
  return "";
}

}  // namespace ingot::op_testing
