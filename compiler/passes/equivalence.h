// For tests of passes: made-up inputs for a graph, and whether two graphs compute the same.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>

#include <fmt/core.h>

#include "compiler/graph/graph.h"
#include "compiler/graph/interpret.h"

namespace ingot {

/// Inputs between -2 and 2 (integers: 0 or 1, which are indices into most things; quantised bytes:
/// any); symbols are 2, 3, 4, ... in order of appearance.
inline std::vector<Tensor> made_up_inputs(const Graph& graph, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> number(-2.0F, 2.0F);
  std::map<std::string, int64_t> symbols;
  std::vector<Tensor> inputs;
  for (ValueId id : graph.inputs()) {
    Shape shape;
    for (const Dim& dim : graph.dims(id)) {
      shape.push_back(dim.evaluate([&](const std::string& symbol) {
        return symbols.emplace(symbol, static_cast<int64_t>(symbols.size()) + 2).first->second;
      }));
    }
    const DType dtype = graph.dtype(id);
    Tensor tensor = Tensor::allocate(dtype, shape);
    const TensorView view = tensor.mutable_view();
    if (dtype == DType::kF32) {
      for (float& x : view.as<float>()) x = number(random);
    } else if (dtype == DType::kBF16) {
      for (BFloat16& x : view.as<BFloat16>()) x = number(random);
    } else if (dtype == DType::kF16) {
      for (Half& x : view.as<Half>()) x = number(random);
    } else if (dtype == DType::kI64) {
      for (int64_t& x : view.as<int64_t>()) x = static_cast<int64_t>(random() % 2);
    } else if (dtype == DType::kI32) {
      for (int32_t& x : view.as<int32_t>()) x = static_cast<int32_t>(random() % 2);
    } else if (dtype == DType::kI8 || dtype == DType::kU8) {
      for (uint8_t& x : view.as<uint8_t>()) x = static_cast<uint8_t>(random());
    } else if (dtype_bytes(dtype) == 1) {
      for (uint8_t& x : view.as<uint8_t>()) x = random() % 2;
    }
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

/// Where two results differ by more than `tolerance` (of 1, or of the largest value if that is
/// larger); empty if they are equal. Quantised bytes may differ by one: a tie may fall otherwise.
inline std::string difference(const Tensor& a, const Tensor& b, float tolerance) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) {
    return fmt::format("{} {} against {} {}", dtype_name(a.dtype()), a.shape().to_string(),
                       dtype_name(b.dtype()), b.shape().to_string());
  }
  const std::vector<float> x = a.to_floats(), y = b.to_floats();
  const bool bytes = a.dtype() == DType::kI8 || a.dtype() == DType::kU8;
  float largest = 1;
  for (float value : x) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  for (size_t i = 0; i < x.size(); ++i) {
    const bool equal = x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i])) ||
                       std::abs(x[i] - y[i]) <= (bytes ? 1.0F : tolerance * largest);
    if (!equal) return fmt::format("element {}: {} against {}", i, x[i], y[i]);
  }
  return {};
}

/// Runs both graphs on the same inputs; says where the outputs differ, or nothing.
inline std::string difference(const Graph& before, const Graph& after, float tolerance,
                              uint32_t seed = 1) {
  const std::vector<Tensor> inputs = made_up_inputs(before, seed);
  const std::vector<Tensor> a = interpret(before, inputs), b = interpret(after, inputs);
  if (a.size() != b.size()) return fmt::format("{} outputs against {}", a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    const std::string found = difference(a[i], b[i], tolerance);
    if (!found.empty()) {
      return fmt::format("output {} \"{}\": {}", i, before.output_name(static_cast<int>(i)), found);
    }
  }
  return {};
}

}  // namespace ingot
