// Exact products of 8-bit integers where the run computes both matrices, batch by batch (attention).
#pragma once

#include "runtime/cpu/integer/finish.h"

namespace ingot {

class IntegerBatchedProduct : public PreparedStep {
 public:
  /// Of a MatMul step: A of i8 or u8 by B of i8, batches broadcast, either one transposed.
  explicit IntegerBatchedProduct(const StepContext& context);

  size_t scratch_bytes() const override;
  std::string implementation() const override;
  void run(const StepMemory& memory) override;

 private:
  /// A matrix of each batch: where it begins, and its steps in elements.
  struct Operand {
    std::vector<int64_t> begins;
    int64_t row_step = 0, column_step = 0;
    DType dtype = DType::kI8;
  };
  static Operand operand_of(const StepTensor& tensor, const Shape& output, bool transposed);
  void pack_rows(const void* a, int64_t row, int64_t rows, int16_t* to) const;
  void pack_panels(const int8_t* b, int8_t* to) const;
  void run_tasks(const StepMemory& memory, char* scratch, int64_t begin, int64_t end) const;

  IntegerFinisher finisher_;
  Operand a_, b_;
  int64_t m_ = 0, n_ = 0, k_ = 0, pairs_ = 0, batches_ = 1;
  int64_t block_rows_ = 1, blocks_ = 1, padded_columns_ = 0;
  int threads_ = 1;
  size_t rows_bytes_ = 0, panels_bytes_ = 0, sums_bytes_ = 0;
};

}  // namespace ingot
