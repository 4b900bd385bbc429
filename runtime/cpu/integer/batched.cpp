// Products of two matrices of the run: both are packed for the tile kernel as they come.
#include "runtime/cpu/integer/batched.h"

#include <algorithm>
#include <cstring>

#include "runtime/cpu/kernels/integer_gemm_table.h"
#include "runtime/cpu/kernels/move_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr int64_t kBlockRows = 60;
constexpr double kMacsPerNanosecond = 50;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

IntegerBatchedProduct::Operand IntegerBatchedProduct::operand_of(const StepTensor& tensor,
                                                                 const Shape& output,
                                                                 bool transposed) {
  Operand operand;
  const int rank = tensor.shape.rank(), batch_axes = output.rank() - 2;
  operand.row_step = tensor.strides[rank - (transposed ? 1 : 2)];
  operand.column_step = tensor.strides[rank - (transposed ? 2 : 1)];
  operand.dtype = tensor.dtype;
  int64_t batches = 1;
  for (int axis = 0; axis < batch_axes; ++axis) batches *= output[axis];
  for (int64_t batch = 0; batch < batches; ++batch) {
    int64_t rest = batch, begin = 0;
    for (int axis = batch_axes - 1; axis >= 0; --axis) {
      const int64_t at = rest % output[axis];
      rest /= output[axis];
      const int own = axis - (output.rank() - rank);
      if (own >= 0 && tensor.shape[own] > 1) begin += at * tensor.strides[own];
    }
    operand.begins.push_back(begin);
  }
  return operand;
}

IntegerBatchedProduct::IntegerBatchedProduct(const StepContext& context)
    : finisher_(context, 2, context.outputs()[0].shape.rank() - 1) {
  const StepTensor& a = context.inputs()[0];
  const StepTensor& b = context.inputs()[1];
  const Shape y = context.outputs()[0].shape;
  const int rank = y.rank();
  const bool transpose_a = context.attributes().integer("transpose_a") != 0;
  const bool transpose_b = context.attributes().integer("transpose_b") != 0;
  a_ = operand_of(a, y, transpose_a);
  b_ = operand_of(b, y, transpose_b);
  m_ = y[rank - 2];
  n_ = y[rank - 1];
  k_ = a.shape[a.shape.rank() - (transpose_a ? 2 : 1)];
  pairs_ = ceil_div(k_, 2);
  batches_ = static_cast<int64_t>(a_.begins.size());
  const IntegerGemmTable& table = integer_gemm();
  block_rows_ = std::max<int64_t>(ceil_div(m_, std::max<int64_t>(ceil_div(m_, kBlockRows), 1)), 1);
  if (block_rows_ < m_) block_rows_ = ceil_div(block_rows_, table.tile_rows) * table.tile_rows;
  blocks_ = ceil_div(m_, block_rows_);
  padded_columns_ = ceil_div(n_, table.panel_columns) * table.panel_columns;
  const double macs = static_cast<double>(batches_ * m_) * static_cast<double>(n_ * k_);
  threads_ = worthwhile_threads(context.threads(), macs / kMacsPerNanosecond);
  rows_bytes_ = aligned(static_cast<size_t>(block_rows_ * pairs_ * 2) * sizeof(int16_t));
  panels_bytes_ = aligned(static_cast<size_t>(padded_columns_ * pairs_ * 2));
  sums_bytes_ = aligned(static_cast<size_t>(block_rows_ * padded_columns_) * sizeof(int32_t));
  if (batches_ * m_ == 0 || n_ == 0) return;
  finisher_.expect(block_rows_, n_, padded_columns_);
  finisher_.expect(m_ - (blocks_ - 1) * block_rows_, n_, padded_columns_);
}

size_t IntegerBatchedProduct::scratch_bytes() const {
  return static_cast<size_t>(threads_) * (rows_bytes_ + panels_bytes_ + sums_bytes_) +
         finisher_.scratch_bytes();
}

std::string IntegerBatchedProduct::implementation() const {
  return kernel_isa_name() + finisher_.implementation();
}

void IntegerBatchedProduct::pack_rows(const void* a, int64_t row, int64_t rows, int16_t* to) const {
  const IntegerGemmTable& table = integer_gemm();
  const bool is_signed = a_.dtype == DType::kI8;
  for (int64_t i = 0; i < rows; ++i, to += 2 * pairs_) {
    const int64_t offset = (row + i) * a_.row_step;
    const auto* x = static_cast<const uint8_t*>(a) + offset;
    if (pairs_ > 0) to[2 * pairs_ - 1] = 0;
    if (a_.column_step != 1) {
      for (int64_t k = 0; k < k_; ++k) {
        const uint8_t value = x[k * a_.column_step];
        to[k] = is_signed ? static_cast<int8_t>(value) : value;
      }
    } else if (is_signed) {
      table.widen_signed(reinterpret_cast<const int8_t*>(x), k_, 0, to);
    } else {
      table.widen_unsigned(x, k_, 0, to);
    }
  }
}

void IntegerBatchedProduct::pack_panels(const int8_t* b, int8_t* to) const {
  const int64_t width = integer_gemm().panel_columns;
  const int64_t panel_bytes = pairs_ * 2 * width;
  if (n_ % width != 0 || k_ % 2 != 0) std::memset(to, 0, panels_bytes_);
  for (int64_t column = 0; column < n_; column += width, to += panel_bytes) {
    const int64_t columns = std::min(width, n_ - column);
    const int8_t* from = b + column * b_.column_step;
    if (b_.row_step == 1 && k_ % 2 == 0 && b_.column_step % 2 == 0) {
      // Columns lie side by side: pairs are moved as elements of two bytes.
      moves().transpose(2, reinterpret_cast<const char*>(from), b_.column_step / 2,
                        reinterpret_cast<char*>(to), width, columns, pairs_);
      continue;
    }
    for (int64_t k = 0; k < k_; ++k) {
      const int8_t* line = from + k * b_.row_step;
      int8_t* pair = to + k / 2 * 2 * width + k % 2;
      for (int64_t c = 0; c < columns; ++c) pair[2 * c] = line[c * b_.column_step];
    }
  }
}

void IntegerBatchedProduct::run_tasks(const StepMemory& memory, char* scratch, int64_t begin,
                                      int64_t end) const {
  const IntegerGemmTable& table = integer_gemm();
  auto* rows_data = reinterpret_cast<int16_t*>(scratch);
  auto* panels = reinterpret_cast<int8_t*>(scratch + rows_bytes_);
  auto* sums = reinterpret_cast<int32_t*>(scratch + rows_bytes_ + panels_bytes_);
  void* whole = static_cast<char*>(memory.scratch) + scratch_bytes() - finisher_.scratch_bytes();
  int64_t packed = -1;
  for (int64_t task = begin; task < end; ++task) {
    const int64_t batch = task / blocks_, row = task % blocks_ * block_rows_;
    const int64_t rows = std::min(block_rows_, m_ - row);
    const auto at = static_cast<size_t>(batch);
    if (packed != b_.begins[at]) {
      packed = b_.begins[at];
      pack_panels(static_cast<const int8_t*>(memory.inputs[1]) + packed, panels);
    }
    pack_rows(static_cast<const char*>(memory.inputs[0]) + a_.begins[at], row, rows, rows_data);
    const int64_t tiles = ceil_div(rows, table.tile_rows);
    for (int64_t column = 0; column < padded_columns_; column += table.panel_columns) {
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t first = rows * tile / tiles, last = rows * (tile + 1) / tiles;
        table.multiply(rows_data + first * 2 * pairs_, 2 * pairs_, panels + column * 2 * pairs_,
                       pairs_, static_cast<int>(last - first),
                       sums + first * padded_columns_ + column, padded_columns_, false);
      }
    }
    finisher_.finish({sums, padded_columns_, batch * m_ + row, rows, 0, n_}, memory, whole);
  }
}

void IntegerBatchedProduct::run(const StepMemory& memory) {
  const int64_t tasks = batches_ * blocks_;
  if (tasks == 0 || n_ == 0) return;
  parallel_ranges(threads_, threads_, [&](int64_t first, int64_t last) {
    for (int64_t thread = first; thread < last; ++thread) {
      char* scratch = static_cast<char*>(memory.scratch) +
                      static_cast<size_t>(thread) * (rows_bytes_ + panels_bytes_ + sums_bytes_);
      run_tasks(memory, scratch, tasks * thread / threads_, tasks * (thread + 1) / threads_);
    }
  });
  finisher_.finish_all(
      memory, static_cast<char*>(memory.scratch) + scratch_bytes() - finisher_.scratch_bytes());
}

}  // namespace ingot
