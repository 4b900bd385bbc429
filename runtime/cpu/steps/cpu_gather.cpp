// Gather: slices picked by index. Indices are checked before the first is used.
#include <cstring>

#include "ops/indices.h"
#include "ops/registry.h"
#include "runtime/cpu/move.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

template <typename T>
void pick(const T* from, const int64_t* offsets, int64_t count, T* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = from[offsets[i]];
}

class GatherStep : public PreparedStep {
 public:
  explicit GatherStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& indices = context.inputs()[1];
    const StepTensor& y = context.outputs()[0];
    const NodeAttributes node(op_named("Gather"), context.attributes());
    const int axis = node.axis("axis", x.shape.rank());
    require_strided(context, x);
    if (!dense_from(x, 0) || !dense_from(y, 0) || !dense_from(indices, 0)) {
      unsupported(context, "a window or a layout of Gather");
    }
    bytes_ = static_cast<int64_t>(movable_bytes(x.dtype));
    wide_indices_ = indices.dtype == DType::kI64;
    count_ = indices.elements();
    length_ = x.shape[axis];
    for (int i = 0; i < axis; ++i) outer_ *= x.shape[i];
    for (int i = axis + 1; i < x.shape.rank(); ++i) inner_ *= x.shape[i];
  }

  size_t scratch_bytes() const override { return static_cast<size_t>(count_) * sizeof(int64_t); }

  void run(const StepMemory& memory) override {
    auto* offsets = static_cast<int64_t*>(memory.scratch);
    for (int64_t i = 0; i < count_; ++i) {
      const int64_t index = wide_indices_ ? static_cast<const int64_t*>(memory.inputs[1])[i]
                                          : static_cast<const int32_t*>(memory.inputs[1])[i];
      offsets[i] = checked_index(index, length_, "Gather") * inner_;
    }
    const char* from = static_cast<const char*>(memory.inputs[0]);
    char* to = static_cast<char*>(memory.outputs[0]);
    const double cost =
        static_cast<double>(outer_ * count_) * (3 + 0.1 * static_cast<double>(inner_ * bytes_));
    parallel_ranges(worthwhile_threads(threads_, cost), outer_ * count_,
                    [&](int64_t begin, int64_t end) { copy(from, offsets, to, begin, end); });
  }

 private:
  /// Picks `begin` to `end` of all outer * count rows.
  void copy(const char* from, const int64_t* offsets, char* to, int64_t begin, int64_t end) const {
    while (begin < end) {
      const int64_t outer = begin / count_, first = begin % count_;
      const int64_t rows = std::min(count_ - first, end - begin);
      const char* plane = from + outer * length_ * inner_ * bytes_;
      char* target = to + begin * inner_ * bytes_;
      if (inner_ == 1)
        pick_elements(plane, offsets + first, rows, target);
      else
        pick_rows(plane, offsets + first, rows, target);
      begin += rows;
    }
  }

  void pick_rows(const char* from, const int64_t* offsets, int64_t rows, char* to) const {
    const auto row = static_cast<size_t>(inner_ * bytes_);
    for (int64_t i = 0; i < rows; ++i) {
      std::memcpy(to + static_cast<size_t>(i) * row, from + offsets[i] * bytes_, row);
    }
  }

  void pick_elements(const char* from, const int64_t* offsets, int64_t rows, char* to) const {
    switch (bytes_) {
      case 1:
        return pick(reinterpret_cast<const uint8_t*>(from), offsets, rows,
                    reinterpret_cast<uint8_t*>(to));
      case 2:
        return pick(reinterpret_cast<const uint16_t*>(from), offsets, rows,
                    reinterpret_cast<uint16_t*>(to));
      case 4:
        return pick(reinterpret_cast<const uint32_t*>(from), offsets, rows,
                    reinterpret_cast<uint32_t*>(to));
      default:
        return pick(reinterpret_cast<const uint64_t*>(from), offsets, rows,
                    reinterpret_cast<uint64_t*>(to));
    }
  }

  int threads_;
  bool wide_indices_ = true;
  int64_t bytes_ = 0, outer_ = 1, inner_ = 1, length_ = 0, count_ = 0;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<GatherStep>(context);
}

}  // namespace

extern const StepDef kCpuGather = {
    .kind = "cpu.gather",
    .summary = "Slices picked by index.",
    .prepare = prepare,
};

}  // namespace ingot
