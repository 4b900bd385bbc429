// Epilogues over blocks of sums: in registers where they are affine, else by pointwise kernels.
#include "runtime/cpu/integer/finish.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "runtime/cpu/kernels/integer_gemm_table.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr size_t kMostExtras = 16;
constexpr size_t kRoom = 32;  ///< floats that kernels may read behind the last column

bool fast_type(DType dtype) {
  return dtype == DType::kI8 || dtype == DType::kU8 || dtype == DType::kF32;
}

std::vector<float> spread(const std::vector<float>& values, int64_t columns) {
  std::vector<float> all(static_cast<size_t>(columns), values[0]);
  if (values.size() > 1) all = values;
  all.resize(static_cast<size_t>(columns) + kRoom, 0);
  return all;
}

StepTensor matrix(DType dtype, int64_t rows, int64_t columns, int64_t row_step) {
  return {.dtype = dtype,
          .shape = {rows, columns},
          .buffer_shape = {rows, row_step},
          .strides = {row_step, 1}};
}

}  // namespace

std::optional<int64_t> uniform_row_step(const StepTensor& tensor, int column_axis) {
  if (layout_block(tensor.layout) > 1 && tensor.shape.rank() > 1) return std::nullopt;
  if (tensor.shape[column_axis] > 1 && tensor.strides[column_axis] != 1) return std::nullopt;
  int64_t step = 0, expected = 0;
  for (int axis = tensor.shape.rank() - 1; axis >= 0; --axis) {
    if (axis == column_axis || tensor.shape[axis] == 1) continue;
    if (step == 0) {
      step = expected = tensor.strides[axis];
    } else if (tensor.strides[axis] != expected) {
      return std::nullopt;
    }
    expected *= tensor.shape[axis];
  }
  return step == 0 ? tensor.shape[column_axis] : step;
}

IntegerFinisher::IntegerFinisher(const StepContext& context, int first_extra, int column_axis)
    : y_(context.outputs()[0]), first_extra_(first_extra), columns_(y_.shape[column_axis]) {
  const auto step = uniform_row_step(y_, column_axis);
  if (!step) unsupported(context, "an output whose rows do not follow each other evenly");
  row_step_ = *step;
  const Expression* given = context.attributes().expression("epilogue");
  epilogue_ = given && !given->empty() ? *given : Expression::input(0);
  std::vector<StepTensor> tensors;
  bool in_blocks = true;
  for (size_t i = static_cast<size_t>(first_extra); i < context.inputs().size(); ++i) {
    const StepTensor& tensor = context.inputs()[i];
    Extra extra{extra_kind(tensor, y_.shape, column_axis), 0, tensor};
    if (extra.kind == ExtraKind::kFull) {
      const auto extra_step = uniform_row_step(tensor, column_axis);
      const bool alike = extra_step && tensor.layout == y_.layout;
      extra.kind = alike ? ExtraKind::kFull : ExtraKind::kOther;
      extra.row_step = extra_step.value_or(0);
    }
    in_blocks = in_blocks && extra.kind != ExtraKind::kOther;
    extras_.push_back(extra);
    tensors.push_back(tensor);
  }
  if (extras_.size() > kMostExtras) unsupported(context, "an epilogue with more than 16 inputs");
  if (y_.dtype == DType::kI32) {
    if (epilogue_.operation_count() > 0) unsupported(context, "an epilogue with a result of i32");
    return;
  }
  if (in_blocks && fast_type(y_.dtype)) {
    affine_ = affine_epilogue(epilogue_, tensors, y_.shape, column_axis);
    if (affine_ && affine_->residual != 0 &&
        !fast_type(tensors[static_cast<size_t>(affine_->residual) - 1].dtype)) {
      affine_.reset();
    }
  }
  if (affine_) {
    scale_ = spread(affine_->scale, columns_);
    bias_ = spread(affine_->bias, columns_);
    return;
  }
  if (in_blocks) return;
  StepTensor sums = y_;
  sums.dtype = DType::kI32;
  sums.buffer_shape = y_.shape;
  sums.strides = layout_strides(y_.shape, y_.layout);
  tensors.insert(tensors.begin(), sums);
  whole_ = std::make_unique<PointwiseKernel>(epilogue_, tensors, y_, context.threads());
}

StepTensor IntegerFinisher::block_of(const Extra& extra, int64_t rows, int64_t columns) const {
  StepTensor block = extra.tensor;
  if (extra.kind == ExtraKind::kFull) return matrix(block.dtype, rows, columns, extra.row_step);
  block.shape = extra.kind == ExtraKind::kNumber ? Shape{} : Shape{columns};
  block.strides = extra.kind == ExtraKind::kNumber ? Shape{} : Shape{1};
  block.buffer_shape = block.shape;
  block.layout = Layout::kPlain;
  return block;
}

void IntegerFinisher::expect(int64_t rows, int64_t columns, int64_t stride) {
  if (affine_ || whole_ || y_.dtype == DType::kI32 || kernels_.contains({rows, columns})) return;
  std::vector<StepTensor> tensors{matrix(DType::kI32, rows, columns, stride)};
  for (const Extra& extra : extras_) tensors.push_back(block_of(extra, rows, columns));
  kernels_[{rows, columns}] = std::make_unique<PointwiseKernel>(
      epilogue_, tensors, matrix(y_.dtype, rows, columns, row_step_), 1);
}

void IntegerFinisher::finish(const SumBlock& block, const StepMemory& memory, void* scratch) const {
  const auto element = static_cast<int64_t>(dtype_bytes(y_.dtype));
  char* y =
      static_cast<char*>(memory.outputs[0]) + (block.row * row_step_ + block.column) * element;
  const bool whole = whole_ != nullptr;
  if (whole || y_.dtype == DType::kI32) {
    char* to = y;
    int64_t step = row_step_;
    if (whole) {
      step = columns_;
      to = static_cast<char*>(scratch) + (block.row * step + block.column) * 4;
    }
    for (int64_t row = 0; row < block.rows; ++row) {
      std::memcpy(to + row * step * 4, block.sums + row * block.stride,
                  static_cast<size_t>(block.columns) * 4);
    }
    return;
  }
  const void* inputs[kMostExtras + 1] = {block.sums};
  for (size_t i = 0; i < extras_.size(); ++i) {
    const Extra& extra = extras_[i];
    const auto bytes = static_cast<int64_t>(dtype_bytes(extra.tensor.dtype));
    int64_t offset = extra.kind == ExtraKind::kNumber ? 0 : block.column;
    if (extra.kind == ExtraKind::kFull) offset += block.row * extra.row_step;
    inputs[i + 1] = static_cast<const char*>(memory.inputs[static_cast<size_t>(first_extra_) + i]) +
                    offset * bytes;
  }
  if (!affine_) {
    kernels_.at({block.rows, block.columns})->run(inputs, y);
    return;
  }
  IntegerFinish work{};
  work.sums = block.sums;
  work.sums_stride = block.stride;
  work.rows = block.rows;
  work.columns = block.columns;
  work.scale = scale_.data() + block.column;
  work.bias = bias_.data() + block.column;
  if (affine_->residual != 0) {
    const Extra& extra = extras_[static_cast<size_t>(affine_->residual) - 1];
    work.residual = inputs[affine_->residual];
    work.residual_stride = extra.row_step;
    work.residual_dtype = extra.tensor.dtype;
  }
  work.factor = affine_->factor;
  work.low = affine_->low;
  work.high = affine_->high;
  work.output = y;
  work.output_stride = row_step_;
  work.output_dtype = y_.dtype;
  integer_gemm().finish(work);
}

void IntegerFinisher::finish_all(const StepMemory& memory, const void* scratch) const {
  if (!whole_) return;
  const void* inputs[kMostExtras + 1] = {scratch};
  std::copy_n(memory.inputs + first_extra_, extras_.size(), inputs + 1);
  whole_->run(inputs, memory.outputs[0]);
}

size_t IntegerFinisher::scratch_bytes() const {
  return whole_ ? static_cast<size_t>(y_.shape.elements()) * sizeof(int32_t) : 0;
}

std::string IntegerFinisher::implementation() const {
  if (affine_ || y_.dtype == DType::kI32) return "";
  return whole_ ? "+pointwise behind it" : "+pointwise";
}

}  // namespace ingot
