// What is added to the exact sums of a convolution of integers.
#pragma once

#include <memory>
#include <vector>

#include "runtime/engine/step.h"

namespace ingot {

/// On the device: attribute "column_sums" of the step, a number for each filter (bias and what a zero
/// point takes away), filled up with zeros to a multiple of 8. Null without it.
inline std::shared_ptr<void> integer_column_sums(const StepContext& context) {
  const std::vector<int64_t> given = context.attributes().integers("column_sums");
  if (given.empty()) return nullptr;
  std::vector<int32_t> sums(given.begin(), given.end());
  sums.resize((sums.size() + 7) / 8 * 8, 0);
  const size_t bytes = sums.size() * sizeof(int32_t);
  std::shared_ptr<void> memory = context.device()->allocate(bytes);
  context.device()->upload(memory.get(), sums.data(), bytes);
  return memory;
}

}  // namespace ingot
