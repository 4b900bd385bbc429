// Mean average precision of detections as COCO defines it: precision over recall, interpolated at
// 101 points, averaged over classes and over overlaps of 0.5 to 0.95.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "apps/ingot/eval/boxes.h"

namespace ingot::apps {

/// A labelled object. What is a crowd may be found any number of times, or not, at no cost.
struct Truth {
  Box box;
  int64_t class_index = 0;
  bool crowd = false;
};

class AveragePrecision {
 public:
  /// One picture. Of each class the 100 detections with the highest scores count.
  void add(const std::vector<Detection>& detections, const std::vector<Truth>& truths);

  /// Averaged over overlaps 0.5, 0.55, ... 0.95 and the classes that have objects; 0 of none.
  double map() const;
  /// At an overlap of 0.5 only.
  double map50() const;

 private:
  static constexpr int kThresholds = 10;

  struct Scored {
    double score;
    uint32_t right;    ///< bit t: matches an object at threshold t
    uint32_t ignored;  ///< bit t: matches a crowd there
  };
  struct Class {
    std::vector<Scored> detections;
    int64_t objects = 0;
  };

  static double average_precision(const Class& one, int threshold);
  double mean(int first_threshold, int end_threshold) const;

  std::map<int64_t, Class> classes_;
};

}  // namespace ingot::apps
