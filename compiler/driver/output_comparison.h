// One output of an engine against the same output in FP32, over any number of samples.
#pragma once

#include "core/tensor/tensor.h"
#include "ingot/precision.h"

namespace ingot {

/// The error of an output in units of what is allowed: up to 1 it passes.
double excess(const OutputAccuracy& output);

class OutputComparison {
 public:
  /// Shapes that differ (their size depends on data) make the output "not compared".
  void add(const Tensor& reference, const Tensor& engine);

  /// Floats pass if their relative error is within the tolerance, that of each channel
  /// (see channel_axis; against its deviation) within three times of it, and if they are finite where the reference is. Integers pass if as
  /// many of a hundred are equal as the tolerance leaves (of fewer nothing can be said).
  OutputAccuracy result(std::string name, double tolerance) const;
  /// excess() by what makes it up: of the whole output, then of each channel (0: it says nothing).
  std::vector<double> excesses(double tolerance) const;

 private:
  struct Sums {
    double error = 0, reference = 0, sum = 0, largest = 0;
    int64_t count = 0;
  };
  void add_floats(const std::vector<float>& reference, const std::vector<float>& engine,
                  const Shape& shape);
  void add_integers(const Tensor& reference, const Tensor& engine);
  void count_rows(const std::vector<float>& reference, const std::vector<float>& engine,
                  const Shape& shape);
  std::vector<double> channel_errors() const;
  /// The squares of what a channel holds beside its mean: where a box is says how it varies.
  static double varying(const Sums& channel);

  Sums all_;
  std::vector<Sums> channels_;
  double max_abs_ = 0, sum_abs_ = 0, dot_ = 0, engine_squares_ = 0;
  int64_t rows_ = 0, same_top_ = 0, integers_ = 0, same_integers_ = 0;
  bool finite_ = true, compared_ = true;
};

}  // namespace ingot
