// What NVIDIA's libraries take of an epilogue. They add a tensor, then a vector, then activate; the
// rest is done by a fused graph (cuDNN), or by a pointwise kernel of ours over the output.
//
//   relu(add(add(in0,in1),in2))      residual in1, bias in2, relu, nothing left
//   mul(silu(add(in0,in1)),in2)      residual in1, then silu(in0) * in2
#pragma once

#include <functional>

#include "core/node/expression.h"

namespace ingot {

/// What an extra input of an epilogue can be to the library.
enum class Addend {
  kNone,      ///< nothing that it adds
  kResidual,  ///< of the output's shape
  kBias,      ///< a number for each channel
};

struct LibraryEpilogue {
  int residual = 0;  ///< the extra that is added to the accumulator first; 0: none
  int bias = 0;      ///< the extra that is added per channel; 0: none
  /// What comes after the sums: in0 is their result, in1, in2, ... are the extras. Empty: nothing.
  Expression activation;

  /// The activation is ReLU alone, or begins with it and goes on with `after_relu`.
  bool relu = false;
  Expression after_relu;  ///< the activation, less a ReLU that it begins with. Empty: nothing.
};

/// Splits an epilogue (null or empty: none). `addend` says what extra 1, 2, ... can be; the sums are
/// taken while they are the only thing that is done with the value so far.
LibraryEpilogue split_epilogue(const Expression* epilogue,
                               const std::function<Addend(int extra)>& addend);

}  // namespace ingot
