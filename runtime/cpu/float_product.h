// A product of float rows (of a matrix, or pixels of an image) by constant weights, with an
// epilogue. Weights are packed in panels, which are read once, from memory, while the panel before
// is at work; sums stay in registers over a part of the length.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/cpu/integer/epilogue.h"
#include "runtime/cpu/pointwise.h"

namespace ingot {

/// y[rows, filters] = x[rows, length] * w; steps in elements.
struct FloatRows {
  int64_t rows = 0, length = 0, filters = 0;
  int64_t row_step = 0;  ///< 0: rows do not follow each other evenly, they are copied first
  int length_axis = 0, filter_axis = 1;  ///< of the constant, whose other axes have one element
  int bias_input = -1;                   ///< a constant vector; -1: none
  int first_extra = 2;
  int column_axis = 1;  ///< of the output
};

class FloatProduct : public PreparedStep {
 public:
  /// Inputs 0 and 1 are x and w. Throws Error ("step.unsupported") where it cannot be done.
  FloatProduct(const StepContext& context, const FloatRows& rows);

  size_t scratch_bytes() const override;
  std::string implementation() const override;
  void run(const StepMemory& memory) override;

 private:
  struct Extra {
    ExtraKind kind;
    int64_t row_step;
    StepTensor tensor;
  };
  struct Block {
    int64_t row, rows, column, columns;
  };
  void set_epilogue(const StepContext& context);
  void divide(int threads);
  void pack_weights(const StepContext& context);
  Block block_of(int64_t task) const;
  std::unique_ptr<PointwiseKernel> block_kernel(const Block& block) const;
  /// Where rows and results lie: as the step is given them, or in scratch.
  struct Matrices {
    const float* x;
    float* y;
  };
  void multiply(const Matrices& at, const StepMemory& memory, const Block& block,
                const Block& next) const;
  void finish(const Matrices& at, const StepMemory& memory, const Block& block) const;
  const void* extra_at(const StepMemory& memory, size_t i, const Block& block) const;

  FloatRows rows_;
  StepTensor y_;
  Expression epilogue_;
  int threads_;
  int64_t y_step_ = 0, panels_ = 0;
  size_t x_bytes_ = 0, y_bytes_ = 0;  ///< of scratch, where they are copied
  int64_t row_blocks_ = 1, column_blocks_ = 1, parts_ = 1;
  const float* panels_data_ = nullptr;
  std::vector<Extra> extras_;
  std::vector<float> start_;  ///< of sums, by column, with room behind the last one
  std::optional<AffineEpilogue> affine_;
  /// By rows and columns of a block, where the epilogue is not affine.
  std::map<std::pair<int64_t, int64_t>, std::unique_ptr<PointwiseKernel>> kernels_;
  std::unique_ptr<PointwiseKernel> whole_;  ///< where not all lies in rows and columns
  std::unique_ptr<PointwiseKernel> copy_x_;
};

}  // namespace ingot
