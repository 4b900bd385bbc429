// NonMaxSuppression: of boxes that overlap, only the one with the highest score, class by class.
#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "ops/blocks.h"
#include "ops/float_tensor.h"
#include "ops/outputs.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  node.require_rank(0, 3, 3);
  node.require_rank(1, 3, 3);
  require_equal(node, node.dims(0)[0], node.dims(1)[0], "batch of boxes and of scores");
  require_equal(node, node.dims(0)[1], node.dims(1)[2], "number of boxes and of scores");
  require_equal(node, node.dims(0)[2], 4, "last axis of boxes and 4");
  node.set_output(0, DType::kI64, {node.unknown_dim(0, 0), 3});
}

struct Box {
  float x0, y0, x1, y1;

  static Box from_corners(const float* c) {
    return {std::min(c[1], c[3]), std::min(c[0], c[2]), std::max(c[1], c[3]), std::max(c[0], c[2])};
  }
  static Box from_center(const float* c) {
    return {c[0] - c[2] / 2, c[1] - c[3] / 2, c[0] + c[2] / 2, c[1] + c[3] / 2};
  }
  float area() const { return (x1 - x0) * (y1 - y0); }
};

/// True if the intersection is more than `threshold` of the union.
bool overlap(const Box& a, const Box& b, float threshold) {
  const float width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0);
  const float height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (width <= 0 || height <= 0 || a.area() <= 0 || b.area() <= 0) return false;
  const float both = width * height;
  return both / (a.area() + b.area() - both) > threshold;
}

/// The boxes of one class that stay, best first.
std::vector<int64_t> keep_best(const Box* boxes, const float* scores, int64_t count,
                               const float* score_threshold, float threshold, int64_t limit) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < count; ++i) {
    if (score_threshold == nullptr || scores[i] > *score_threshold) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  std::vector<int64_t> kept;
  for (const int64_t candidate : order) {
    if (static_cast<int64_t>(kept.size()) >= limit) break;
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](int64_t k) {
      return overlap(boxes[candidate], boxes[k], threshold);
    });
    if (!covered) kept.push_back(candidate);
  }
  return kept;
}

void evaluate(Reference& node) {
  const std::vector<float> corners = load_all<float>(node.input(0));
  const std::vector<float> scores = load_all<float>(node.input(1));
  const Shape& shape = node.input(1).shape;
  const int64_t batches = shape[0], classes = shape[1], count = shape[2];
  if (!(node.input(0).shape == Shape{batches, count, 4})) {
    fail({"op.bad_shape",
          "NonMaxSuppression: boxes of shape " + node.input(0).shape.to_string() +
              " do not belong to scores of shape " + shape.to_string(),
          "", "give one box of four numbers per score"});
  }
  const int64_t limit = node.has_input(2) ? node.input_integers(2).at(0) : 0;
  const float threshold = node.has_input(3) ? node.input_floats(3).at(0) : 0;
  const float score_threshold = node.has_input(4) ? node.input_floats(4).at(0) : 0;
  const bool centers = node.integer("center_point_box") != 0;
  std::vector<Box> boxes;
  for (size_t i = 0; i < corners.size(); i += 4) {
    boxes.push_back(centers ? Box::from_center(&corners[i]) : Box::from_corners(&corners[i]));
  }
  std::vector<int64_t> found;
  for (int64_t batch = 0; batch < batches; ++batch) {
    for (int64_t label = 0; label < classes; ++label) {
      const float* own = scores.data() + (batch * classes + label) * count;
      for (const int64_t box :
           keep_best(boxes.data() + batch * count, own, count,
                     node.has_input(4) ? &score_threshold : nullptr, threshold, limit)) {
        found.insert(found.end(), {batch, label, box});
      }
    }
  }
  const TensorView y =
      output_like(node, 0, DType::kI64, {static_cast<int64_t>(found.size()) / 3, 3});
  std::copy(found.begin(), found.end(), static_cast<int64_t*>(y.data));
}

}  // namespace

extern const OpDef kNonMaxSuppression = {
    .name = "NonMaxSuppression",
    .summary = "Picks the boxes with the best scores that do not overlap much.",
    .inputs = {{"boxes", "float, [batch, boxes, 4]"},
               {"scores", "float, [batch, classes, boxes]"},
               {"max_output_boxes_per_class", "i64 scalar; without it 0", OpPort::kOptional},
               {"iou_threshold", "float scalar, 0 to 1; without it 0", OpPort::kOptional},
               {"score_threshold", "float scalar; scores must be above it", OpPort::kOptional}},
    .outputs = {{"selected_indices", "i64, [picked, 3]: batch, class, box"}},
    .attributes = {{"center_point_box", 0,
                    "0: boxes are [y1, x1, y2, x2], any two opposite corners; 1: [x centre, "
                    "y centre, width, height]"}},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.data_dependent_shape = true},
};

}  // namespace ingot
