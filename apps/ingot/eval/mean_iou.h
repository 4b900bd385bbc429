// Mean intersection over union of segmentations: the overlap of each class, averaged over classes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ingot::apps {

class MeanIou {
 public:
  explicit MeanIou(int64_t ignored) : ignored_(ignored) {}

  /// One picture, pixel by pixel; both have the same length and no class is negative. Pixels whose
  /// truth is the ignored class do not count.
  void add(std::span<const int64_t> predicted, std::span<const int64_t> truth);

  /// Over the classes that occur in the truth or in the predictions; 0 of none.
  double mean_iou() const;
  /// Pixels that are right, as a share of all that count.
  double pixel_accuracy() const;

 private:
  struct Counts {
    int64_t both = 0, predicted = 0, truth = 0;
  };
  Counts& of(int64_t class_index);

  int64_t ignored_;
  std::vector<Counts> classes_;
};

}  // namespace ingot::apps
