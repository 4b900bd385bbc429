// Exact products of 8-bit integers: packing, division into tasks that stay in the second-level
// cache, and the loops over tiles.
#include "runtime/cpu/integer/product.h"

#include <algorithm>
#include <cstring>

#include "core/tensor/packed_format.h"
#include "core/tensor/tensor.h"
#include "runtime/cpu/kernels/integer_gemm_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr int64_t kBlockRows = 60;      ///< whole tiles in every instruction set
constexpr int64_t kBlockColumns = 512;  ///< with these rows sums take 112 KiB
constexpr int64_t kPartPairs = 384;     ///< a panel's part takes 12 KiB of first-level cache
constexpr double kMacsPerNanosecond = 70;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

IntegerProduct::IntegerProduct(const StepContext& context, const IntegerWindows& windows,
                               const IntegerWeights& weights, int bias_input, int first_extra,
                               int column_axis)
    : windows_(windows),
      weights_(weights),
      rows_(windows),
      finisher_(context, first_extra, column_axis),
      bias_input_(bias_input >= 0 && has_input(context, bias_input) ? bias_input : -1),
      panel_columns_(integer_gemm().panel_columns),
      panels_(ceil_div(weights.filters, panel_columns_)),
      pairs_(ceil_div(windows.length(), 2)) {
  const double macs = static_cast<double>(windows.rows() * windows.groups) *
                      static_cast<double>(windows.length() * weights.filters);
  threads_ = worthwhile_threads(context.threads(), macs / kMacsPerNanosecond);
  divide(threads_);
  pack_weights(context);
  if (windows.rows() == 0) return;
  const int64_t stride = block_panels_ * panel_columns_;
  for (const int64_t rows : {block_rows_, windows.rows() - (row_blocks_ - 1) * block_rows_}) {
    finisher_.expect(rows, std::min(stride, weights.filters), stride);
    finisher_.expect(rows, weights.filters - (panel_blocks_ - 1) * stride, stride);
  }
}

void IntegerProduct::divide(int threads) {
  const int64_t rows = std::max<int64_t>(windows_.rows(), 1);
  block_rows_ = ceil_div(rows, ceil_div(rows, kBlockRows));
  const int64_t tile = integer_gemm().tile_rows;
  if (block_rows_ < rows) block_rows_ = ceil_div(block_rows_, tile) * tile;
  row_blocks_ = ceil_div(rows, block_rows_);
  const int64_t most_panels = std::max<int64_t>(kBlockColumns / panel_columns_, 1);
  int64_t blocks = ceil_div(panels_, most_panels);
  // Few blocks of rows do not divide among the threads: columns do then.
  if (row_blocks_ * windows_.groups < 4 * threads) {
    blocks = std::max(blocks, std::min<int64_t>(panels_, threads));
  }
  block_panels_ = ceil_div(panels_, blocks);
  panel_blocks_ = ceil_div(panels_, block_panels_);
  parts_ = std::max<int64_t>(ceil_div(pairs_, kPartPairs), 1);
  part_pairs_ = ceil_div(pairs_, parts_);
  parts_ = std::max<int64_t>(ceil_div(pairs_, std::max<int64_t>(part_pairs_, 1)), 1);
  rows_bytes_ = aligned(static_cast<size_t>(block_rows_ * part_pairs_ * 2) * sizeof(int16_t));
  sums_bytes_ =
      aligned(static_cast<size_t>(block_rows_ * block_panels_ * panel_columns_) * sizeof(int32_t));
}

void IntegerProduct::pack_weights(const StepContext& context) {
  const auto bytes = static_cast<size_t>(windows_.groups * panels_ * panel_bytes());
  const StepTensor& w = context.inputs()[1];
  const auto pack = [&](const void* plain, void* packed) {
    fill_panels(static_cast<const int8_t*>(plain), static_cast<int8_t*>(packed));
  };
  // Pairs that straddle taps, or panels that end with a group, are no blocks of the constant's axes.
  const bool describable =
      windows_.groups == 1 && (windows_.channels % 2 == 0 || windows_.taps() == 1);
  if (!describable) {
    if (w.constant == nullptr) unsupported(context, "weights that are not there in plain form");
    own_panels_ = allocate_aligned(bytes + 64);
    pack(w.constant, own_panels_.get());
    panels_data_ = static_cast<const int8_t*>(own_panels_.get());
    return;
  }
  PackedFormat format;
  format.dtype = DType::kI8;
  format.dims = format.padded = w.shape;
  format.strides = w.shape;
  format.padded[weights_.filter_axis] = padded_filters();
  format.padded[weights_.channel_axis] = ceil_div(windows_.channels, 2) * 2;
  format.strides[weights_.filter_axis] = panel_bytes();
  format.strides[weights_.channel_axis] = 2 * panel_columns_;
  int64_t tap = windows_.channels * panel_columns_;
  for (int axis = w.shape.rank() - 1; axis >= 2; --axis) {
    format.strides[axis] = tap;
    tap *= w.shape[axis];
  }
  format.blocks = {{panel_columns_, weights_.filter_axis}, {2, weights_.channel_axis}};
  panels_data_ = static_cast<const int8_t*>(
      context.packed_constant(1, format.to_string(), format.bytes(), pack));
}

void IntegerProduct::fill_panels(const int8_t* plain, int8_t* packed) const {
  const IntegerWindows& x = windows_;
  std::memset(packed, 0, static_cast<size_t>(x.groups * panels_ * panel_bytes()));
  for (int64_t group = 0; group < x.groups; ++group) {
    for (int64_t filter = 0; filter < weights_.filters; ++filter) {
      const int8_t* from = plain + group * weights_.group_step + filter * weights_.filter_step;
      int8_t* to = packed + (group * panels_ + filter / panel_columns_) * panel_bytes() +
                   filter % panel_columns_ * 2;
      int64_t k = 0;
      for (int64_t z = 0; z < x.kernel[0]; ++z) {
        for (int64_t y = 0; y < x.kernel[1]; ++y) {
          for (int64_t column = 0; column < x.kernel[2]; ++column) {
            const int8_t* tap = from + z * weights_.tap_step[0] + y * weights_.tap_step[1] +
                                column * weights_.tap_step[2];
            for (int64_t c = 0; c < x.channels; ++c, ++k) {
              to[k / 2 * 2 * panel_columns_ + k % 2] = tap[c * weights_.channel_step];
            }
          }
        }
      }
    }
  }
}

size_t IntegerProduct::scratch_bytes() const {
  return static_cast<size_t>(threads_) * (rows_bytes_ + sums_bytes_) + finisher_.scratch_bytes();
}

std::string IntegerProduct::implementation() const {
  return kernel_isa_name() + finisher_.implementation();
}

void IntegerProduct::run_tasks(const StepMemory& memory, void* scratch, int64_t begin,
                               int64_t end) const {
  const IntegerGemmTable& table = integer_gemm();
  auto* rows_data = static_cast<int16_t*>(scratch);
  auto* sums = reinterpret_cast<int32_t*>(static_cast<char*>(scratch) + rows_bytes_);
  void* all_sums = static_cast<char*>(memory.scratch) +
                   static_cast<size_t>(threads_) * (rows_bytes_ + sums_bytes_);
  const auto* bias =
      bias_input_ >= 0 ? static_cast<const int32_t*>(memory.inputs[bias_input_]) : nullptr;
  const int64_t stride = block_panels_ * panel_columns_, rows_stride = part_pairs_ * 2;
  int64_t packed_task = -1;
  for (int64_t task = begin; task < end; ++task) {
    const int64_t row_block = task % row_blocks_;
    const int64_t panel_block = task / row_blocks_ % panel_blocks_;
    const int64_t group = task / row_blocks_ / panel_blocks_;
    const int64_t row = row_block * block_rows_;
    const int64_t rows = std::min(block_rows_, windows_.rows() - row);
    const int64_t first_panel = panel_block * block_panels_;
    const int64_t panels = std::min(block_panels_, panels_ - first_panel);
    const int64_t column = first_panel * panel_columns_;
    const int64_t columns = std::min(panels * panel_columns_, weights_.filters - column);
    const int64_t tiles = ceil_div(rows, table.tile_rows);
    for (int64_t i = 0; bias != nullptr && i < rows; ++i) {
      std::memcpy(sums + i * stride, bias + group * weights_.filters + column,
                  static_cast<size_t>(columns) * sizeof(int32_t));
    }
    for (int64_t part = 0; part < parts_; ++part) {
      const int64_t pair = part * part_pairs_;
      const int64_t pairs = std::min(part_pairs_, pairs_ - pair);
      // The same rows as in the task before, when only the panels differ.
      const int64_t rows_id = (group * row_blocks_ + row_block) * parts_ + part;
      if (rows_id != packed_task) {
        rows_.pack(memory.inputs[0], group, row, rows, 2 * pair, 2 * (pair + pairs), rows_data,
                   rows_stride);
        packed_task = rows_id;
      }
      for (int64_t p = 0; p < panels; ++p) {
        const int8_t* panel = panels_data_ + (group * panels_ + first_panel + p) * panel_bytes() +
                              pair * 2 * panel_columns_;
        for (int64_t tile = 0; tile < tiles; ++tile) {
          const int64_t first = rows * tile / tiles, last = rows * (tile + 1) / tiles;
          table.multiply(rows_data + first * rows_stride, rows_stride, panel, pairs,
                         static_cast<int>(last - first), sums + first * stride + p * panel_columns_,
                         stride, part > 0 || bias != nullptr);
        }
      }
    }
    finisher_.finish({sums, stride, row, rows, group * weights_.filters + column, columns}, memory,
                     all_sums);
  }
}

void IntegerProduct::run(const StepMemory& memory) {
  if (windows_.rows() == 0) return;
  const int64_t tasks = row_blocks_ * panel_blocks_ * windows_.groups;
  parallel_ranges(threads_, threads_, [&](int64_t first, int64_t last) {
    for (int64_t thread = first; thread < last; ++thread) {
      void* scratch = static_cast<char*>(memory.scratch) +
                      static_cast<size_t>(thread) * (rows_bytes_ + sums_bytes_);
      run_tasks(memory, scratch, tasks * thread / threads_, tasks * (thread + 1) / threads_);
    }
  });
  finisher_.finish_all(memory, static_cast<char*>(memory.scratch) +
                                   static_cast<size_t>(threads_) * (rows_bytes_ + sums_bytes_));
}

}  // namespace ingot
