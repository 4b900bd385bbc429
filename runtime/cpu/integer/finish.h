// From int32 sums to the result of an integer product, a block of rows and columns at a time, while
// the sums are in the cache.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "runtime/cpu/integer/epilogue.h"
#include "runtime/cpu/pointwise.h"

namespace ingot {

/// Sums of some columns (channels) of some rows (the other elements, in their order in memory).
struct SumBlock {
  const int32_t* sums;  ///< readable up to whole vectors behind the columns
  int64_t stride;
  int64_t row, rows;
  int64_t column, columns;
};

class IntegerFinisher {
 public:
  /// Extras of the epilogue are the step's inputs from `first_extra` on. Throws Error
  /// ("step.unsupported") where it cannot be done.
  IntegerFinisher(const StepContext& context, int first_extra, int column_axis);

  /// Must be called in `prepare` for every size that blocks will have.
  void expect(int64_t rows, int64_t columns, int64_t stride);

  void finish(const SumBlock& block, const StepMemory& memory, void* scratch) const;
  /// After all blocks.
  void finish_all(const StepMemory& memory, const void* scratch) const;
  /// Of `scratch`: sums of the whole output, where the epilogue asks for them.
  size_t scratch_bytes() const;
  std::string implementation() const;

 private:
  struct Extra {
    ExtraKind kind;
    int64_t row_step;
    StepTensor tensor;
  };
  StepTensor block_of(const Extra& extra, int64_t rows, int64_t columns) const;

  StepTensor y_;
  Expression epilogue_;
  int first_extra_;
  int64_t row_step_ = 0, columns_ = 0;
  std::vector<Extra> extras_;
  std::vector<float> scale_, bias_;  ///< with some room behind the last column
  std::optional<AffineEpilogue> affine_;
  /// By rows and columns, where the epilogue is not affine.
  std::map<std::pair<int64_t, int64_t>, std::unique_ptr<PointwiseKernel>> kernels_;
  std::unique_ptr<PointwiseKernel> whole_;  ///< where extras do not lie in rows and columns
};

/// Elements between rows that follow each other in memory order (all axes but `column_axis`), if
/// that is the same number everywhere and columns lie side by side.
std::optional<int64_t> uniform_row_step(const StepTensor& tensor, int column_axis);

}  // namespace ingot
