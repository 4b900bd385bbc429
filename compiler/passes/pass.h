// What a pass is: one pure function from graph to graph, run by one runner (pass_runner.h).
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/graph/match.h"
#include "compiler/quant/ranges.h"

namespace ingot {

/// A rewrite that nearly matched, and why it did not; shown by `ingot explain`.
struct NearMiss {
  std::string pass;
  std::string node;    ///< origin of the node; empty: the graph as a whole
  std::string reason;  ///< one sentence: "the constant has 8 values along axis 3"
};

/// Permissions and target facts that passes may look at.
struct PassOptions {
  bool allow_small_float = false;  ///< the build may use 16-bit floats
  /// The one that the device computes in: kF16, kBF16, or kUndefined where it has none.
  DType small_float = DType::kUndefined;
  bool gpu = false;  ///< the engine is for a GPU
  bool allow_int8 = false;
  bool allow_fp8 = false;     ///< the device multiplies 8-bit floats (E4M3)
  DType placed = DType::kI8;  ///< what ranges make of values: kI8, or kF8E4M3
  /// Where quantisation is placed and with which scales; null: only where the model has it.
  const QuantizationRanges* ranges = nullptr;
  // Names of ONNX nodes; null: none.
  const std::set<std::string>* keep_float = nullptr;        ///< must not be quantised
  const std::set<std::string>* float_outputs = nullptr;     ///< their results are not quantised
  const std::set<std::string>* keep_f32 = nullptr;          ///< stay out of 16-bit floats
  const std::set<std::string>* small_float_here = nullptr;  ///< take them, whatever speaks against
};

class PassContext {
 public:
  PassContext(std::string_view pass, const PassOptions& options, std::vector<NearMiss>* near_misses)
      : pass_(pass), options_(options), near_misses_(near_misses) {}
  const PassOptions& options() const { return options_; }
  void near_miss(const Graph& graph, NodeId node, std::string reason);
  /// The same about the graph as a whole.
  void near_miss(std::string reason);

 private:
  std::string_view pass_;
  const PassOptions& options_;
  std::vector<NearMiss>* near_misses_;
};

using PassFunction = Graph (*)(Graph graph, PassContext& context);

struct Pass {
  std::string_view name;  ///< the file's stem: "fuse_conv_bias"
  std::string_view why;   ///< one sentence
  PassFunction function;
};

/// The ordered list (pipeline.cpp). A pass may stand in it more than once.
std::span<const Pass> pass_pipeline();

}  // namespace ingot
