// Pad with a constant: the tensor is copied to its place, and only the border is filled.
#include "runtime/cpu/move_step.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

class PadStep : public PreparedStep {
 public:
  explicit PadStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& x = context.inputs()[0];
    const StepTensor& y = context.outputs()[0];
    require_strided(context, x);
    require_strided(context, y);
    if (context.attributes().text("mode", "constant") != "constant") {
      unsupported(context, "padding that is no constant");
    }
    build(x, y, pad_begins(context));
    has_value_ = has_input(context, 2);
  }

  void run(const StepMemory& memory) override {
    static constexpr char kZeros[16] = {};
    char* to = static_cast<char*>(memory.outputs[0]);
    for (const Part& slab : border_) {
      slab.move.run(has_value_ ? memory.inputs[2] : kZeros, to + slab.to, threads_);
    }
    inside_.move.run(static_cast<const char*>(memory.inputs[0]) + inside_.from, to + inside_.to,
                     threads_);
  }

 private:
  struct Part {
    StridedMove move;
    int64_t from = 0, to = 0;  ///< bytes
  };

  void build(const StepTensor& x, const StepTensor& y, const std::vector<int64_t>& begins) {
    const size_t bytes = movable_bytes(x.dtype);
    const auto size = static_cast<int64_t>(bytes);
    const int rank = x.shape.rank();
    std::vector<MoveAxis> inside, slab;
    for (int axis = 0; axis < rank; ++axis) slab.push_back({y.shape[axis], 0, y.strides[axis]});
    int64_t from = 0, to = 0;
    for (int axis = 0; axis < rank; ++axis) {
      const int64_t begin = begins[static_cast<size_t>(axis)];
      // What of the input is in the output: negative padding cuts.
      const int64_t first = std::max<int64_t>(begin, 0);
      const int64_t last = std::min(begin + x.shape[axis], y.shape[axis]);
      const int64_t count = std::max<int64_t>(last - first, 0);
      // Slabs before and after it; further axes are limited to what is left between them.
      MoveAxis& here = slab[static_cast<size_t>(axis)];
      here.extent = first;
      border_.push_back({StridedMove(bytes, slab), 0, to * size});
      here.extent = y.shape[axis] - first - count;
      border_.push_back(
          {StridedMove(bytes, slab), 0, (to + (first + count) * y.strides[axis]) * size});
      here.extent = count;
      inside.push_back({count, x.strides[axis], y.strides[axis]});
      from += (first - begin) * x.strides[axis];
      to += first * y.strides[axis];
    }
    inside_ = {StridedMove(bytes, std::move(inside)), from * size, to * size};
  }

  int threads_;
  bool has_value_ = false;
  std::vector<Part> border_;
  Part inside_{StridedMove(1, {{0, 0, 0}})};
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<PadStep>(context);
}

}  // namespace

extern const StepDef kCpuPad = {
    .kind = "cpu.pad",
    .summary = "Padding with a constant.",
    .prepare = prepare,
};

}  // namespace ingot
