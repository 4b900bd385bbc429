// Operators that are told by index where elements go: GatherElements, ScatterND. All indices are
// checked before the first is used.
#include <algorithm>
#include <cstring>

#include "ops/indices.h"
#include "ops/registry.h"
#include "runtime/cpu/move.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

/// Index `i` of a tensor of i32 or i64.
struct Indices {
  const void* data;
  bool wide;
  int64_t operator[](int64_t i) const {
    return wide ? static_cast<const int64_t*>(data)[i] : static_cast<const int32_t*>(data)[i];
  }
};

class GatherElementsStep : public PreparedStep {
 public:
  explicit GatherElementsStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& indices = context.inputs()[1];
    const NodeAttributes node(op_named("GatherElements"), context.attributes());
    require_strided(context, x);
    if (!dense_from(indices, 0) || !dense_from(context.outputs()[0], 0)) {
      unsupported(context, "a window or a layout of GatherElements");
    }
    x_ = x;
    shape_ = indices.shape;
    axis_ = node.axis("axis", shape_.rank());
    wide_ = indices.dtype == DType::kI64;
    bytes_ = movable_bytes(x.dtype);
    width_ = shape_[shape_.rank() - 1];
  }

  void run(const StepMemory& memory) override {
    const Indices indices{memory.inputs[1], wide_};
    const int64_t total = shape_.elements();
    for (int64_t i = 0; i < total; ++i)
      checked_index(indices[i], x_.shape[axis_], "GatherElements");
    if (total == 0) return;
    parallel_ranges(worthwhile_threads(threads_, static_cast<double>(total) * 2), total / width_,
                    [&](int64_t begin, int64_t end) {
                      for (int64_t row = begin; row < end; ++row) pick_row(memory, indices, row);
                    });
  }

 private:
  void pick_row(const StepMemory& memory, const Indices& indices, int64_t row) const {
    const int last = shape_.rank() - 1;
    int64_t base = 0, rest = row;
    for (int axis = last - 1; axis >= 0; --axis) {
      if (axis != axis_) base += rest % shape_[axis] * x_.strides[axis];
      rest /= shape_[axis];
    }
    const int64_t step = axis_ == last ? 0 : x_.strides[last];
    for (int64_t i = 0; i < width_; ++i) {
      int64_t index = indices[row * width_ + i];
      if (index < 0) index += x_.shape[axis_];
      const int64_t from = base + i * step + index * x_.strides[axis_];
      std::memcpy(
          static_cast<char*>(memory.outputs[0]) + static_cast<size_t>(row * width_ + i) * bytes_,
          static_cast<const char*>(memory.inputs[0]) + from * static_cast<int64_t>(bytes_), bytes_);
    }
  }

  int threads_, axis_ = 0;
  StepTensor x_;
  Shape shape_;
  bool wide_ = true;
  size_t bytes_ = 0;
  int64_t width_ = 1;
};

class ScatterNDStep : public PreparedStep {
 public:
  explicit ScatterNDStep(const StepContext& context) {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& indices = context.inputs()[1];
    if (context.attributes().text("reduction", "none") != "none") {
      unsupported(context, "ScatterND with a reduction");
    }
    for (int i = 0; i < 3; ++i) {
      if (!dense_from(context.inputs()[static_cast<size_t>(i)], 0)) {
        unsupported(context, "a window of ScatterND");
      }
    }
    if (!dense_from(context.outputs()[0], 0)) unsupported(context, "a window of ScatterND");
    shape_ = x.shape;
    wide_ = indices.dtype == DType::kI64;
    tuple_ = static_cast<int>(indices.shape[indices.shape.rank() - 1]);
    tuples_ = tuple_ == 0 ? 0 : indices.elements() / tuple_;
    if (tuple_ == 0) unsupported(context, "ScatterND with empty tuples");
    const size_t bytes = movable_bytes(x.dtype);
    block_bytes_ = bytes;
    for (int axis = tuple_; axis < shape_.rank(); ++axis) {
      block_bytes_ *= static_cast<size_t>(shape_[axis]);
    }
    total_bytes_ = static_cast<size_t>(shape_.elements()) * bytes;
  }

  size_t scratch_bytes() const override { return static_cast<size_t>(tuples_) * sizeof(int64_t); }

  void run(const StepMemory& memory) override {
    const Indices indices{memory.inputs[1], wide_};
    auto* blocks = static_cast<int64_t*>(memory.scratch);
    for (int64_t i = 0; i < tuples_; ++i) {
      int64_t block = 0;
      for (int axis = 0; axis < tuple_; ++axis) {
        const int64_t index = checked_index(indices[i * tuple_ + axis], shape_[axis], "ScatterND");
        block = block * shape_[axis] + index;
      }
      blocks[i] = block;
    }
    auto* y = static_cast<char*>(memory.outputs[0]);
    if (y != memory.inputs[0] && total_bytes_ > 0) std::memcpy(y, memory.inputs[0], total_bytes_);
    const auto* updates = static_cast<const char*>(memory.inputs[2]);
    for (int64_t i = 0; i < tuples_ && block_bytes_ > 0; ++i) {
      std::memcpy(y + static_cast<size_t>(blocks[i]) * block_bytes_,
                  updates + static_cast<size_t>(i) * block_bytes_, block_bytes_);
    }
  }

 private:
  Shape shape_;
  bool wide_ = true;
  int tuple_ = 1;
  int64_t tuples_ = 0;
  size_t block_bytes_ = 0, total_bytes_ = 0;
};

std::unique_ptr<PreparedStep> prepare_gather_elements(const StepContext& context) {
  return std::make_unique<GatherElementsStep>(context);
}
std::unique_ptr<PreparedStep> prepare_scatter_nd(const StepContext& context) {
  return std::make_unique<ScatterNDStep>(context);
}

}  // namespace

extern const StepDef kCpuGatherElements = {
    .kind = "cpu.gather_elements",
    .summary = "Elements picked by an index along an axis.",
    .prepare = prepare_gather_elements,
};

extern const StepDef kCpuScatterND = {
    .kind = "cpu.scatter_nd",
    .summary = "Blocks replaced by tuples of indices.",
    .prepare = prepare_scatter_nd,
};

}  // namespace ingot
