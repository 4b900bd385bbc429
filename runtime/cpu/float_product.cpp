// Products of floats: packing, division into blocks that stay in the second-level cache, and the
// loops over tiles.
#include "runtime/cpu/float_product.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/tensor/packed_format.h"
#include "runtime/cpu/integer/finish.h"
#include "runtime/cpu/kernels/float_gemm_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr int64_t kWholeLength = 512;    ///< not divided up to here
constexpr int64_t kPartLength = 384;     ///< a panel's part takes 24 KiB of first-level cache
constexpr int64_t kBlockFloats = 80000;  ///< of rows' parts, and of results: 320 KiB each
constexpr int64_t kBlockRows = 512;
constexpr int64_t kBlockColumns = 384;
constexpr double kMacsPerNanosecond = 45;
constexpr size_t kMostExtras = 16;
constexpr size_t kRoom = 64;  ///< floats that kernels may read behind the last column

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

StepTensor matrix(DType dtype, int64_t rows, int64_t columns, int64_t row_step) {
  return {.dtype = dtype,
          .shape = {rows, columns},
          .buffer_shape = {rows, row_step},
          .strides = {row_step, 1}};
}

StepTensor in_one_piece(const StepTensor& tensor) {
  StepTensor dense = tensor;
  dense.buffer_shape = tensor.shape;
  dense.strides = layout_strides(tensor.shape, tensor.layout);
  return dense;
}

size_t float_bytes(const StepTensor& tensor) {
  return static_cast<size_t>(round_up(tensor.elements(), 16)) * sizeof(float);
}

}  // namespace

FloatProduct::FloatProduct(const StepContext& context, const FloatRows& rows)
    : rows_(rows), y_(context.outputs()[0]) {
  if (rows.length == 0) unsupported(context, "a product over nothing");
  const auto step = uniform_row_step(y_, rows.column_axis);
  y_step_ = step.value_or(rows.filters);
  if (!step) y_bytes_ = float_bytes(y_);
  if (rows.row_step == 0) {
    const StepTensor& x = context.inputs()[0];
    rows_.row_step = rows.length;
    x_bytes_ = float_bytes(x);
    copy_x_ = std::make_unique<PointwiseKernel>(Expression::input(0), std::vector{x},
                                                in_one_piece(x), context.threads());
  }
  panels_ = ceil_div(rows.filters, float_gemm().panel_columns);
  const double macs =
      static_cast<double>(rows.rows) * static_cast<double>(rows.length * rows.filters);
  threads_ = worthwhile_threads(context.threads(), macs / kMacsPerNanosecond);
  divide(threads_);
  pack_weights(context);
  start_.assign(static_cast<size_t>(rows.filters) + kRoom, 0);
  if (rows.bias_input >= 0 && has_input(context, rows.bias_input)) {
    const std::vector<float> bias = constant_floats(context, rows.bias_input);
    std::copy(bias.begin(), bias.end(), start_.begin());
  }
  set_epilogue(context);
}

void FloatProduct::divide(int threads) {
  const int64_t rows = std::max<int64_t>(rows_.rows, 1);
  parts_ = rows_.length <= kWholeLength ? 1 : ceil_div(rows_.length, kPartLength);
  const int64_t part = ceil_div(rows_.length, parts_);
  const int64_t columns = std::min(rows_.filters, kBlockColumns);
  const int64_t most_rows =
      std::min({kBlockFloats / part, kBlockFloats / std::max<int64_t>(columns, 1), kBlockRows});
  row_blocks_ = ceil_div(rows, most_rows);
  column_blocks_ =
      std::max<int64_t>(ceil_div(panels_ * float_gemm().panel_columns, kBlockColumns), 1);
  if (row_blocks_ * column_blocks_ % threads == 0) return;
  // Weights that only one thread reads come from memory once; rows divide more evenly.
  if (row_blocks_ < threads) {
    column_blocks_ = std::min(round_up(column_blocks_, threads), std::max<int64_t>(panels_, 1));
  } else {
    row_blocks_ = std::min(round_up(row_blocks_, threads), rows);
  }
}

void FloatProduct::pack_weights(const StepContext& context) {
  const Shape& shape = context.inputs()[1].shape;
  const int64_t width = float_gemm().panel_columns;
  const int64_t length = rows_.length, filters = rows_.filters;
  PackedFormat format;
  format.dtype = DType::kF32;
  format.dims = format.padded = format.strides = shape;
  format.padded[rows_.filter_axis] = panels_ * width;
  format.strides[rows_.filter_axis] = length * width;
  format.strides[rows_.length_axis] = width;
  format.blocks = {{width, rows_.filter_axis}};
  const bool filters_first = rows_.filter_axis < rows_.length_axis;
  const auto pack = [&](const void* plain, void* packed) {
    const auto* from = static_cast<const float*>(plain);
    auto* to = static_cast<float*>(packed);
    const int64_t filter_step = filters_first ? length : 1, k_step = filters_first ? 1 : filters;
    for (int64_t panel = 0; panel < panels_; ++panel) {
      for (int64_t k = 0; k < length; ++k) {
        for (int64_t c = 0; c < width; ++c) {
          const int64_t filter = panel * width + c;
          *to++ = filter < filters ? from[filter * filter_step + k * k_step] : 0;
        }
      }
    }
  };
  panels_data_ = static_cast<const float*>(
      context.packed_constant(1, format.to_string(), format.bytes(), pack));
}

void FloatProduct::set_epilogue(const StepContext& context) {
  const Expression* given = context.attributes().expression("epilogue");
  epilogue_ = given && !given->empty() ? *given : Expression::input(0);
  std::vector<StepTensor> tensors;
  bool in_blocks = y_bytes_ == 0, floats = true;
  for (size_t i = static_cast<size_t>(rows_.first_extra); i < context.inputs().size(); ++i) {
    const StepTensor& tensor = context.inputs()[i];
    Extra extra{extra_kind(tensor, y_.shape, rows_.column_axis), 0, tensor};
    if (extra.kind == ExtraKind::kFull) {
      const auto step = uniform_row_step(tensor, rows_.column_axis);
      if (!step || tensor.layout != y_.layout) extra.kind = ExtraKind::kOther;
      extra.row_step = step.value_or(0);
      floats = floats && tensor.dtype == DType::kF32;
    }
    in_blocks = in_blocks && extra.kind != ExtraKind::kOther;
    extras_.push_back(extra);
    tensors.push_back(tensor);
  }
  if (extras_.size() > kMostExtras) unsupported(context, "an epilogue with more than 16 inputs");
  if (in_blocks && floats) {
    affine_ = affine_epilogue(epilogue_, tensors, y_.shape, rows_.column_axis);
    const auto is_one = [](float x) { return x == 1; };
    if (affine_ && !std::all_of(affine_->scale.begin(), affine_->scale.end(), is_one)) {
      affine_.reset();
    }
  }
  if (affine_) {
    for (size_t i = 0; i < static_cast<size_t>(rows_.filters); ++i) {
      start_[i] += affine_->bias[affine_->bias.size() > 1 ? i : 0];
    }
    return;
  }
  if (!in_blocks) {
    tensors.insert(tensors.begin(), y_bytes_ > 0 ? in_one_piece(y_) : y_);
    whole_ = std::make_unique<PointwiseKernel>(epilogue_, tensors, y_, context.threads());
    return;
  }
  for (int64_t task = 0; task < row_blocks_ * column_blocks_; ++task) {
    const Block block = block_of(task);
    auto& kernel = kernels_[{block.rows, block.columns}];
    if (!kernel) kernel = block_kernel(block);
  }
}

std::unique_ptr<PointwiseKernel> FloatProduct::block_kernel(const Block& block) const {
  const StepTensor y = matrix(DType::kF32, block.rows, block.columns, y_step_);
  std::vector<StepTensor> tensors{y};
  for (const Extra& extra : extras_) {
    if (extra.kind == ExtraKind::kFull) {
      tensors.push_back(matrix(extra.tensor.dtype, block.rows, block.columns, extra.row_step));
      continue;
    }
    StepTensor vector = extra.tensor;
    const bool number = extra.kind == ExtraKind::kNumber;
    vector.shape = vector.buffer_shape = number ? Shape{} : Shape{block.columns};
    vector.strides = number ? Shape{} : Shape{1};
    vector.layout = Layout::kPlain;
    tensors.push_back(vector);
  }
  return std::make_unique<PointwiseKernel>(epilogue_, tensors, y, 1);
}

size_t FloatProduct::scratch_bytes() const { return x_bytes_ + y_bytes_; }

std::string FloatProduct::implementation() const {
  std::string name = copy_x_ ? "copy+" : "";
  name += kernel_isa_name();
  if (!affine_) name += whole_ ? "+pointwise behind it" : "+pointwise";
  return name;
}

FloatProduct::Block FloatProduct::block_of(int64_t task) const {
  // Rows vary first: a thread keeps to its weights.
  const int64_t row_block = task % row_blocks_, column_block = task / row_blocks_;
  const int64_t width = float_gemm().panel_columns;
  const int64_t first = rows_.rows * row_block / row_blocks_;
  const int64_t end = rows_.rows * (row_block + 1) / row_blocks_;
  const int64_t column = panels_ * column_block / column_blocks_ * width;
  const int64_t end_column = panels_ * (column_block + 1) / column_blocks_ * width;
  return {first, end - first, column, std::min(end_column, rows_.filters) - column};
}

const void* FloatProduct::extra_at(const StepMemory& memory, size_t i, const Block& block) const {
  const Extra& extra = extras_[i];
  int64_t offset = extra.kind == ExtraKind::kNumber ? 0 : block.column;
  if (extra.kind == ExtraKind::kFull) offset += block.row * extra.row_step;
  const void* from = memory.inputs[static_cast<size_t>(rows_.first_extra) + i];
  return static_cast<const char*>(from) +
         offset * static_cast<int64_t>(dtype_bytes(extra.tensor.dtype));
}

void FloatProduct::multiply(const Matrices& at, const StepMemory& memory, const Block& block,
                            const Block& next) const {
  const FloatGemmTable& table = float_gemm();
  const int64_t width = table.panel_columns, panel_floats = rows_.length * width;
  const int64_t panels = ceil_div(block.columns, width),
                tiles = ceil_div(block.rows, table.tile_rows);
  const float* x = at.x + block.row * rows_.row_step;
  float* y = at.y + block.row * y_step_ + block.column;
  const float* weights = panels_data_ + block.column / width * panel_floats;
  const size_t residual = affine_ ? static_cast<size_t>(affine_->residual) : 0;
  const float* extra =
      residual != 0 ? static_cast<const float*>(extra_at(memory, residual - 1, block)) : nullptr;
  FloatTile tile{};
  tile.a_stride = rows_.row_step;
  tile.y_stride = y_step_;
  if (affine_) tile.factor = affine_->factor;
  if (residual != 0) tile.residual_stride = extras_[residual - 1].row_step;
  for (int64_t part = 0; part < parts_; ++part) {
    const int64_t k = rows_.length * part / parts_, k_end = rows_.length * (part + 1) / parts_;
    const bool last = part + 1 == parts_;
    tile.k = k_end - k;
    if (affine_ && last) {
      tile.low = affine_->low;
      tile.high = affine_->high;
      tile.limited = std::isfinite(tile.low) || std::isfinite(tile.high);
    }
    // Few rows stream through the weights, where the processor's own prefetching does.
    const int64_t lines = tile.k * width / 16;
    const int64_t lines_a_tile = tiles >= 4 ? ceil_div(lines, tiles) : 0;
    for (int64_t p = 0; p < panels; ++p) {
      tile.panel = weights + p * panel_floats + k * width;
      const float* ahead = tile.panel + panel_floats;
      if (p + 1 == panels) {
        ahead = last ? panels_data_ + next.column / width * panel_floats : weights + k_end * width;
      }
      tile.columns = static_cast<int>(std::min(width, block.columns - p * width));
      tile.start = part == 0 ? start_.data() + block.column + p * width : nullptr;
      for (int64_t i = 0; i < tiles; ++i) {
        const int64_t row = block.rows * i / tiles;
        tile.rows = static_cast<int>(block.rows * (i + 1) / tiles - row);
        tile.a = x + row * rows_.row_step + k;
        tile.y = y + row * y_step_ + p * width;
        tile.residual =
            last && extra != nullptr ? extra + row * tile.residual_stride + p * width : nullptr;
        tile.ahead = ahead + std::min(i * lines_a_tile, lines - 1) * 16;
        tile.lines_ahead = std::clamp<int64_t>(lines - i * lines_a_tile, 0, lines_a_tile);
        table.multiply(tile);
      }
    }
  }
}

void FloatProduct::finish(const Matrices& at, const StepMemory& memory, const Block& block) const {
  if (affine_ || whole_) return;
  float* y = at.y + block.row * y_step_ + block.column;
  const void* inputs[kMostExtras + 1] = {y};
  for (size_t i = 0; i < extras_.size(); ++i) inputs[i + 1] = extra_at(memory, i, block);
  kernels_.at({block.rows, block.columns})->run(inputs, y);
}

void FloatProduct::run(const StepMemory& memory) {
  if (rows_.rows == 0 || rows_.filters == 0) return;
  Matrices at{static_cast<const float*>(memory.inputs[0]), static_cast<float*>(memory.outputs[0])};
  if (copy_x_) {
    copy_x_->run(memory.inputs, memory.scratch);
    at.x = static_cast<const float*>(memory.scratch);
  }
  if (y_bytes_ > 0) at.y = reinterpret_cast<float*>(static_cast<char*>(memory.scratch) + x_bytes_);
  parallel_ranges(threads_, row_blocks_ * column_blocks_, [&](int64_t first, int64_t last) {
    for (int64_t task = first; task < last; ++task) {
      const Block block = block_of(task);
      multiply(at, memory, block, block_of(std::min(task + 1, last - 1)));
      finish(at, memory, block);
    }
  });
  if (!whole_) return;
  const void* inputs[kMostExtras + 1] = {at.y};
  std::copy_n(memory.inputs + rows_.first_extra, extras_.size(), inputs + 1);
  whole_->run(inputs, memory.outputs[0]);
}

}  // namespace ingot
