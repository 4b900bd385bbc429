// Mean intersection over union: see the header.
#include "apps/ingot/eval/mean_iou.h"

namespace ingot::apps {

MeanIou::Counts& MeanIou::of(int64_t class_index) {
  const auto index = static_cast<size_t>(class_index);
  if (index >= classes_.size()) classes_.resize(index + 1);
  return classes_[index];
}

void MeanIou::add(std::span<const int64_t> predicted, std::span<const int64_t> truth) {
  for (size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] == ignored_) continue;
    ++of(truth[i]).truth;
    ++of(predicted[i]).predicted;
    if (predicted[i] == truth[i]) ++of(truth[i]).both;
  }
}

double MeanIou::mean_iou() const {
  double sum = 0;
  int seen = 0;
  for (const Counts& counts : classes_) {
    const int64_t either = counts.predicted + counts.truth - counts.both;
    if (!either) continue;
    sum += static_cast<double>(counts.both) / static_cast<double>(either);
    ++seen;
  }
  return seen ? sum / seen : 0;
}

double MeanIou::pixel_accuracy() const {
  int64_t right = 0, all = 0;
  for (const Counts& counts : classes_) {
    right += counts.both;
    all += counts.truth;
  }
  return all ? static_cast<double>(right) / static_cast<double>(all) : 0;
}

}  // namespace ingot::apps
