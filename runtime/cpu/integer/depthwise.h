// Depthwise convolution of 8-bit integers (one filter a channel), channels last, exact.
#pragma once

#include <memory>

#include "runtime/cpu/integer/finish.h"
#include "runtime/cpu/integer/rows.h"

namespace ingot {

class IntegerDepthwise : public PreparedStep {
 public:
  /// Of a Conv step with `windows.groups` channels and filters; bias (i32) is input 2, extras of the
  /// epilogue begin at input 3.
  IntegerDepthwise(const StepContext& context, const IntegerWindows& windows);

  size_t scratch_bytes() const override;
  std::string implementation() const override;
  void run(const StepMemory& memory) override;

 private:
  void pack(const StepContext& context);
  template <typename T>
  void run_rows(const StepMemory& memory, int32_t* sums, int64_t begin, int64_t end) const;

  IntegerWindows windows_;
  IntegerFinisher finisher_;
  int threads_, pairs_;
  int64_t padded_channels_, block_rows_;
  std::vector<int16_t> weights_;
  std::vector<int32_t> start_;    ///< of every sum: the bias, less the zero point's share
  std::vector<uint8_t> outside_;  ///< a pixel of padding
};

}  // namespace ingot
