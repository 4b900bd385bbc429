// Parameters of the kernels of NonMaxSuppression.
#pragma once

namespace ingot::kernels {

struct NmsParams {
  const void* boxes;   ///< [batches, count, 4]
  const void* scores;  ///< [batches, classes, count]
  int* kept;           ///< [batches * classes][limit] boxes that stay, best first
  int* kept_counts;    ///< [batches * classes]
  long long* picked;   ///< [total][3]: batch, class, box
  long long* total;
  int batches, classes, count;
  int limit;          ///< boxes that a class may keep
  float overlap;      ///< of two boxes that overlap more the better one stays
  float score;        ///< scores must be above it
  int has_score;      ///< 0: all scores are good
  int center_points;  ///< boxes are centre and size
};

}  // namespace ingot::kernels
