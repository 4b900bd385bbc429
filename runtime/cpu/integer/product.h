// An exact product of 8-bit integers: windows of the input (or rows of a matrix) by constant
// weights, with an epilogue. Our own kernels: they need no instruction for 8-bit dot products.
#pragma once

#include <memory>

#include "runtime/cpu/integer/finish.h"
#include "runtime/cpu/integer/rows.h"

namespace ingot {

/// How the constant weights lie in their plain form: steps in elements along groups, filters
/// (columns) and channels of a group, and taps (depth, height, width); and which axes of the constant these are.
struct IntegerWeights {
  int64_t filters = 1;  ///< of one group
  int64_t group_step = 0, filter_step = 0, channel_step = 0, tap_step[3] = {0, 0, 0};
  int filter_axis = 0, channel_axis = 1;
};

class IntegerProduct : public PreparedStep {
 public:
  /// Inputs 0 and 1 are x and weights; `bias_input` (int32) may be absent or -1.
  IntegerProduct(const StepContext& context, const IntegerWindows& windows,
                 const IntegerWeights& weights, int bias_input, int first_extra, int column_axis);

  size_t scratch_bytes() const override;
  std::string implementation() const override;
  void run(const StepMemory& memory) override;

 private:
  void divide(int threads);
  void pack_weights(const StepContext& context);
  void fill_panels(const int8_t* plain, int8_t* packed) const;
  void run_tasks(const StepMemory& memory, void* scratch, int64_t begin, int64_t end) const;
  int64_t panel_bytes() const { return pairs_ * 2 * panel_columns_; }
  int64_t padded_filters() const { return panels_ * panel_columns_; }

  IntegerWindows windows_;
  IntegerWeights weights_;
  IntegerRows rows_;
  IntegerFinisher finisher_;
  int bias_input_;
  int threads_;
  int64_t panel_columns_, panels_, pairs_;
  std::shared_ptr<void> own_panels_;
  const int8_t* panels_data_ = nullptr;
  // A task is some rows by some panels of a group; sums are added up over parts of the length.
  int64_t row_blocks_ = 1, block_rows_ = 1, panel_blocks_ = 1, block_panels_ = 1;
  int64_t parts_ = 1, part_pairs_ = 1;
  size_t rows_bytes_ = 0, sums_bytes_ = 0;
};

}  // namespace ingot
