// Runs steps in tests: tensors in any layout or window, results compared with the operator's
// reference evaluation.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/node/attributes.h"
#include "ops/reference.h"
#include "runtime/engine/step.h"

namespace ingot {

/// How an input or output of a test lies in memory.
struct Lies {
  Layout layout = Layout::kPlain;
  int window_axis = -1;           ///< a window along this axis of a larger buffer, or -1
  int64_t before = 0, after = 0;  ///< elements of the buffer before and after the window
  bool constant = false;          ///< known at load
};

class StepTest : public testing::Test {
 protected:
  /// Random normal values (integers below 100 for integer types, 0 and 1 for bool).
  Tensor random(const Shape& shape, DType dtype = DType::kF32, float scale = 1, float shift = 0);
  /// Random whole numbers from `low` to `high`, both ends among them where there is room.
  Tensor random_bytes(const Shape& shape, DType dtype, int low, int high);
  Tensor random_indices(const Shape& shape, int64_t below, DType dtype = DType::kI64);

  /// Runs a step and gives its outputs as plain tensors. Absent inputs are empty Tensors.
  /// `lies[i]` is how input i lies, `outputs_lie` the same for outputs; missing ones are plain.
  std::vector<Tensor> run(std::string_view kind, const std::string& op,
                          const Attributes& attributes, const std::vector<Tensor>& inputs,
                          const std::vector<Lies>& lies = {},
                          const std::vector<Lies>& outputs_lie = {}, int output_count = 1);

  /// Runs a step and the operator's reference, and compares all outputs.
  void check(std::string_view kind, const std::string& op, const Attributes& attributes,
             const std::vector<Tensor>& inputs, const std::vector<Lies>& lies = {},
             const std::vector<Lies>& outputs_lie = {}, int output_count = 1);

  void expect_near(const Tensor& expected, const Tensor& actual);

  float tolerance_ = 2e-6F;  ///< relative to max(1, |expected|)
  /// Of i8 and u8 results that follow from floats: how many in a thousand may be off by one, since
  /// a product that is rounded once may fall on the other side of a half.
  int off_by_one_ = 0;
  int threads_ = 2;
  int in_place_input_ = -1;     ///< output 0 takes over this input's memory
  Attributes step_attributes_;  ///< that the step has beside the operator's
  std::string implementation_;  ///< of the last step that ran
  std::mt19937 generator_{7};
};

}  // namespace ingot
