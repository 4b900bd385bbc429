// Parameters of the kernels of reductions.
#pragma once

namespace ingot::kernels {

/// What is gathered, and what is made of it at the end.
enum ReduceFold {
  kFoldSum,
  kFoldAbsolute,
  kFoldSquare,
  kFoldProduct,
  kFoldMax,
  kFoldMin,
  kFoldExponential,  ///< log(sum(exp(x)))
};
enum ReduceFinish { kFinishNothing, kFinishMean, kFinishRoot, kFinishLogarithm };

inline constexpr int kReduceAxes = 8;

/// Axes in the order of memory, merged where they can be. An index over several axes is taken apart
/// from the last one. Strides are in elements.
struct ReduceAxes {
  int count;
  unsigned extents[kReduceAxes];
  long long from[kReduceAxes], to[kReduceAxes];
};

struct ReduceParams {
  const void* x;
  void* y;
  void* partials;  ///< totals [split][output]
  ReduceAxes kept;
  ReduceAxes reduced;  ///< rows: without the run
  unsigned outputs;    ///< rows: of all; columns: without those side by side
  unsigned run;        ///< rows: elements side by side that are reduced; columns: that are kept
  long long run_to;    ///< columns: distance of their outputs
  unsigned length;     ///< rows: reduced elements of an output; columns: rows of a column
  unsigned part;       ///< of `length`, that one split has
  unsigned splits;
  float share;      ///< 1 / reduced elements
  long long count;  ///< reduced elements
};

}  // namespace ingot::kernels
