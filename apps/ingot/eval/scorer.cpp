// The metrics on tensors: see the header.
#include "apps/ingot/eval/scorer.h"

#include <fmt/core.h>

#include <algorithm>

#include "apps/ingot/eval/average_precision.h"
#include "apps/ingot/eval/mask_file.h"
#include "apps/ingot/eval/mean_iou.h"
#include "apps/ingot/eval/top_k.h"
#include "ingot/error.h"

namespace ingot::apps {
namespace {

[[noreturn]] void refuse(const HostTensor& output, const std::string& what,
                         const std::string& fix) {
  throw Error(
      {"eval.output_format",
       fmt::format("output \"{}\" of {} {}", output.info.name, output.shape.to_string(), what),
       output.info.name, fix});
}

class ClassScorer : public Scorer {
 public:
  void add(const LabelledSample& sample, const HostTensor& output,
           const ImagePlacement& /*placement*/) override {
    const std::vector<double> scores = to_numbers(output);
    if (output.shape.rank() > 1 && output.shape[0] != 1) {
      refuse(output, "holds more than one sample's scores", "evaluate with a batch of 1");
    }
    if (sample.label >= static_cast<int64_t>(scores.size())) {
      refuse(output,
             fmt::format("has {} scores, and \"{}\" is of class {}", scores.size(), sample.path,
                         sample.label),
             "labels count from 0; choose the output of the scores with --output=name");
    }
    top_.add(scores, sample.label);
  }
  std::vector<std::pair<std::string, double>> figures() const override {
    return {{"top-1", top_.top1()}, {"top-5", top_.top5()}};
  }

 private:
  TopK top_;
};

class BoxScorer : public Scorer {
 public:
  explicit BoxScorer(const ScorerOptions& options) : options_(options) {}

  void add(const LabelledSample& sample, const HostTensor& output,
           const ImagePlacement& placement) override {
    std::vector<Detection> detections = read_detections(
        to_numbers(output), output.shape, options_.boxes, options_.least_score, output.info.name);
    for (Detection& detection : detections) detection.box = on_image(detection.box, placement);
    precision_.add(detections, sample.truths);
  }
  std::vector<std::pair<std::string, double>> figures() const override {
    return {{"mAP", precision_.map()}, {"mAP50", precision_.map50()}};
  }

 private:
  static Box on_image(Box box, const ImagePlacement& placement) {
    const auto x = [&](double value) { return (value - placement.offset_x) / placement.scale_x; };
    const auto y = [&](double value) { return (value - placement.offset_y) / placement.scale_y; };
    return {x(box.x1), y(box.y1), x(box.x2), y(box.y2)};
  }

  ScorerOptions options_;
  AveragePrecision precision_;
};

class MaskScorer : public Scorer {
 public:
  explicit MaskScorer(const ScorerOptions& options) : iou_(options.ignored) {}

  void add(const LabelledSample& sample, const HostTensor& output,
           const ImagePlacement& /*placement*/) override {
    const std::vector<int64_t> predicted = classes_of(output);
    const int rank = output.shape.rank();
    const std::vector<int64_t> truth =
        read_mask(sample.mask, output.shape[rank - 2], output.shape[rank - 1]);
    iou_.add(predicted, truth);
  }
  std::vector<std::pair<std::string, double>> figures() const override {
    return {{"mIoU", iou_.mean_iou()}, {"pixels", iou_.pixel_accuracy()}};
  }

 private:
  /// The class of each pixel: the best of [1, classes, h, w], or the number in [1, h, w].
  static std::vector<int64_t> classes_of(const HostTensor& output) {
    const Shape& shape = output.shape;
    const std::vector<double> values = to_numbers(output);
    const bool scores = shape.rank() == 4 && shape[0] == 1 && shape[1] > 1;
    const bool single = shape.rank() == 2 || (shape.rank() == 3 && shape[0] == 1) ||
                        (shape.rank() == 4 && shape[0] == 1 && shape[1] == 1);
    if (!scores && !single) {
      refuse(
          output, "is no segmentation",
          "an output of [1, classes, h, w] or [1, h, w] is wanted: choose it with --output=name");
    }
    const size_t pixels = scores ? static_cast<size_t>(shape[2] * shape[3]) : values.size();
    const size_t classes = pixels ? values.size() / pixels : 0;
    std::vector<int64_t> best(pixels);
    for (size_t pixel = 0; pixel < pixels; ++pixel) {
      if (single) {
        best[pixel] = std::max<int64_t>(0, static_cast<int64_t>(values[pixel]));
        continue;
      }
      size_t at = 0;
      for (size_t c = 1; c < classes; ++c) {
        if (values[c * pixels + pixel] > values[at * pixels + pixel]) at = c;
      }
      best[pixel] = static_cast<int64_t>(at);
    }
    return best;
  }

  MeanIou iou_;
};

}  // namespace

std::unique_ptr<Scorer> make_scorer(const ScorerOptions& options) {
  if (options.metric == "map") return std::make_unique<BoxScorer>(options);
  if (options.metric == "miou") return std::make_unique<MaskScorer>(options);
  return std::make_unique<ClassScorer>();
}

}  // namespace ingot::apps
