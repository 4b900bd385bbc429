// Reductions over any axes, and global pools. Axes are taken in the order of memory and merged;
// then either the innermost one is reduced (a row to a number) or it is kept (rows are folded into
// a row of totals).
#include <cmath>
#include <limits>

#include "ops/registry.h"
#include "runtime/cpu/kernels/reduce_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

enum class Finish : uint8_t { kNothing, kMean, kRoot };

struct Kind {
  std::string_view op;
  Fold fold;
  Finish finish = Finish::kNothing;
};
constexpr Kind kKinds[] = {
    {"ReduceSum", Fold::kSum},
    {"ReduceMean", Fold::kSum, Finish::kMean},
    {"ReduceMax", Fold::kMax},
    {"ReduceMin", Fold::kMin},
    {"ReduceProd", Fold::kProduct},
    {"ReduceL1", Fold::kAbsSum},
    {"ReduceSumSquare", Fold::kSquareSum},
    {"ReduceL2", Fold::kSquareSum, Finish::kRoot},
    {"GlobalAveragePool", Fold::kSum, Finish::kMean},
    {"GlobalMaxPool", Fold::kMax},
};

class ReduceStep : public PreparedStep {
 public:
  explicit ReduceStep(const StepContext& context) : threads_(context.threads()) {
    const std::string op = context.attributes().text("op");
    const Kind* kind = nullptr;
    for (const Kind& known : kKinds) {
      if (known.op == op) kind = &known;
    }
    if (kind == nullptr) unsupported(context, op);
    kind_ = *kind;
    const StepTensor& x = context.inputs()[0];
    if (x.dtype != DType::kF32) unsupported(context, "a reduction of another type than f32");
    build(context, x, context.outputs()[0], reduced_axes(context));
  }

  void run(const StepMemory& memory) override {
    const auto* x = static_cast<const float*>(memory.inputs[0]);
    auto* y = static_cast<float*>(memory.outputs[0]);
    int64_t outputs = chunks_;
    for (const Axis& axis : kept_) outputs *= axis.extent;
    const double elements = static_cast<double>(outputs * run_.extent) *
                            static_cast<double>(count_) * (row_mode_ ? 1 : kChunk);
    parallel_ranges(worthwhile_threads(threads_, elements * 0.1), outputs,
                    [&](int64_t begin, int64_t end) {
                      if (row_mode_)
                        reduce_rows(x, y, begin, end);
                      else
                        reduce_columns(x, y, begin, end);
                    });
  }

 private:
  struct Axis {
    int64_t extent, from, to;
    bool reduced;
  };
  static constexpr int64_t kChunk = 256;  ///< columns of one piece of work
  static constexpr int64_t kRows = 128;   ///< rows that one float total takes before it is moved

  void build(const StepContext& context, const StepTensor& x, const StepTensor& y,
             const std::vector<bool>& reduced) {
    const int rank = x.shape.rank();
    const bool keeps_rank = y.shape.rank() == rank;
    const int64_t block = rank >= 2 ? layout_block(x.layout) : 1;
    if (block > 1 && (!keeps_rank || y.layout != x.layout || reduced[1])) {
      unsupported(context, "a blocked layout whose channels do not stay");
    }
    if (block == 1) require_strided(context, y);
    std::vector<Axis> axes;
    int target = 0;
    for (int axis = 0; axis < rank; ++axis) {
      const bool drops = reduced[static_cast<size_t>(axis)];
      if (drops) count_ *= x.shape[axis];
      const bool blocks = block > 1 && axis == 1;
      const int64_t to = drops || y.shape.rank() == 0 ? 0 : y.strides[keeps_rank ? axis : target];
      axes.push_back(
          {blocks ? (x.shape[1] + block - 1) / block : x.shape[axis], x.strides[axis], to, drops});
      if (!drops) ++target;
    }
    if (block > 1) axes.push_back({block, 1, 1, false});
    if (rank >= 2 && x.layout == Layout::kChannelsLast) {
      axes.push_back(axes[1]);
      axes.erase(axes.begin() + 1);
    }
    merge(axes);
    place(context, axes);
  }

  static void merge(std::vector<Axis>& axes) {
    std::erase_if(axes, [](const Axis& axis) { return axis.extent == 1; });
    std::vector<Axis> merged;
    for (const Axis& axis : axes) {
      if (!merged.empty() && merged.back().reduced == axis.reduced &&
          merged.back().from == axis.from * axis.extent &&
          merged.back().to == axis.to * axis.extent) {
        merged.back() = {merged.back().extent * axis.extent, axis.from, axis.to, axis.reduced};
      } else {
        merged.push_back(axis);
      }
    }
    if (merged.empty()) merged.push_back({1, 1, 1, false});
    axes = std::move(merged);
  }

  void place(const StepContext& context, std::vector<Axis> axes) {
    const Axis inner = axes.back();
    axes.pop_back();
    if (inner.from != 1) unsupported(context, "elements that do not lie side by side");
    row_mode_ = inner.reduced;
    for (const Axis& axis : axes) (axis.reduced ? dropped_ : kept_).push_back(axis);
    if (row_mode_) {
      run_ = inner;
      return;
    }
    columns_ = inner;
    chunks_ = (inner.extent + kChunk - 1) / kChunk;
    if (!dropped_.empty()) {
      run_ = dropped_.back();
      dropped_.pop_back();
    }
  }

  /// Calls visit(offset) for every position along the reduced axes but the innermost.
  template <typename Visit>
  void for_each_run(const Visit& visit) const {
    int64_t total = 1;
    for (const Axis& axis : dropped_) total *= axis.extent;
    for (int64_t i = 0; i < total; ++i) {
      int64_t rest = i, offset = 0;
      for (size_t k = dropped_.size(); k-- > 0;) {
        offset += rest % dropped_[k].extent * dropped_[k].from;
        rest /= dropped_[k].extent;
      }
      visit(offset);
    }
  }

  void offsets(int64_t i, int64_t* from, int64_t* to) const {
    *from = *to = 0;
    for (size_t k = kept_.size(); k-- > 0;) {
      const int64_t at = i % kept_[k].extent;
      i /= kept_[k].extent;
      *from += at * kept_[k].from;
      *to += at * kept_[k].to;
    }
  }

  float finished(double total) const {
    if (kind_.finish == Finish::kMean) total /= static_cast<double>(count_);
    if (kind_.finish == Finish::kRoot) total = std::sqrt(total);
    return static_cast<float>(total);
  }

  bool sums() const {
    return kind_.fold == Fold::kSum || kind_.fold == Fold::kAbsSum ||
           kind_.fold == Fold::kSquareSum;
  }
  float start() const {
    if (kind_.fold == Fold::kMax) return -std::numeric_limits<float>::infinity();
    if (kind_.fold == Fold::kMin) return std::numeric_limits<float>::infinity();
    return kind_.fold == Fold::kProduct ? 1 : 0;
  }

  double join(double a, double b) const {
    if (sums()) return a + b;
    if (kind_.fold == Fold::kProduct) return a * b;
    if (std::isnan(a)) return a;
    if (kind_.fold == Fold::kMax) return b > a || std::isnan(b) ? b : a;
    return b < a || std::isnan(b) ? b : a;
  }

  void reduce_rows(const float* x, float* y, int64_t begin, int64_t end) const {
    const ReduceTable& table = reductions();
    for (int64_t i = begin; i < end; ++i) {
      int64_t from = 0, to = 0;
      offsets(i, &from, &to);
      double total = start();
      for_each_run([&](int64_t offset) {
        total = join(total, table.row(kind_.fold, x + from + offset, run_.extent));
      });
      y[to] = finished(total);
    }
  }

  void reduce_columns(const float* x, float* y, int64_t begin, int64_t end) const {
    const ReduceTable& table = reductions();
    alignas(64) float totals[kChunk], part[kChunk];
    for (int64_t i = begin; i < end; ++i) {
      int64_t from = 0, to = 0;
      offsets(i / chunks_, &from, &to);
      const int64_t first = i % chunks_ * kChunk;
      const int64_t width = std::min(kChunk, columns_.extent - first);
      std::fill_n(totals, width, start());
      for_each_run([&](int64_t offset) {
        const float* run = x + from + first + offset;
        for (int64_t row = 0; row < run_.extent; row += kRows) {
          const int64_t rows = std::min(kRows, run_.extent - row);
          const float* p = run + row * run_.from;
          if (!sums()) {
            table.columns(kind_.fold, p, run_.from, rows, width, totals);
            continue;
          }
          std::fill_n(part, width, 0.0F);
          table.columns(kind_.fold, p, run_.from, rows, width, part);
          for (int64_t k = 0; k < width; ++k) totals[k] += part[k];
        }
      });
      for (int64_t k = 0; k < width; ++k) y[to + (first + k) * columns_.to] = finished(totals[k]);
    }
  }

  int threads_;
  Kind kind_{};
  bool row_mode_ = false;
  std::vector<Axis> kept_, dropped_;
  Axis run_{1, 0, 0, true}, columns_{1, 1, 1, false};
  int64_t chunks_ = 1, count_ = 1;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<ReduceStep>(context);
}

}  // namespace

extern const StepDef kCpuReduce = {
    .kind = "cpu.reduce",
    .summary = "Reductions over any axes, and global pools.",
    .prepare = prepare,
};

}  // namespace ingot
