// COCO's average precision: see the header.
#include "apps/ingot/eval/average_precision.h"

#include <algorithm>
#include <limits>
#include <set>

namespace ingot::apps {
namespace {

constexpr size_t kMostDetections = 100;  // of a class in a picture

double threshold_at(int index) { return 0.5 + 0.05 * index; }

/// Overlap of a detection with an object; with a crowd, the share of the detection inside of it.
double overlap(const Box& detection, const Truth& truth) {
  if (!truth.crowd) return iou(detection, truth.box);
  const double own = area(detection);
  return own > 0 ? intersection(detection, truth.box) / own : 0;
}

/// For each detection (best first) the index of its object at this threshold, or -1. An object is
/// found once, by the best detection; crowds, which stand last, take what is left.
std::vector<int> match(const std::vector<Detection>& detections, const std::vector<Truth>& truths,
                       double threshold) {
  std::vector<bool> taken(truths.size());
  std::vector<int> matches;
  for (const Detection& detection : detections) {
    double best = threshold;
    int found = -1;
    for (size_t i = 0; i < truths.size(); ++i) {
      if (taken[i] && !truths[i].crowd) continue;
      if (found >= 0 && truths[i].crowd && !truths[static_cast<size_t>(found)].crowd) break;
      const double value = overlap(detection.box, truths[i]);
      if (value < best) continue;
      best = value;
      found = static_cast<int>(i);
    }
    if (found >= 0) taken[static_cast<size_t>(found)] = true;
    matches.push_back(found);
  }
  return matches;
}

template <typename T>
std::vector<T> of_class(const std::vector<T>& all, int64_t class_index) {
  std::vector<T> picked;
  std::copy_if(all.begin(), all.end(), std::back_inserter(picked),
               [&](const T& one) { return one.class_index == class_index; });
  return picked;
}

}  // namespace

void AveragePrecision::add(const std::vector<Detection>& detections,
                           const std::vector<Truth>& truths) {
  std::set<int64_t> seen;
  for (const Detection& detection : detections) seen.insert(detection.class_index);
  for (const Truth& truth : truths) seen.insert(truth.class_index);
  for (const int64_t class_index : seen) {
    std::vector<Detection> found = of_class(detections, class_index);
    std::stable_sort(found.begin(), found.end(),
                     [](const Detection& a, const Detection& b) { return a.score > b.score; });
    if (found.size() > kMostDetections) found.resize(kMostDetections);
    std::vector<Truth> objects = of_class(truths, class_index);
    std::stable_partition(objects.begin(), objects.end(),
                          [](const Truth& truth) { return !truth.crowd; });
    Class& one = classes_[class_index];
    one.objects += std::count_if(objects.begin(), objects.end(),
                                 [](const Truth& truth) { return !truth.crowd; });
    const size_t first = one.detections.size();
    for (const Detection& detection : found) one.detections.push_back({detection.score, 0, 0});
    for (int t = 0; t < kThresholds; ++t) {
      const std::vector<int> matches = match(found, objects, threshold_at(t));
      for (size_t i = 0; i < matches.size(); ++i) {
        if (matches[i] < 0) continue;
        Scored& scored = one.detections[first + i];
        const bool crowd = objects[static_cast<size_t>(matches[i])].crowd;
        (crowd ? scored.ignored : scored.right) |= uint32_t{1} << t;
      }
    }
  }
}

double AveragePrecision::average_precision(const Class& one, int threshold) {
  std::vector<Scored> ranked = one.detections;
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Scored& a, const Scored& b) { return a.score > b.score; });
  std::vector<double> recall, precision;
  double right = 0, wrong = 0;
  for (const Scored& scored : ranked) {
    if (scored.ignored >> threshold & 1) continue;
    (scored.right >> threshold & 1 ? right : wrong) += 1;
    recall.push_back(right / static_cast<double>(one.objects));
    precision.push_back(right / (right + wrong));
  }
  // The best precision at this recall or a higher one.
  for (size_t i = precision.size(); i-- > 1;) {
    precision[i - 1] = std::max(precision[i - 1], precision[i]);
  }
  constexpr int kPoints = 101;
  double sum = 0;
  for (int point = 0; point < kPoints; ++point) {
    const auto at = std::lower_bound(recall.begin(), recall.end(), 0.01 * point);
    if (at != recall.end()) sum += precision[static_cast<size_t>(at - recall.begin())];
  }
  return sum / kPoints;
}

double AveragePrecision::mean(int first_threshold, int end_threshold) const {
  double sum = 0;
  int counted = 0;
  for (const auto& [class_index, one] : classes_) {
    if (!one.objects) continue;
    for (int t = first_threshold; t < end_threshold; ++t) sum += average_precision(one, t);
    counted += end_threshold - first_threshold;
  }
  return counted ? sum / counted : 0;
}

double AveragePrecision::map() const { return mean(0, kThresholds); }
double AveragePrecision::map50() const { return mean(0, 1); }

}  // namespace ingot::apps
