// Calibrators: from the distribution of a tensor's magnitudes to the threshold above which INT8
// saturates. The scale is threshold / 127. All give 0 for a tensor that was only zero.
#pragma once

#include "compiler/quant/histogram.h"

namespace ingot {

/// The largest magnitude.
double minmax_threshold(const Histogram& histogram);

/// Least loss of information (Kullback-Leibler divergence) between the distribution and the same in
/// 128 levels, as TensorRT's EntropyCalibration2: 2048 bins, cut after 128 to 2048 of them.
double entropy_threshold(const Histogram& histogram);

/// The magnitude that `percent` of the values do not exceed, zeros counted.
double percentile_threshold(const Histogram& histogram, double percent);

/// Least mean squared error of rounding and saturation together.
double mse_threshold(const Histogram& histogram);

}  // namespace ingot
