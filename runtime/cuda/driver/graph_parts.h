// The parts of a recorded CUDA graph: which nodes a step has made, and giving them other params.
#pragma once

#include <map>
#include <vector>

#include "runtime/cuda/driver/api.h"

namespace ingot {

class RecordedParts {
 public:
  /// What `graph` gets from here on belongs to `part`.
  void begin(int part, CUgraph graph);
  void end(CUgraph graph);
  /// The nodes of a part; none if there is no such part.
  const std::vector<CUgraphNode>& nodes(int part) const;

 private:
  std::vector<CUgraphNode> known_;
  std::map<int, std::vector<CUgraphNode>> nodes_;
  int open_ = -1;
};

std::vector<CUgraphNode> nodes_of(CUgraph graph);

/// Gives each of `nodes` in `executable` the params of its like in `anew`: of the same kind and,
/// for kernels, of the same function. False if the two do not match one to one.
bool exchange_nodes(CUgraphExec executable, const std::vector<CUgraphNode>& nodes, CUgraph anew,
                    CUcontext context);

}  // namespace ingot
