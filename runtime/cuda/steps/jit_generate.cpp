// Kernels with a thread for each element of the output, of dense tensors: OneHot, Range, EyeLike,
// Trilu, ReverseSequence, LRN.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/params/generate.h"
#include "ops/blocks.h"
#include "ops/infer.h"
#include "runtime/cuda/move_step.h"
#include "runtime/cuda/row_launch.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr LaunchShape shape_for(unsigned elements) {
  return {{(elements + kernels::kGenerateThreads - 1) / kernels::kGenerateThreads},
          {kernels::kGenerateThreads}};
}

/// Elements of a dense tensor, fewer than 2^31.
unsigned elements_of(const StepContext& context, const StepTensor& tensor) {
  if (!dense_from(tensor, 0)) unsupported(context, "a window or another layout");
  if (tensor.elements() > INT32_MAX) unsupported(context, "2^31 elements and more");
  return static_cast<unsigned>(tensor.elements());
}

/// The product of the extents of axes [first, last), as a divisor.
kernels::Divisor extent(const Shape& shape, int first, int last) {
  int64_t product = 1;
  for (int axis = first; axis < last; ++axis) product *= shape[axis];
  return kernels::make_divisor(static_cast<unsigned>(std::max<int64_t>(product, 1)));
}

/// A kernel that is told this struct, with addresses of inputs put in by `place`.
template <typename Params>
class Generated : public PreparedStep {
 public:
  using Place = void (*)(Params& params, const StepMemory& memory);
  Generated(const StepContext& context, const std::string& entry, const Params& params, Place place)
      : kernel_(context, entry), params_(params), place_(place) {}

  void run(const StepMemory& memory) override {
    if (params_.elements == 0) return;
    Params params = params_;
    place_(params, memory);
    kernel_.launch(memory, shape_for(params.elements), params);
  }

 private:
  JitKernel<Params> kernel_;
  Params params_;
  Place place_;
};

std::unique_ptr<PreparedStep> prepare_one_hot(const StepContext& context) {
  using kernels::OneHotParams;
  const StepTensor& y = context.outputs()[0];
  elements_of(context, context.inputs()[0]);
  const int rank = y.shape.rank();
  const int axis = normalize_axis(context.attributes().integer("axis", -1), rank, context.name());
  OneHotParams params{};
  params.elements = elements_of(context, y);
  params.depth = extent(y.shape, axis, axis + 1);
  params.inner = extent(y.shape, axis + 1, rank);
  return std::make_unique<Generated<OneHotParams>>(
      context, fmt::format("one_hot_{}", movable_bytes_on_gpu(y.dtype)), params,
      [](OneHotParams& p, const StepMemory& memory) {
        p.indices = memory.inputs[0];
        p.values = memory.inputs[2];
        p.y = memory.outputs[0];
      });
}

std::unique_ptr<PreparedStep> prepare_range(const StepContext& context) {
  using kernels::RangeParams;
  RangeParams params{};
  params.elements = elements_of(context, context.outputs()[0]);
  return std::make_unique<Generated<RangeParams>>(context, "range", params,
                                                  [](RangeParams& p, const StepMemory& memory) {
                                                    p.start = memory.inputs[0];
                                                    p.delta = memory.inputs[2];
                                                    p.y = memory.outputs[0];
                                                  });
}

using kernels::DiagonalParams;

/// The matrices of y, and a diagonal; one beyond the corners does as well as one far away.
DiagonalParams matrices_of(const StepContext& context, int64_t k, int keep) {
  const StepTensor& y = context.outputs()[0];
  const int rank = y.shape.rank();
  DiagonalParams params{};
  params.elements = elements_of(context, y);
  params.rows = extent(y.shape, rank - 2, rank - 1);
  params.columns = extent(y.shape, rank - 1, rank);
  const int64_t beyond = int64_t{params.rows.divisor} + params.columns.divisor;
  if (beyond > INT32_MAX / 2) unsupported(context, "matrices with 2^30 rows and columns");
  params.k = static_cast<int>(std::clamp(k, -beyond, beyond));
  params.keep = keep;
  return params;
}

std::string diagonal_entry(const StepContext& context) {
  return fmt::format("diagonal_{}", movable_bytes_on_gpu(context.outputs()[0].dtype));
}

std::unique_ptr<PreparedStep> prepare_trilu(const StepContext& context) {
  elements_of(context, context.inputs()[0]);
  const int64_t k = has_input(context, 1) ? constant_integers(context, 1).at(0) : 0;
  const bool upper = context.attributes().integer("upper", 1) != 0;
  return std::make_unique<Generated<DiagonalParams>>(
      context, diagonal_entry(context), matrices_of(context, k, upper ? 1 : -1),
      [](DiagonalParams& p, const StepMemory& memory) {
        p.x = memory.inputs[0];
        p.y = memory.outputs[0];
      });
}

std::unique_ptr<PreparedStep> prepare_eye_like(const StepContext& context) {
  DiagonalParams params = matrices_of(context, context.attributes().integer("k", 0), 0);
  const int64_t one = 1;
  store_block(TensorView{context.outputs()[0].dtype, Shape{1}, params.one}, 0, &one, 1);
  return std::make_unique<Generated<DiagonalParams>>(
      context, diagonal_entry(context), params,
      [](DiagonalParams& p, const StepMemory& memory) { p.y = memory.outputs[0]; });
}

std::unique_ptr<PreparedStep> prepare_reverse_sequence(const StepContext& context) {
  using kernels::ReverseSequenceParams;
  const StepTensor& x = context.inputs()[0];
  elements_of(context, context.outputs()[0]);
  ReverseSequenceParams params{};
  params.elements = elements_of(context, x);
  params.time_is_first = normalize_axis(context.attributes().integer("time_axis", 0),
                                        x.shape.rank(), context.name()) == 0;
  params.times = static_cast<int>(x.shape[params.time_is_first ? 0 : 1]);
  params.second = extent(x.shape, 1, 2);
  params.inner = extent(x.shape, 2, x.shape.rank());
  return std::make_unique<Generated<ReverseSequenceParams>>(
      context, fmt::format("reverse_sequence_{}", movable_bytes_on_gpu(x.dtype)), params,
      [](ReverseSequenceParams& p, const StepMemory& memory) {
        p.x = memory.inputs[0];
        p.lengths = static_cast<const long long*>(memory.inputs[1]);
        p.y = memory.outputs[0];
      });
}

std::unique_ptr<PreparedStep> prepare_lrn(const StepContext& context) {
  using kernels::LrnParams;
  const StepTensor& x = context.inputs()[0];
  const StepTensor& y = context.outputs()[0];
  if (!x.dense() || !y.dense() || x.layout != y.layout) unsupported(context, "a window");
  if (x.elements() > INT32_MAX) unsupported(context, "2^31 elements and more");
  const MemorySplit split = memory_split(x, 1);
  const int64_t size = context.attributes().integer("size", 1);
  LrnParams params{};
  params.elements = static_cast<unsigned>(x.elements());
  params.channels =
      kernels::make_divisor(static_cast<unsigned>(std::max<int64_t>(split.length, 1)));
  params.inner = kernels::make_divisor(static_cast<unsigned>(std::max<int64_t>(split.inner, 1)));
  // More channels than there are do as well as all of them.
  params.before = static_cast<int>(std::min((size - 1) / 2, split.length));
  params.after = static_cast<int>(std::min(size / 2, split.length));
  params.alpha = context.attributes().number("alpha", 1e-4F) / static_cast<float>(size);
  params.beta = context.attributes().number("beta", 0.75F);
  params.bias = context.attributes().number("bias", 1);
  return std::make_unique<Generated<LrnParams>>(context, "lrn", params,
                                                [](LrnParams& p, const StepMemory& memory) {
                                                  p.x = memory.inputs[0];
                                                  p.y = memory.outputs[0];
                                                });
}

}  // namespace

extern const StepDef kJitLrn = {
    .kind = "jit.lrn",
    .summary = "Local response normalisation.",
    .prepare = prepare_lrn,
};

extern const StepDef kJitOneHot = {
    .kind = "jit.one_hot",
    .summary = "Indices as vectors with one value at the index and another elsewhere.",
    .prepare = prepare_one_hot,
};

extern const StepDef kJitRange = {
    .kind = "jit.range",
    .summary = "Numbers from a start by a delta.",
    .prepare = prepare_range,
};

extern const StepDef kJitTrilu = {
    .kind = "jit.trilu",
    .summary = "The upper or lower triangle of matrices.",
    .prepare = prepare_trilu,
};

extern const StepDef kJitEyeLike = {
    .kind = "jit.eye_like",
    .summary = "Ones on a diagonal.",
    .prepare = prepare_eye_like,
};

extern const StepDef kJitReverseSequence = {
    .kind = "jit.reverse_sequence",
    .summary = "The first elements of each sequence backwards.",
    .prepare = prepare_reverse_sequence,
};

}  // namespace ingot
