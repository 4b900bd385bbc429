// Means of 8-bit integers under a window (AveragePool) or over an image (GlobalAveragePool), as
// floats; channels last. The sum is exact.
#pragma once

#include "runtime/cpu/integer/rows.h"

namespace ingot {

class IntegerMeanPool : public PreparedStep {
 public:
  /// `windows.groups` channels; divides by all elements of the window, or by those on the image.
  IntegerMeanPool(const StepContext& context, const IntegerWindows& windows, bool count_padding);

  size_t scratch_bytes() const override;
  void run(const StepMemory& memory) override;

 private:
  template <typename T>
  void run_rows(const StepMemory& memory, char* scratch, int64_t begin, int64_t end) const;

  IntegerWindows windows_;
  StepTensor y_;
  bool count_padding_;
  int threads_;
  size_t thread_bytes_;
};

}  // namespace ingot
