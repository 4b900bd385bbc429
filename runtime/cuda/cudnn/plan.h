// Execution plans of cuDNN: an engine with its knobs, made ready for a graph.
#pragma once

#include <string>
#include <vector>

#include "runtime/cuda/cudnn/graph.h"

namespace ingot {

/// What a plan may do.
struct CudnnLimits {
  int64_t workspace_bytes = -1;  ///< -1: no limit
  bool allow_tf32 = true;        ///< of f32 graphs: inputs rounded to TF32
  bool is_f32 = false;
};

class CudnnPlan {
 public:
  /// The engine and knobs that `text` names: "eng41{2=3,4=1}". Throws Error ("step.unsupported") if
  /// this cuDNN does not have them for the graph.
  static CudnnPlan from_text(const CudnnGraph& graph, const CudnnTarget& target,
                             std::string_view text);
  /// The rank-th of the configurations that cuDNN recommends, the best first; rank 0 is the first
  /// that works. Throws Error ("step.unsupported") where there are fewer, or this one is no good.
  static CudnnPlan ranked(const CudnnGraph& graph, const CudnnTarget& target,
                          const CudnnLimits& limits, int rank);

  int64_t workspace_bytes() const { return workspace_bytes_; }
  const std::string& text() const { return text_; }

  /// ids[i] are the names of the graph's tensors, pointers[i] their memory (the host's for
  /// scalars). Throws Error ("cuda.cudnn_failed").
  void execute(cudnnHandle_t handle, void* stream, const std::vector<int64_t>& ids,
               const std::vector<void*>& pointers, void* workspace) const;

 private:
  CudnnPlan(CudnnDescriptor plan, std::string text);

  CudnnDescriptor plan_;
  std::string text_;
  int64_t workspace_bytes_ = 0;
};

/// All configurations that cuDNN recommends for a graph within the limits, the best first, each
/// once, as text.
std::vector<std::string> cudnn_configurations(const CudnnGraph& graph, const CudnnTarget& target,
                                              const CudnnLimits& limits);

}  // namespace ingot
