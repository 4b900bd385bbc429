// NonMaxSuppression: boxes as columns, so that a candidate meets a vector of kept boxes at a time.
#include <algorithm>

#include "ops/infer.h"
#include "ops/registry.h"
#include "runtime/cpu/kernels/nms_table.h"
#include "runtime/cpu/parallel.h"
#include "runtime/cpu/sort_key.h"
#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

/// Memory of some boxes, as columns.
struct BoxStore {
  std::vector<float> numbers;
  int64_t capacity;

  explicit BoxStore(int64_t boxes) : numbers(static_cast<size_t>(5 * boxes)), capacity(boxes) {}
  BoxColumns columns() {
    float* p = numbers.data();
    return {p, p + capacity, p + 2 * capacity, p + 3 * capacity, p + 4 * capacity};
  }
};

class NmsStep : public PreparedStep {
 public:
  explicit NmsStep(const StepContext& context) : threads_(context.threads()) {
    const StepTensor& boxes = context.inputs()[0];
    const StepTensor& scores = context.inputs()[1];
    for (const StepTensor* tensor : {&boxes, &scores}) {
      if (tensor->dtype != DType::kF32) unsupported(context, "boxes of another type than f32");
      if (!dense_from(*tensor, 0)) unsupported(context, "a window of NonMaxSuppression");
    }
    const NodeAttributes node(op_named("NonMaxSuppression"), context.attributes());
    centers_ = node.integer("center_point_box") != 0;
    batches_ = scores.shape[0];
    classes_ = scores.shape[1];
    count_ = scores.shape[2];
    if (!(boxes.shape == Shape{batches_, count_, 4})) {
      unsupported(context, "boxes that do not belong to the scores");
    }
    for (int i = 2; i < 5; ++i) given_[i] = has_input(context, i);
  }

  void run(const StepMemory& memory) override {
    const auto* corners = static_cast<const float*>(memory.inputs[0]);
    const auto* scores = static_cast<const float*>(memory.inputs[1]);
    const Limits limits{
        .boxes = given_[2] ? *static_cast<const int64_t*>(memory.inputs[2]) : 0,
        .overlap = given_[3] ? *static_cast<const float*>(memory.inputs[3]) : 0,
        .score = given_[4] ? static_cast<const float*>(memory.inputs[4]) : nullptr,
    };
    std::vector<std::vector<int64_t>> kept(static_cast<size_t>(batches_ * classes_));
    for (int64_t batch = 0; batch < batches_; ++batch) {
      BoxStore boxes(count_);
      read_boxes(corners + batch * count_ * 4, boxes.columns());
      const double cost = static_cast<double>(classes_ * count_) * 2;
      parallel_ranges(worthwhile_threads(threads_, cost), classes_,
                      [&](int64_t begin, int64_t end) {
                        for (int64_t label = begin; label < end; ++label) {
                          const int64_t at = batch * classes_ + label;
                          kept[static_cast<size_t>(at)] =
                              keep_best(boxes.columns(), scores + at * count_, limits);
                        }
                      });
    }
    write(memory, kept);
  }

 private:
  struct Limits {
    int64_t boxes;
    float overlap;
    const float* score;
  };

  void read_boxes(const float* c, BoxColumns to) const {
    for (int64_t i = 0; i < count_; ++i, c += 4) {
      if (centers_) {
        to.x0[i] = c[0] - c[2] / 2;
        to.y0[i] = c[1] - c[3] / 2;
        to.x1[i] = c[0] + c[2] / 2;
        to.y1[i] = c[1] + c[3] / 2;
      } else {
        to.x0[i] = std::min(c[1], c[3]);
        to.y0[i] = std::min(c[0], c[2]);
        to.x1[i] = std::max(c[1], c[3]);
        to.y1[i] = std::max(c[0], c[2]);
      }
      to.area[i] = (to.x1[i] - to.x0[i]) * (to.y1[i] - to.y0[i]);
    }
  }

  std::vector<int64_t> keep_best(const BoxColumns& boxes, const float* scores,
                                 const Limits& limits) const {
    std::vector<uint64_t> order;
    for (int64_t i = 0; i < count_; ++i) {
      if (limits.score == nullptr || scores[i] > *limits.score) {
        order.push_back(sort_key(scores[i], static_cast<uint32_t>(i), true));
      }
    }
    std::sort(order.begin(), order.end());
    const auto most =
        std::min(static_cast<int64_t>(order.size()), std::max<int64_t>(limits.boxes, 0));
    BoxStore store(most);
    const BoxColumns kept = store.columns();
    std::vector<int64_t> result;
    const NmsTable& table = nms();
    for (const uint64_t key : order) {
      const auto count = static_cast<int64_t>(result.size());
      if (count >= most) break;
      const auto i = static_cast<int64_t>(position_of(key));
      if (table.covered(boxes, i, kept, count, limits.overlap)) continue;
      kept.x0[count] = boxes.x0[i];
      kept.y0[count] = boxes.y0[i];
      kept.x1[count] = boxes.x1[i];
      kept.y1[count] = boxes.y1[i];
      kept.area[count] = boxes.area[i];
      result.push_back(i);
    }
    return result;
  }

  void write(const StepMemory& memory, const std::vector<std::vector<int64_t>>& kept) const {
    int64_t total = 0;
    for (const auto& list : kept) total += static_cast<int64_t>(list.size());
    auto* y = static_cast<int64_t*>((*memory.allocate)(0, DType::kI64, {total, 3}));
    for (int64_t i = 0; i < batches_ * classes_; ++i) {
      for (const int64_t box : kept[static_cast<size_t>(i)]) {
        *y++ = i / classes_;
        *y++ = i % classes_;
        *y++ = box;
      }
    }
  }

  int threads_;
  bool centers_ = false;
  bool given_[5] = {};
  int64_t batches_ = 0, classes_ = 0, count_ = 0;
};

std::unique_ptr<PreparedStep> prepare(const StepContext& context) {
  return std::make_unique<NmsStep>(context);
}

}  // namespace

extern const StepDef kCpuNms = {
    .kind = "cpu.nms",
    .summary = "NonMaxSuppression against vectors of kept boxes.",
    .prepare = prepare,
};

}  // namespace ingot
