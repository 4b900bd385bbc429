// Pad: the tensor is copied to its place, and the border around it filled. A border of the tensor's
// own elements (edge, reflect, wrap) is made of rectangles too: along each axis the sources of the
// output are runs of neighbours, of neighbours backwards, or of one element repeated.
#include <algorithm>
#include <cstring>

#include "runtime/cuda/move_step.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

/// A rectangle of the border: filled with a constant, or with what input 2 holds.
Rectangle border(const StepContext& context) {
  Rectangle move;
  move.input = -1;
  if (!has_input(context, 2)) return move;
  const StepTensor& value = context.inputs()[2];
  if (value.constant != nullptr) {
    std::memcpy(move.fill.data(), value.constant, dtype_bytes(value.dtype));
  } else {
    move.input = 2;
  }
  return move;
}

/// Slabs before and after the tensor along each axis, and the tensor.
std::vector<Rectangle> with_constant(const StepContext& context,
                                     const std::vector<int64_t>& begins) {
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  const int rank = x.shape.rank();
  Rectangle inside, slab = border(context);
  for (int axis = 0; axis < rank; ++axis) slab.axes.push_back({y.shape[axis], 0, y.strides[axis]});
  std::vector<Rectangle> moves;
  for (int axis = 0; axis < rank; ++axis) {
    const int64_t begin = begins[static_cast<size_t>(axis)];
    // What of the input is in the output: negative padding cuts.
    const int64_t first = std::clamp<int64_t>(begin, 0, y.shape[axis]);
    const int64_t last = std::min(begin + x.shape[axis], y.shape[axis]);
    const int64_t count = std::max<int64_t>(last - first, 0);
    // Further axes are limited to what is left between the slabs.
    CopyAxis& here = slab.axes[static_cast<size_t>(axis)];
    Rectangle before = slab, after = slab;
    before.axes[static_cast<size_t>(axis)].size = first;
    after.axes[static_cast<size_t>(axis)].size = y.shape[axis] - first - count;
    after.to += (first + count) * y.strides[axis];
    moves.push_back(std::move(before));
    moves.push_back(std::move(after));
    here.size = count;
    slab.to += first * y.strides[axis];
    inside.axes.push_back({count, x.strides[axis], y.strides[axis]});
    inside.from += (first - begin) * x.strides[axis];
  }
  inside.to = slab.to;
  moves.push_back(std::move(inside));
  return moves;
}

/// Elements of the output whose sources are `step` apart.
struct Run {
  int64_t to, count, from, step;
};

/// The element of an axis of size `in` that stands `at` after its first, for any whole `at`.
int64_t source_of(std::string_view mode, int64_t at, int64_t in) {
  if (mode == "edge") return std::clamp<int64_t>(at, 0, in - 1);
  // A period of the repeated pattern; mirrored, the two ends are not doubled.
  const int64_t period = mode == "wrap" ? in : std::max<int64_t>(1, 2 * in - 2);
  at = (at % period + period) % period;
  return at < in ? at : period - at;
}

std::vector<Run> runs_of(std::string_view mode, int64_t in, int64_t out, int64_t begin) {
  std::vector<Run> runs;
  for (int64_t i = 0; i < out; ++i) {
    const int64_t from = source_of(mode, i - begin, in);
    if (!runs.empty()) {
      Run& run = runs.back();
      const int64_t step = from - (run.from + (run.count - 1) * run.step);
      const bool goes_on = step >= -1 && step <= 1 && (run.count == 1 || step == run.step);
      if (goes_on) {
        run.step = step;
        ++run.count;
        continue;
      }
    }
    runs.push_back({i, 1, from, 0});
  }
  return runs;
}

std::vector<Rectangle> with_own_elements(const StepContext& context, const std::string& mode,
                                         const std::vector<int64_t>& begins) {
  constexpr size_t kMostRectangles = 20 * kernels::kMaxMovePieces;
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  std::vector<Rectangle> moves(1);
  if (x.elements() == 0 || y.elements() == 0) return {};
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    const std::vector<Run> runs =
        runs_of(mode, x.shape[axis], y.shape[axis], begins[static_cast<size_t>(axis)]);
    if (moves.size() * runs.size() > kMostRectangles) {
      unsupported(context, "padding that repeats the tensor very often");
    }
    std::vector<Rectangle> next;
    for (const Rectangle& move : moves) {
      for (const Run& run : runs) {
        Rectangle part = move;
        part.axes.push_back({run.count, run.step * x.strides[axis], y.strides[axis]});
        part.from += run.from * x.strides[axis];
        part.to += run.to * y.strides[axis];
        next.push_back(std::move(part));
      }
    }
    moves = std::move(next);
  }
  return moves;
}

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  const StepTensor& x = context.inputs()[0];
  const std::vector<int64_t> begins = pad_begins(context);
  const std::string mode = context.attributes().text("mode", "constant");
  // An empty tensor has no elements to repeat: it is padded with zeros.
  const bool constant = mode == "constant" || x.elements() == 0;
  return std::make_unique<JitMoveStep>(
      context, movable_bytes_on_gpu(x.dtype),
      constant ? with_constant(context, begins) : with_own_elements(context, mode, begins));
}

}  // namespace

extern const StepDef kJitPad = {
    .kind = "jit.pad",
    .summary = "Padding with a constant or the tensor's own elements.",
    .prepare = prepare,
};

}  // namespace ingot
