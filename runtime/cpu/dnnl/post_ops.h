// Epilogues as oneDNN post-ops.
#pragma once

#include <optional>
#include <vector>

#include "core/node/expression.h"
#include "runtime/cpu/dnnl/memory_desc.h"

namespace ingot {

/// A chain of post-ops equal to an epilogue.
struct PostOps {
  dnnl::post_ops ops;
  struct Operand {
    int position;  ///< of the post-op in the chain
    int extra;     ///< expression input: in1 is extra 1
    dnnl::memory::desc desc;
  };
  std::vector<Operand> operands;  ///< tensors that binary post-ops read
};

/// `epilogue` as a chain of post-ops on an output of `rank` axes, or nothing if it is no such chain
/// (the caller then runs it as a pointwise kernel over the output). `extras[k]` is expression input
/// k + 1.
std::optional<PostOps> post_ops_of(const Expression& epilogue,
                                   const std::vector<StepTensor>& extras, int rank);

}  // namespace ingot
