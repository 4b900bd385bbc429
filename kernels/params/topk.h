// Parameters of the kernels of TopK.
#pragma once

namespace ingot::kernels {

/// blockIdx.y and z count the rows. Keys hold an element's order in the high half and its place in the low one:
/// the greatest key is the first result; 0 is no key.
struct TopKParams {
  const void* x;  ///< [outer, length, inner]
  void* values;   ///< [outer, k, inner]; may be null
  long long* indices;
  const unsigned long long* from;  ///< keys [row][run][run_length]; null: taken from x
  unsigned long long* to;          ///< null: the results are written
  long long rows, inner;
  int length;      ///< elements of a row of x
  int k;           ///< keys that are wanted of a row
  int from_count;  ///< keys of a row in `from`
  int to_count;    ///< keys of a row in `to`
  int chunk;       ///< keys that a block sorts, a power of two
  int keep;        ///< that it keeps; when runs are merged: keys of a run that comes
  int to_keep;     ///< when runs are merged: keys of a run that is made
};

}  // namespace ingot::kernels
